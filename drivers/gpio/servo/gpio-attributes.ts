/** The attributes of `rdk:builtin:gpio` servos. */
import { type DependencyNames, invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { needed, optionalPositive, pin, positive } from "../schema.js";

export interface GpioServoAttributes {
  readonly board: string;
  readonly pin: string;
  readonly min_angle_deg: number;
  readonly max_angle_deg: number;
  readonly starting_position_deg?: number | undefined;
  readonly frequency_hz?: number | undefined;
  readonly min_width_us: number;
  readonly max_width_us: number;
}

const angle = v.pipe(v.number(), v.minValue(0));

export const schema: v.GenericSchema<unknown, GpioServoAttributes> = v.object({
  board: needed("the name of a board"),
  pin,
  min_angle_deg: v.optional(angle, 0),
  max_angle_deg: positive(180),
  starting_position_deg: v.optional(angle),
  frequency_hz: v.pipe(
    optionalPositive,
    v.check(
      (frequency) => frequency === undefined || (frequency >= 50 && frequency <= 450),
      "expected 50 to 450 Hz, or 0 for the pin's own",
    ),
  ),
  min_width_us: v.pipe(positive(500), v.minValue(500)),
  max_width_us: v.pipe(positive(2500), v.maxValue(2500)),
});

export function validate(attributes: GpioServoAttributes): DependencyNames {
  const { board, pin: output, min_angle_deg: least, max_angle_deg: most, starting_position_deg: start } = attributes;
  const { min_width_us: narrow, max_width_us: wide } = attributes;
  if (least >= most) throw invalidArgument(`attributes.min_angle_deg: expected less than max_angle_deg (${most}), got ${least}`);
  if (narrow >= wide) throw invalidArgument(`attributes.min_width_us: expected less than max_width_us (${wide}), got ${narrow}`);
  if (start !== undefined && (start < least || start > most)) {
    throw invalidArgument(`attributes.starting_position_deg: expected ${least} to ${most}, got ${start}`);
  }
  return servoNeeds(board, output);
}

/** A servo without pulses lets go: its pin low is safe. */
export function servoNeeds(board: string, output: string): DependencyNames {
  return {
    required: [board],
    hardware: { claims: [{ kind: "pin", board, pin: output }], safe: [{ kind: "pin", board, pin: output, isHigh: false }] },
  };
}
