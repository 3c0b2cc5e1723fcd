/** The model `viam:raspberry-pi:rpi-servo`: attributes of its own, the same servo. */
import { type DependencyNames, invalidArgument, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import type { Rig } from "../rig.js";
import { needed, pin, positive, within } from "../schema.js";
import { servoNeeds } from "./gpio-attributes.js";
import { started } from "./gpio-servo.js";
import { PinServo } from "./pin-servo.js";
import { highestFrequency } from "./pulse.js";

export interface RpiServoAttributes {
  readonly board: string;
  readonly pin: string;
  readonly min: number;
  readonly max: number;
  readonly starting_position_degs?: number | undefined;
  readonly hold_position: boolean;
  readonly max_rotation_deg: number;
  readonly frequency_hz: number;
}

const MIN_WIDTH = 500;
const MAX_WIDTH = 2500;
/** Milliseconds: what a hobby servo needs from end to end. */
const TRAVEL = 500;

export const schema: v.GenericSchema<unknown, RpiServoAttributes> = v.object({
  board: needed("the name of a board"),
  pin,
  min: within(0, 360, 0),
  max: v.pipe(positive(180), v.maxValue(360)),
  starting_position_degs: v.optional(v.pipe(v.number(), v.minValue(0))),
  hold_position: v.optional(v.boolean(), true),
  max_rotation_deg: v.pipe(positive(180), v.maxValue(360)),
  frequency_hz: v.pipe(positive(50), v.minValue(20), v.maxValue(highestFrequency(MAX_WIDTH))),
});

export function validate({
  board,
  pin: output,
  min,
  max,
  starting_position_degs: start,
  max_rotation_deg: rotation,
}: RpiServoAttributes): DependencyNames {
  if (min >= max) throw invalidArgument(`attributes.min: expected less than max (${max}), got ${min}`);
  if (max > rotation) throw invalidArgument(`attributes.max: expected at most max_rotation_deg (${rotation}), got ${max}`);
  if (start !== undefined && (start < min || start > max)) {
    throw invalidArgument(`attributes.starting_position_degs: expected ${min} to ${max}, got ${start}`);
  }
  return servoNeeds(board, output);
}

export async function create({ attributes, dependencies, name, logger }: ResourceContext<RpiServoAttributes>, rig: Rig): Promise<PinServo> {
  const { min, max, max_rotation_deg: rotation, frequency_hz: frequency, hold_position: isHeld } = attributes;
  const pwm = await rig.boards.find(attributes.board, dependencies).openPwm(attributes.pin, { isExact: true }, { name, logger });
  const range = { minAngle: 0, maxAngle: rotation, minWidth: MIN_WIDTH, maxWidth: MAX_WIDTH };
  const servo = new PinServo({
    pwm,
    clock: rig.timing.clock,
    frequency,
    range,
    least: min,
    most: max,
    holdFor: isHeld ? undefined : TRAVEL,
    logger,
  });
  return await started(servo, attributes.starting_position_degs);
}
