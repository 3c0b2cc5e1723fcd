/** Pieces that the attribute schemas of several models use, and what a chip claims. */
import type { HardwareClaim, HardwareNeeds } from "pinion/sdk";
import * as v from "valibot";
import { hex } from "./chip.js";

/** Where a chip is. */
export interface ChipAttributes {
  readonly i2c_bus: number;
  readonly i2c_addr: number;
}

const shown = ({ input }: { readonly input: unknown }): string => JSON.stringify(input) ?? "nothing";

/** 0 to `last`, or a text that holds such a number. */
export function wholeNumber(what: string, last: number): v.GenericSchema<unknown, number> {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value)),
    v.custom<number>(
      (value) => typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= last,
      (issue) => `expected ${what}, got ${shown(issue)}`,
    ),
  );
}

export const i2cBus: v.GenericSchema<unknown, number> = wholeNumber(
  "the number of an I2C bus, for example 1 for /dev/i2c-1",
  Number.POSITIVE_INFINITY,
);

/** `first` to `last`: what the chip can be strapped to. */
export function i2cAddressWithin(first: number, last: number): v.GenericSchema<unknown, number> {
  const message = (issue: { readonly input: unknown }): string =>
    `expected a number from ${first} (${hex(first)}) to ${last} (${hex(last)}), got ${shown(issue)}`;
  return v.pipe(
    v.unknown(),
    v.custom<number>((value) => typeof value === "number" && Number.isInteger(value) && value >= first && value <= last, message),
  );
}

/** Existing configs write 0 where they mean the default. */
export function i2cAddress(standard: number, first: number, last: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  const given = v.pipe(
    v.unknown(),
    v.transform((value) => (value === 0 ? standard : value)),
    i2cAddressWithin(first, last),
  );
  return v.optional(given, standard);
}

export function within(lowest: number, highest: number, standard: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  return v.optional(v.pipe(v.number(), v.minValue(lowest), v.maxValue(highest)), standard);
}

/** A number above zero; existing configs write 0 where they mean the default. */
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

/** One of these numbers. */
export function oneOf(values: readonly number[], standard: number): v.OptionalSchema<v.GenericSchema<unknown, number>, number> {
  const message = (issue: { readonly input: unknown }): string => `expected one of ${values.join(", ")}, got ${shown(issue)}`;
  return v.optional(
    v.custom<number>((value) => typeof value === "number" && values.includes(value), message),
    standard,
  );
}

export const flag: v.OptionalSchema<v.GenericSchema<unknown, boolean>, false> = v.optional(v.boolean(), false);

/** The name of another resource or of a pin; existing configs write "" where they mean none. */
export const optionalName: v.OptionalSchema<v.GenericSchema<unknown, string | undefined>, undefined> = v.optional(
  v.pipe(
    v.union([v.string(), v.pipe(v.number(), v.integer())], 'expected a name, for example "16"'),
    v.transform((name) => (name === "" ? undefined : String(name))),
  ),
);

export const requiredName: v.GenericSchema<unknown, string> = v.pipe(
  v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer())], 'expected a name, for example "16"'),
  v.transform(String),
);

/** The whole chip belongs to the resource. */
export function claimOf({ i2c_bus: bus, i2c_addr: address }: ChipAttributes): { readonly hardware: HardwareNeeds } {
  return { hardware: { claims: [{ kind: "i2c", bus, address }] } };
}

/** The board's pins that the chip's interrupt outputs are wired to, each once. */
export function interruptClaims(board: string | undefined, interrupts: readonly (string | undefined)[]): readonly HardwareClaim[] {
  if (board === undefined) return [];
  const pins = new Set(interrupts.filter((pin) => pin !== undefined));
  return [...pins].map((pin) => ({ kind: "pin", board, pin }));
}
