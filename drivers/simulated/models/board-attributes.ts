/** The attributes of a simulated or fake board. */
import * as v from "valibot";
import { positive } from "../schema.js";

export interface AnalogAttributes {
  readonly name: string;
  readonly pin: string;
  readonly mean: number;
  readonly amplitude: number;
  readonly period_sec: number;
}

export interface InterruptAttributes {
  readonly name: string;
  readonly pin: string;
  readonly ticks_per_sec?: number | undefined;
}

export interface BoardAttributes {
  readonly pins?: readonly { readonly name: string }[] | undefined;
  readonly analogs: readonly AnalogAttributes[];
  readonly digital_interrupts: readonly InterruptAttributes[];
  readonly wires: readonly { readonly from: string; readonly to: string }[];
  readonly ticks_per_sec: number;
}

export interface BoardDefaults {
  /** How far analog inputs wander, in steps of the converter. */
  readonly wander: number;
  /** How often interrupts fire that nothing is wired to. */
  readonly ticksPerSecond: number;
}

const name = v.pipe(v.string(), v.minLength(1));
/** Pins are written as texts or numbers; 11 is "11". */
const pinName = v.pipe(
  v.union([name, v.pipe(v.number(), v.integer())]),
  v.transform((pin) => String(pin)),
);
const rate = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));

export function boardSchema({ wander, ticksPerSecond }: BoardDefaults): v.GenericSchema<unknown, BoardAttributes> {
  const analog = v.pipe(
    v.object({
      name,
      pin: v.optional(pinName),
      channel: v.optional(pinName),
      mean: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1023)), wander === 0 ? 0 : 512),
      amplitude: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1023)), wander),
      period_sec: positive(30),
    }),
    v.transform(({ channel, pin, ...rest }) => ({ ...rest, pin: pin ?? channel ?? rest.name })),
  );
  return v.object({
    pins: v.optional(
      v.array(
        v.union([
          v.pipe(
            pinName,
            v.transform((pin) => ({ name: pin })),
          ),
          v.pipe(
            v.object({ name: v.optional(name), pin: v.optional(pinName) }),
            v.transform(({ name: given, pin }) => ({ name: given ?? pin ?? "" })),
          ),
        ]),
      ),
    ),
    analogs: v.optional(v.array(analog), []),
    digital_interrupts: v.optional(v.array(v.object({ name, pin: pinName, ticks_per_sec: v.optional(rate) })), []),
    wires: v.optional(v.array(v.object({ from: pinName, to: pinName })), []),
    ticks_per_sec: v.optional(rate, ticksPerSecond),
  });
}
