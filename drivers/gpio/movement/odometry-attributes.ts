/** The attributes of wheeled odometry. */
import type { DependencyNames } from "pinion/sdk";
import * as v from "valibot";
import { assertPaired, motorNames } from "../base/attributes.js";
import { needed, positive } from "../schema.js";

export interface OdometryAttributes {
  readonly left_motors: readonly string[];
  readonly right_motors: readonly string[];
  readonly base: string;
  /** Milliseconds. */
  readonly time_interval_msecs: number;
}

export const schema: v.GenericSchema<unknown, OdometryAttributes> = v.object({
  left_motors: motorNames,
  right_motors: motorNames,
  base: needed("the name of the base, whose width and wheels it takes"),
  time_interval_msecs: v.pipe(positive(500), v.minValue(10), v.maxValue(60_000)),
});

export function validate({ left_motors, right_motors, base }: OdometryAttributes): DependencyNames {
  assertPaired({ left_motors, right_motors });
  return { required: [base, ...left_motors, ...right_motors] };
}
