/** What the resources of this module share. */
import type { Hardware } from "pinion/hardware";
import { BoardRegistry } from "./pins/board-registry.js";
import { systemTiming, type Timing } from "./timing.js";

/** An encoder that cannot see which way it turns is told by the motor that turns it. */
export interface DirectedEncoder {
  turn(direction: 1 | -1): void;
}

export interface Rig {
  readonly hardware: Hardware;
  readonly timing: Timing;
  readonly boards: BoardRegistry;
  /** By full name. */
  readonly directedEncoders: Map<string, DirectedEncoder>;
}

export function createRig(hardware: Hardware, timing: Timing = systemTiming): Rig {
  return { hardware, timing, boards: new BoardRegistry(), directedEncoders: new Map() };
}
