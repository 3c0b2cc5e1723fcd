/** Pieces that the attribute schemas of several models use. Existing configs write "" and 0 where they mean "not set". */
import * as v from "valibot";

type Optional<T> = v.OptionalSchema<v.GenericSchema<unknown, T | undefined>, undefined>;

/** A name that must be there, for example of a board. */
export function needed(what: string): v.GenericSchema<unknown, string> {
  const message = `expected ${what}`;
  return v.pipe(v.optional(v.string(message), ""), v.nonEmpty(message));
}

/** The name of another resource. */
export const resourceName: Optional<string> = v.optional(
  v.pipe(
    v.string(),
    v.transform((name) => (name === "" ? undefined : name)),
  ),
);

const PIN = 'expected a pin of the board, for example "11", "io17" or "pinctrl-rp1:17"';

/** Pins are written as texts or numbers; 11 is "11". */
export const pin: v.GenericSchema<unknown, string> = v.pipe(
  v.optional(v.union([v.string(), v.pipe(v.number(), v.integer())], PIN), ""),
  v.transform(String),
  v.nonEmpty(PIN),
);

export const optionalPin: Optional<string> = v.optional(
  v.pipe(
    v.union([v.string(), v.pipe(v.number(), v.integer())], PIN),
    v.transform((name) => (name === "" ? undefined : String(name))),
  ),
);

/** A number above zero; 0 is the default. */
export function positive(standard: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  return v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.transform((value) => (value === 0 ? standard : value)),
    ),
    standard,
  );
}

/** A number above zero; 0 is not set. */
export const optionalPositive: Optional<number> = v.optional(
  v.pipe(
    v.number(),
    v.minValue(0),
    v.transform((value) => (value === 0 ? undefined : value)),
  ),
);

export function within(lowest: number, highest: number, standard: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  return v.optional(v.pipe(v.number(), v.minValue(lowest), v.maxValue(highest)), standard);
}

export const flag: v.OptionalSchema<v.GenericSchema<unknown, boolean>, false> = v.optional(v.boolean(), false);

/** The attribute `pins`: each pin that is missing is named, even when all are. */
export function pinsOf<const E extends v.ObjectEntries>(entries: E): v.GenericSchema<unknown, v.InferOutput<v.ObjectSchema<E, undefined>>> {
  return v.pipe(v.optional(v.unknown(), {}), v.object(entries));
}
