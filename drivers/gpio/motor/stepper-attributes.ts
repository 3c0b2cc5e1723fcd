/** The attributes of a stepper motor on GPIO pins, and what of the machine it takes. */
import { type DependencyNames, type HardwareClaim, invalidArgument, type SafeAction } from "pinion/sdk";
import * as v from "valibot";
import { needed, optionalPin, optionalPositive, pin, pinsOf } from "../schema.js";
import { rpmOf } from "./step-count.js";

export interface StepperAttributes {
  readonly board: string;
  readonly pins: {
    readonly step: string;
    readonly dir: string;
    readonly en_high?: string | undefined;
    readonly en_low?: string | undefined;
  };
  readonly ticks_per_rotation: number;
  readonly microsteps: number;
  readonly max_rpm?: number | undefined;
  /** Microseconds from step to step at full speed; `max_rpm` says the same and goes first. */
  readonly stepper_delay_usec?: number | undefined;
}

const STEPS = "expected the full steps of a turn, above 0, for example 200";

export const schema: v.GenericSchema<unknown, StepperAttributes> = v.object({
  board: needed("the name of a board"),
  pins: pinsOf({ step: pin, dir: pin, en_high: optionalPin, en_low: optionalPin }),
  ticks_per_rotation: v.pipe(v.optional(v.number(STEPS), 0), v.gtValue(0, STEPS)),
  microsteps: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.transform((steps) => (steps === 0 ? 1 : steps)),
    ),
    1,
  ),
  max_rpm: optionalPositive,
  stepper_delay_usec: optionalPositive,
});

export function validate({ board, pins: { step, dir, en_high, en_low } }: StepperAttributes): DependencyNames {
  if (step === dir) throw invalidArgument(`attributes.pins: expected "step" and "dir" to be different pins, got ${step} for both`);
  const enables = [en_high, en_low].filter((name) => name !== undefined);
  const claims: HardwareClaim[] = [
    { kind: "pin", board, pin: step },
    { kind: "pin", board, pin: dir },
    ...enables.map((name) => ({ kind: "pin" as const, board, pin: name, isShared: true })),
  ];
  const set = (name: string, isHigh: boolean): SafeAction => ({ kind: "pin", board, pin: name, isHigh });
  const safe = [
    set(step, false),
    ...(en_high === undefined ? [] : [set(en_high, false)]),
    ...(en_low === undefined ? [] : [set(en_low, true)]),
  ];
  return { required: [board], hardware: { claims, safe } };
}

/** Undefined when the config does not say. */
export function highestRpm({
  ticks_per_rotation: ticksPerRotation,
  microsteps,
  max_rpm: maxRpm,
  stepper_delay_usec: delay,
}: StepperAttributes): number | undefined {
  if (maxRpm !== undefined) return maxRpm;
  return delay === undefined ? undefined : rpmOf(1e6 / delay, { ticksPerRotation, microsteps });
}
