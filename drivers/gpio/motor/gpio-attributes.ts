/** The attributes of a motor on GPIO pins, and what of the machine it takes. */
import { type DependencyNames, type HardwareClaim, invalidArgument, type SafeAction } from "pinion/sdk";
import * as v from "valibot";
import { flag, needed, optionalPin, pinsOf, positive, resourceName } from "../schema.js";
import type { Gains } from "./pid.js";

export interface DriverPins {
  readonly a?: string | undefined;
  readonly b?: string | undefined;
  readonly dir?: string | undefined;
  readonly pwm?: string | undefined;
  readonly en_high?: string | undefined;
  readonly en_low?: string | undefined;
}

export interface MotorAttributes {
  readonly board: string;
  readonly pins: DriverPins;
  readonly min_power_pct: number;
  readonly max_power_pct: number;
  readonly pwm_freq: number;
  readonly dir_flip: boolean;
  readonly encoder?: string | undefined;
  readonly ramp_rate: number;
  readonly max_rpm: number;
  readonly ticks_per_rotation: number;
  readonly control_parameters?: Gains | undefined;
  /** Milliseconds. */
  readonly stall_timeout_ms: number;
}

const power = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const gain = v.optional(v.pipe(v.number(), v.finite()), 0);
const atLeastZero = v.optional(v.pipe(v.number(), v.minValue(0)), 0);

const DEFAULT_RATE = 0.05;
const HIGHEST_RATE = 0.5;

export const schema: v.GenericSchema<unknown, MotorAttributes> = v.object({
  board: needed("the name of a board"),
  pins: pinsOf({ a: optionalPin, b: optionalPin, dir: optionalPin, pwm: optionalPin, en_high: optionalPin, en_low: optionalPin }),
  min_power_pct: v.optional(power, 0),
  max_power_pct: v.pipe(
    v.optional(power, 1),
    v.transform((most) => (most === 0 ? 1 : most)),
    v.minValue(0.06),
  ),
  pwm_freq: positive(800),
  dir_flip: flag,
  encoder: resourceName,
  ramp_rate: v.pipe(
    atLeastZero,
    v.transform((rate) => (rate === 0 || rate > HIGHEST_RATE ? DEFAULT_RATE : rate)),
  ),
  max_rpm: atLeastZero,
  ticks_per_rotation: atLeastZero,
  control_parameters: v.optional(v.nullable(v.object({ p: gain, i: gain, d: gain })), undefined) as v.GenericSchema<
    unknown,
    Gains | undefined
  >,
  stall_timeout_ms: v.optional(v.pipe(v.number(), v.minValue(0)), 2000),
});

export type Wiring =
  | { readonly kind: "a-b-pwm"; readonly a: string; readonly b: string; readonly pwm: string }
  | { readonly kind: "dir-pwm"; readonly dir: string; readonly pwm: string }
  | { readonly kind: "a-b"; readonly a: string; readonly b: string };

/** Throws for pins that no driver of motors has. */
export function wiringOf({ a, b, dir, pwm }: DriverPins): Wiring {
  const refuse = (found: string): never => {
    throw invalidArgument(`attributes.pins: expected "a" and "b" and "pwm", or "dir" and "pwm", or "a" and "b", got ${found}`);
  };
  if (a !== undefined && b === undefined) return refuse('"a" without "b"');
  if (a === undefined && b !== undefined) return refuse('"b" without "a"');
  if (dir !== undefined && a !== undefined) return refuse('"dir" beside "a" and "b": it is one or the other');
  if (a !== undefined && b !== undefined) return pwm === undefined ? { kind: "a-b", a, b } : { kind: "a-b-pwm", a, b, pwm };
  if (dir !== undefined) return pwm === undefined ? refuse('"dir" without "pwm"') : { kind: "dir-pwm", dir, pwm };
  return refuse(pwm === undefined ? "none of them" : '"pwm" alone');
}

export function validate(attributes: MotorAttributes): DependencyNames {
  const { board, encoder, ticks_per_rotation: ticks, max_rpm: maxRpm, min_power_pct: least, max_power_pct: most } = attributes;
  const wiring = wiringOf(attributes.pins);
  if (least > most) throw invalidArgument(`attributes.min_power_pct: expected at most max_power_pct (${most}), got ${least}`);
  if (encoder !== undefined && ticks === 0) {
    throw invalidArgument(
      'attributes.ticks_per_rotation: expected a number above 0 beside "encoder": the ticks of a turn of the shaft, got none',
    );
  }
  if (encoder === undefined && maxRpm === 0) {
    throw invalidArgument('attributes.max_rpm: expected a number above 0 without "encoder": the speed at full power, got none');
  }
  return {
    required: encoder === undefined ? [board] : [board, encoder],
    hardware: { claims: claimsOf(attributes, wiring), safe: safeOf(attributes, wiring) },
  };
}

function claimsOf({ board, pins: { en_high, en_low } }: MotorAttributes, wiring: Wiring): readonly HardwareClaim[] {
  return [
    ...drivePins(wiring).map((pin) => ({ kind: "pin" as const, board, pin })),
    ...[en_high, en_low].filter((pin) => pin !== undefined).map((pin) => ({ kind: "pin" as const, board, pin, isShared: true })),
  ];
}

/** No power first, then the driver off. */
function safeOf({ board, pins: { en_high, en_low } }: MotorAttributes, wiring: Wiring): readonly SafeAction[] {
  const set = (pin: string, isHigh: boolean): SafeAction => ({ kind: "pin", board, pin, isHigh });
  return [
    ...drivePins(wiring).map((pin) => set(pin, false)),
    ...(en_high === undefined ? [] : [set(en_high, false)]),
    ...(en_low === undefined ? [] : [set(en_low, true)]),
  ];
}

function drivePins(wiring: Wiring): readonly string[] {
  switch (wiring.kind) {
    case "a-b-pwm":
      return [wiring.pwm, wiring.a, wiring.b];
    case "dir-pwm":
      return [wiring.pwm, wiring.dir];
    case "a-b":
      return [wiring.a, wiring.b];
  }
}
