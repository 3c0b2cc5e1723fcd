/** The attributes of encoders on GPIO pins. */
import { type DependencyNames, type HardwareClaim, invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { needed, pin, pinsOf } from "../schema.js";

export interface IncrementalAttributes {
  readonly board: string;
  readonly pins: { readonly a: string; readonly b: string };
}

export interface SingleAttributes {
  readonly board: string;
  readonly pins: { readonly i: string };
}

const board = needed("the name of a board");

export const incrementalSchema: v.GenericSchema<unknown, IncrementalAttributes> = v.object({
  board,
  pins: pinsOf({ a: pin, b: pin }),
});
export const singleSchema: v.GenericSchema<unknown, SingleAttributes> = v.object({ board, pins: pinsOf({ i: pin }) });

export function needsOf(name: string, pins: Readonly<Record<string, string>>): DependencyNames {
  const claims = Object.values(pins).map((value): HardwareClaim => ({ kind: "pin", board: name, pin: value }));
  if (new Set(Object.values(pins)).size !== claims.length) {
    throw invalidArgument(`attributes.pins: expected "a" and "b" to be different pins, got ${pins["a"]} for both`);
  }
  return { required: [name], hardware: { claims } };
}
