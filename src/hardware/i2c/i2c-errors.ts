/** Errors of transfers by their cause: what was done where, what the kernel said, what to do. */
import { type ErrorCode, isPinionError, messageOf, PinionError } from "../../base/errors.js";
import { hex } from "../../base/hex.js";
import type { BusName, Transfer, WireSource } from "./i2c-wire.js";

export interface Place {
  readonly bus: number;
  readonly address: number;
  readonly transfer: Transfer;
}

/** Whether a second try may help: nothing of the transfer took place. */
export function isWorthRetrying(code: ErrorCode): boolean {
  return code === "I2C_NO_ANSWER" || code === "I2C_ARBITRATION_LOST";
}

/** The error of a transfer for what its wire threw. `tries`: how often it was tried. */
export function toI2cError(error: unknown, place: Place, source: WireSource, tries: number): PinionError {
  if (isPinionError(error)) return error;
  const cause = causeOf(error);
  const code = codeOf(cause.code, cause.syscall);
  const driver = code === "I2C_ADDRESS_BUSY" ? source.boundDriver(place.bus, place.address) : undefined;
  const text = TEXTS[code]({ bus: place.bus, driver, buses: source.buses() });
  const said = [cause.code ?? messageOf(error), ...(tries > 1 ? [`${tries} tries`] : [])].join(", ");
  return new PinionError(code, `${whereOf(place)}: ${text.what} while ${doing(place.transfer)} (${said}). ${text.todo}`, { cause: error });
}

/** Every later transfer of a bus that does not come free. */
export function busHeldError(place: Place, reason: string, cause?: unknown): PinionError {
  const { what, todo } = TEXTS.I2C_BUS_HELD({ bus: place.bus, driver: undefined, buses: [] });
  return new PinionError("I2C_BUS_HELD", `${whereOf(place)}: ${what} while ${doing(place.transfer)} (${reason}). ${todo}`, { cause });
}

export function shortError(place: Place, expected: number, found: number): PinionError {
  const text = `${whereOf(place)}: expected ${expected} bytes, got ${found} while ${doing(place.transfer)}. Check the wiring, and that the chip is the one configured`;
  return new PinionError("I2C_SHORT", text);
}

export function usageError(place: { readonly bus: number; readonly address: number }, expected: string): PinionError {
  return new PinionError("I2C_FAILED", `i2c-${place.bus} address ${hex(place.address)}: expected ${expected}`);
}

type I2cCode =
  | "I2C_NO_ANSWER"
  | "I2C_ARBITRATION_LOST"
  | "I2C_BUS_HELD"
  | "I2C_ADDRESS_BUSY"
  | "I2C_PERMISSION"
  | "I2C_BUS_MISSING"
  | "I2C_UNSUPPORTED"
  | "I2C_FAILED";

interface Known {
  readonly bus: number;
  readonly driver: string | undefined;
  readonly buses: readonly BusName[];
}

const TEXTS: Readonly<Record<I2cCode, (known: Known) => { readonly what: string; readonly todo: string }>> = {
  I2C_NO_ANSWER: ({ bus }) => ({
    what: "no answer",
    todo: `Check its wiring (SDA, SCL, ground), its power and its address straps; \`i2cdetect -y ${bus}\` shows which addresses answer`,
  }),
  I2C_ARBITRATION_LOST: () => ({
    what: "lost arbitration",
    todo: "Another master uses the bus, or SDA is disturbed: check for a second controller, long wires and missing pull-up resistors",
  }),
  I2C_BUS_HELD: () => ({
    what: "the bus is held low",
    todo: "A device keeps SCL or SDA low: check for shorts and missing pull-up resistors, or take its power away for a moment; it is tried again with the next transfers",
  }),
  I2C_ADDRESS_BUSY: ({ bus, driver }) => ({
    what: driver === undefined ? "a driver of the kernel has this address" : `the kernel's driver ${driver} has this address`,
    todo: `Take it out of the device tree overlays, or unbind it below /sys/bus/i2c/drivers/${driver ?? "NAME"}; \`i2cdetect -y ${bus}\` shows it as UU`,
  }),
  I2C_PERMISSION: ({ bus }) => ({
    what: `no right to use /dev/i2c-${bus}`,
    todo: "Add the user that runs Pinion to the group i2c (`sudo usermod -aG i2c USER`) and start it again",
  }),
  I2C_BUS_MISSING: ({ buses }) => ({
    what: "there is no such bus",
    todo:
      buses.length > 0
        ? `There are ${buses.map(({ number, name }) => `i2c-${number} (${name})`).join(", ")}; if the one you expect is not among them, switch it on (Raspberry Pi: dtparam=i2c_arm=on in config.txt)`
        : "There is none: switch I2C on (Raspberry Pi: dtparam=i2c_arm=on in config.txt) and load the module i2c-dev (`sudo modprobe i2c-dev`)",
  }),
  I2C_UNSUPPORTED: () => ({
    what: "the bus cannot do this kind of transfer",
    todo: "Connect the chip to a controller that can (a simulated i2c-stub has no raw transfers)",
  }),
  I2C_FAILED: () => ({
    what: "failed",
    todo: "Check the wiring; a chip that stretches the clock needs a slower bus on a Raspberry Pi 0 to 3 (dtparam=i2c_arm_baudrate=10000)",
  }),
};

const BY_ERRNO: Readonly<Record<string, I2cCode>> = {
  ENXIO: "I2C_NO_ANSWER",
  EREMOTEIO: "I2C_NO_ANSWER",
  ENODEV: "I2C_NO_ANSWER",
  EAGAIN: "I2C_ARBITRATION_LOST",
  ETIMEDOUT: "I2C_BUS_HELD",
  EBUSY: "I2C_BUS_HELD",
  EACCES: "I2C_PERMISSION",
  EPERM: "I2C_PERMISSION",
  ENOENT: "I2C_BUS_MISSING",
  ENOTSUP: "I2C_UNSUPPORTED",
  EOPNOTSUPP: "I2C_UNSUPPORTED",
};

function codeOf(errno: string | undefined, syscall: string | undefined): I2cCode {
  // The address is taken once, when it is first used; later, a busy bus is one that does not come free.
  if (errno === "EBUSY" && syscall === "setAddr") return "I2C_ADDRESS_BUSY";
  // An adapter that was pulled out leaves its file behind for a moment.
  if ((errno === "ENODEV" || errno === "ENXIO") && syscall === "open") return "I2C_BUS_MISSING";
  return BY_ERRNO[errno ?? ""] ?? "I2C_FAILED";
}

function causeOf(error: unknown): { readonly code: string | undefined; readonly syscall: string | undefined } {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return { code, syscall };
}

function whereOf({ bus, address }: Place): string {
  return `i2c-${bus} address ${hex(address)}`;
}

function doing({ kind, register, length }: Transfer): string {
  const bytes = length === 1 ? "1 byte" : `${length} bytes`;
  if (kind === "probe") return "looking whether it answers";
  if (kind === "receive") return `receiving ${bytes}`;
  if (kind === "send") return `sending ${bytes}`;
  const verb = kind === "read" ? "reading" : "writing";
  return `${verb} register ${hex(register ?? 0)}${length === 1 ? "" : ` (${bytes})`}`;
}
