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

export function whole(lowest: number, highest: number): v.GenericSchema<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(lowest), v.maxValue(highest));
}

/** A path, or `vendor:product[:serial]` in hex. */
export const serialPath: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(
    /^\/|^[0-9a-f]{4}:[0-9a-f]{4}(:.+)?$/i,
    ({ received }) => `expected a path such as /dev/ttyUSB0 or /dev/serial/by-id/…, or vendor:product[:serial] in hex, got ${received}`,
  ),
);

/** Bits per second; 0 is the default. */
export function baudRate(standard: number): NumberWithDefault {
  return v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(12_000_000),
      v.transform((value) => (value === 0 ? standard : value)),
    ),
    standard,
  );
}
