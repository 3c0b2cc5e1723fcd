/** What a model says of the hardware it takes, as the message that goes to the supervisor. */
import type { HardwareNeeds as HardwareNeedsMessage } from "../proto/gen/pinion/hardware/v1/hardware.js";
import type { HardwareClaim, HardwareNeeds, PinMeaning, SafeAction } from "../resource/hardware-needs.js";

type ClaimMessage = HardwareNeedsMessage["claims"][number];
type PinMessage = HardwareNeedsMessage["pins"][number];
type ActionMessage = HardwareNeedsMessage["safe"][number];

export function toHardwareMessage({ claims = [], pins = [], safe = [] }: HardwareNeeds): HardwareNeedsMessage {
  return { claims: claims.map(toClaim), pins: pins.map(toPin), safe: safe.map(toAction) };
}

function toClaim(claim: HardwareClaim): ClaimMessage {
  return { item: toItem(claim), part: claim.part ?? "", shared: claim.isShared ?? false };
}

function toItem(claim: HardwareClaim): NonNullable<ClaimMessage["item"]> {
  switch (claim.kind) {
    case "line":
      return { $case: "line", value: { chip: claim.chip, offset: claim.offset } };
    case "pin":
      return { $case: "pin", value: { board: claim.board, pin: claim.pin } };
    case "i2c":
      return { $case: "i2c", value: { bus: claim.bus, address: claim.address } };
    case "serial":
      return { $case: "serialPort", value: claim.port };
    case "onewire":
      return { $case: "onewireId", value: claim.id };
  }
}

function toPin({ names, key, low, high }: PinMeaning): PinMessage {
  return { names: [...names], key, low: low.map(toAction), high: high.map(toAction) };
}

function toAction(action: SafeAction): ActionMessage {
  return { step: toStep(action) };
}

function toStep(action: SafeAction): NonNullable<ActionMessage["step"]> {
  switch (action.kind) {
    case "pin":
      return { $case: "pin", value: { board: action.board, pin: action.pin, high: action.isHigh } };
    case "line":
      return { $case: "line", value: { chip: action.chip, offset: action.offset, high: action.isHigh } };
    case "pwm":
      return { $case: "pwmOff", value: { device: action.device, channel: action.channel, orLine: action.orLine } };
    case "i2c":
      return {
        $case: "i2c",
        value: { bus: action.bus, address: action.address, bytes: Uint8Array.from(action.bytes), mask: action.mask ?? 0 },
      };
    case "serial":
      return {
        $case: "serial",
        value: { port: action.port, baudRate: action.baudRate, bytes: Uint8Array.from(action.bytes) },
      };
  }
}
