/** A weather sensor: temperature, humidity and pressure that drift as the air in a room does; or readings of one's own. */
import type { ResourceContext, Sensor, Values } from "pinion/sdk";
import * as v from "valibot";
import { Wander } from "../physics/wander.js";
import { positive } from "../schema.js";
import type { World } from "../world.js";

export interface ReadingAttributes {
  readonly mean: number;
  readonly amplitude: number;
  readonly period_sec: number;
  readonly resolution: number;
}

export interface SensorAttributes {
  readonly readings?: Readonly<Record<string, ReadingAttributes>> | undefined;
}

const reading = v.object({
  mean: v.number(),
  amplitude: v.optional(v.pipe(v.number(), v.minValue(0)), 1),
  period_sec: positive(60),
  resolution: positive(0.01),
});

export const schema: v.GenericSchema<unknown, SensorAttributes> = v.object({ readings: v.optional(v.record(v.string(), reading)) });

const ROOM: Readonly<Record<string, ReadingAttributes>> = {
  temperature_celsius: { mean: 21.5, amplitude: 2.5, period_sec: 300, resolution: 0.01 },
  relative_humidity_pct: { mean: 46, amplitude: 8, period_sec: 420, resolution: 0.01 },
  pressure_hpa: { mean: 1013.25, amplitude: 4, period_sec: 900, resolution: 0.01 },
};

export function create({ attributes, name }: ResourceContext<SensorAttributes>, { clock }: World): Sensor {
  const courses = Object.entries(attributes.readings ?? ROOM).map(([reading, { mean, amplitude, period_sec: period, resolution }]) => {
    return [reading, new Wander(clock.now, { mean, amplitude, period, resolution, seed: `${name}/${reading}` })] as const;
  });
  return { getReadings: async (): Promise<Values> => Object.fromEntries(courses.map(([reading, course]) => [reading, course.read()])) };
}

/** The fake that existing configs know: constant values. */
export function createFake(): Sensor {
  return { getReadings: async (): Promise<Values> => ({ a: 1, b: 2, c: 3 }) };
}
