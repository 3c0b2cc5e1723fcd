/** Reads what a module says of the hardware that a resource takes: checked and bounded, because anybody can write a module. */
import { PinionError } from "../base/errors.js";
import type { HardwareNeeds as HardwareNeedsMessage } from "../proto/gen/pinion/hardware/v1/hardware.js";
import type { HardwareClaim, HardwareItem, HardwareNeeds, PinMeaning, SafeAction } from "../resource/hardware-needs.js";

type ClaimMessage = HardwareNeedsMessage["claims"][number];
type PinMessage = HardwareNeedsMessage["pins"][number];
type ActionMessage = HardwareNeedsMessage["safe"][number];

const MAX_CLAIMS = 256;
const MAX_PINS = 1024;
const MAX_NAMES = 32;
const MAX_ACTIONS = 256;
const MAX_TEXT = 256;
const MAX_I2C_BYTES = 33;
const MAX_SERIAL_BYTES = 1024;
/** The kernel counts lines, buses and channels with far fewer. */
const MAX_NUMBER = 1_000_000;
const MAX_BAUD_RATE = 50_000_000;

/** Undefined for a resource that needs nothing. Throws RESOURCE_INVALID, with the place. `who`: `module "m" on …`, for the error. */
export function toHardwareNeeds(message: HardwareNeedsMessage | undefined, who: string): HardwareNeeds | undefined {
  if (message === undefined) return undefined;
  try {
    return readNeeds(message);
  } catch (error) {
    if (!(error instanceof WrongNeeds)) throw error;
    throw new PinionError(
      "RESOURCE_INVALID",
      `${who}: what it says of the hardware is wrong, which is an error in the module: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

class WrongNeeds extends Error {}

function readNeeds(message: HardwareNeedsMessage): HardwareNeeds | undefined {
  const claims = list("claims", message.claims, MAX_CLAIMS, toClaim);
  const pins = list("pins", message.pins, MAX_PINS, toPin);
  const safe = list("safe", message.safe, MAX_ACTIONS, toAction);
  if (claims.length + pins.length + safe.length === 0) return undefined;
  return {
    ...(claims.length > 0 && { claims }),
    ...(pins.length > 0 && { pins }),
    ...(safe.length > 0 && { safe }),
  };
}

function list<T, R>(at: string, items: readonly T[], most: number, read: (item: T, at: string) => R): readonly R[] {
  if (items.length > most) throw invalid(at, `at most ${most}`, String(items.length));
  return items.map((item, index) => read(item, `${at}[${index}]`));
}

function toClaim({ item, part, shared }: ClaimMessage, at: string): HardwareClaim {
  return {
    ...toItem(item, at),
    ...(part !== "" && { part: text(`${at}.part`, part) }),
    ...(shared && { isShared: true }),
  };
}

function toItem(item: ClaimMessage["item"], at: string): HardwareItem {
  switch (item?.$case) {
    case "line":
      return { kind: "line", ...lineAddress(at, item.value) };
    case "pin":
      return { kind: "pin", board: text(`${at}.board`, item.value.board), pin: text(`${at}.pin`, item.value.pin) };
    case "i2c":
      return { kind: "i2c", ...i2cAddress(at, item.value) };
    case "serialPort":
      return { kind: "serial", port: text(`${at}.port`, item.value) };
    case "onewireId":
      return { kind: "onewire", id: text(`${at}.id`, item.value) };
    case undefined:
      throw invalid(at, "an item that this Pinion knows", "none");
  }
}

function toPin({ names, key, low, high }: PinMessage, at: string): PinMeaning {
  if (names.length === 0) throw invalid(`${at}.names`, "at least one name", "none");
  return {
    names: list(`${at}.names`, names, MAX_NAMES, (name, where) => text(where, name)),
    key: text(`${at}.key`, key),
    low: list(`${at}.low`, low, MAX_ACTIONS, toAction),
    high: list(`${at}.high`, high, MAX_ACTIONS, toAction),
  };
}

function toAction({ step }: ActionMessage, at: string): SafeAction {
  switch (step?.$case) {
    case "pin": {
      const { board, pin, high } = step.value;
      return { kind: "pin", board: text(`${at}.board`, board), pin: text(`${at}.pin`, pin), isHigh: high };
    }
    case "line":
      return { kind: "line", ...lineAddress(at, step.value), isHigh: step.value.high };
    case "pwmOff": {
      const { device, channel, orLine } = step.value;
      return {
        kind: "pwm",
        device: text(`${at}.device`, device),
        channel: number(`${at}.channel`, channel),
        ...(orLine !== undefined && { orLine: lineAddress(`${at}.or_line`, orLine) }),
      };
    }
    case "i2c": {
      const written = bytes(`${at}.bytes`, step.value.bytes, MAX_I2C_BYTES);
      const { mask } = step.value;
      if (mask > 0xff) throw invalid(`${at}.mask`, "8 bits", hex(mask));
      if (mask !== 0 && written.length !== 2)
        throw invalid(`${at}.bytes`, "a register and one byte, beside a mask", String(written.length));
      return { kind: "i2c", ...i2cAddress(at, step.value), bytes: written, ...(mask !== 0 && { mask }) };
    }
    case "serial": {
      const { port, baudRate } = step.value;
      if (baudRate < 1 || baudRate > MAX_BAUD_RATE) throw invalid(`${at}.baud_rate`, `1 to ${MAX_BAUD_RATE}`, String(baudRate));
      return { kind: "serial", port: text(`${at}.port`, port), baudRate, bytes: bytes(`${at}.bytes`, step.value.bytes, MAX_SERIAL_BYTES) };
    }
    case undefined:
      throw invalid(at, "a step that this Pinion knows", "none");
  }
}

function lineAddress(at: string, { chip, offset }: { readonly chip: string; readonly offset: number }): { chip: string; offset: number } {
  return { chip: text(`${at}.chip`, chip), offset: number(`${at}.offset`, offset) };
}

function i2cAddress(at: string, { bus, address }: { readonly bus: number; readonly address: number }): { bus: number; address: number } {
  if (address > 0x7f) throw invalid(`${at}.address`, "7 bits", hex(address));
  return { bus: number(`${at}.bus`, bus), address };
}

function text(at: string, value: string): string {
  if (value === "" || value.length > MAX_TEXT) throw invalid(at, `1 to ${MAX_TEXT} characters`, String(value.length));
  return value;
}

function number(at: string, value: number): number {
  if (value > MAX_NUMBER) throw invalid(at, `at most ${MAX_NUMBER}`, String(value));
  return value;
}

function bytes(at: string, value: Uint8Array, most: number): readonly number[] {
  if (value.length === 0 || value.length > most) throw invalid(at, `1 to ${most} bytes`, String(value.length));
  return [...value];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function invalid(at: string, expected: string, found: string): WrongNeeds {
  return new WrongNeeds(`hardware.${at}: expected ${expected}, got ${found}`);
}
