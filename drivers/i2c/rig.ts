/** What the resources of this module work with. */
import { type Clock, createHardware, type Hardware, systemClock } from "pinion/hardware";
import { SharedChips } from "./boards/shared-chips.js";

export interface Rig {
  readonly hardware: Pick<Hardware, "i2c" | "oneWire">;
  readonly clock: Clock;
  /** Chips that several resources use. */
  readonly shared: SharedChips;
}

/** Nothing of the hardware is opened before it is used. */
export function createRig(hardware: Rig["hardware"] = createHardware(), clock: Clock = systemClock): Rig {
  return { hardware, clock, shared: new SharedChips() };
}
