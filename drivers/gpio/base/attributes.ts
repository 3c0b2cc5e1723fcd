/** The attributes of a wheeled base. */
import { type DependencyNames, invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { positive } from "../schema.js";

export interface WheeledAttributes {
  /** Names of motors. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Millimetres. */
  readonly wheel_circumference_mm: number;
  readonly width_mm: number;
  readonly spin_slip_factor: number;
}

/** Names of the motors of one side. */
export const motorNames: v.GenericSchema<unknown, readonly string[]> = v.pipe(
  v.optional(v.array(v.pipe(v.string(), v.nonEmpty("expected the name of a motor"))), []),
  v.minLength(1, "expected the names of motors, at least one"),
);

function length(what: string): v.GenericSchema<unknown, number> {
  const message = `expected ${what} in millimetres, above 0`;
  return v.pipe(v.optional(v.number(message), 0), v.finite(message), v.minValue(Number.MIN_VALUE, message));
}

export const schema: v.GenericSchema<unknown, WheeledAttributes> = v.object({
  left: motorNames,
  right: motorNames,
  wheel_circumference_mm: length("the way of one turn of the wheels"),
  width_mm: length("the distance between the middles of the left and right wheels"),
  spin_slip_factor: positive(1),
});

/** Its motors see to their pins when the module dies: the base has none of its own. */
export function validate({ left, right }: WheeledAttributes): DependencyNames {
  assertPaired({ left, right });
  return { required: [...left, ...right] };
}

/** Throws for a motor that is named twice and for sides of different length. The two keys are those of the config. */
export function assertPaired(sides: Readonly<Record<string, readonly string[]>>): void {
  const keys = Object.keys(sides);
  const names = Object.values(sides).flat();
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidArgument(`attributes.${keys.join(", ")}: expected each motor once, got "${twice}" twice`);
  const [first = 0, second = 0] = Object.values(sides).map(({ length: count }) => count);
  if (first === second) return;
  throw invalidArgument(`attributes.${keys.join(", ")}: expected as many motors in one as in the other, got ${first} and ${second}`);
}
