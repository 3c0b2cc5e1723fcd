/** Pieces that the attribute schemas of several models use. */
import * as v from "valibot";

type NumberWithDefault = v.OptionalSchema<v.GenericSchema<number>, number>;

/** A number above zero. Existing configs write 0 where they mean "the default". */
export function positive(standard: number): NumberWithDefault {
  return v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.transform((value) => (value === 0 ? standard : value)),
    ),
    standard,
  );
}

export function within(lowest: number, highest: number, standard: number): NumberWithDefault {
  return v.optional(v.pipe(v.number(), v.minValue(lowest), v.maxValue(highest)), standard);
}

/** The name of another resource. Existing configs write "" where they mean none. */
export const resourceName: v.OptionalSchema<v.GenericSchema<string, string | undefined>, undefined> = v.optional(
  v.pipe(
    v.string(),
    v.transform((name) => (name === "" ? undefined : name)),
  ),
);
