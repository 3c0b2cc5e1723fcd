/** Steps towards safe outputs that need no module, and words for all of them. */
import { hex } from "../base/hex.js";
import type { SafeAction } from "./hardware-needs.js";
import type { ResourceName } from "./resource-name.js";

/** Anything but a pin of a board, which stands for others. */
export type DirectAction = Exclude<SafeAction, { readonly kind: "pin" }>;

export interface SafeFailure {
  readonly action: DirectAction;
  readonly error: unknown;
}

/** Drives outputs by itself and holds the lines until it is told to let go. */
export interface SafeExecutor {
  /** Loads what it needs for these, so that nothing is to be loaded when the time has come. */
  prepare(actions: readonly DirectAction[]): void;
  /** In this order, each whatever became of the one before. Never rejects: tells what could not be done. Begins at once. */
  perform(resource: ResourceName, actions: readonly DirectAction[]): Promise<readonly SafeFailure[]>;
  /** Lets go of the lines held for it, and gives up what is still to be done: it is about to be built again. */
  release(resource: ResourceName): void;
}

export function describeAction(action: SafeAction): string {
  switch (action.kind) {
    case "pin":
      return `pin "${action.pin}" of board "${action.board}" ${action.isHigh ? "high" : "low"}`;
    case "line":
      return `line ${action.offset} of GPIO chip "${action.chip}" ${action.isHigh ? "high" : "low"}`;
    case "pwm":
      return `channel ${action.channel} of PWM ${action.device} off${describeOrLine(action.orLine)}`;
    case "i2c":
      if (action.mask !== undefined) return describeMasked(action, action.mask);
      return `${action.bytes.length} bytes to address ${hex(action.address)} of I2C bus ${action.bus}`;
    case "serial":
      return `${action.bytes.length} bytes to serial port ${action.port}`;
  }
}

function describeOrLine(line: (SafeAction & { readonly kind: "pwm" })["orLine"]): string {
  return line === undefined ? "" : `, or if not in use line ${line.offset} of GPIO chip "${line.chip}" low`;
}

function describeMasked({ bus, address, bytes: [register = 0, value = 0] }: SafeAction & { readonly kind: "i2c" }, mask: number): string {
  return `bits ${hex(mask)} of register ${hex(register)} to ${hex(value & mask)} at address ${hex(address)} of I2C bus ${bus}`;
}
