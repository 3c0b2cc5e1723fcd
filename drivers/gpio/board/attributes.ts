/** The attributes of the boards, and what all of them come to. */
import type { Bias } from "pinion/hardware";
import { invalidArgument } from "pinion/sdk";
import * as v from "valibot";
import { needed, pin } from "../schema.js";

export interface BoardAttributes {
  readonly analogs: readonly { readonly name: string }[];
  readonly digital_interrupts: readonly { readonly name: string; readonly pin: string }[];
  /** Of `rpi` boards: names and settings of pins. */
  readonly pins: readonly PinAttributes[];
  readonly board_settings?: unknown;
}

export interface PinAttributes {
  readonly name: string;
  readonly pin: string;
  readonly type: "gpio" | "interrupt";
  readonly bias?: Bias | undefined;
  /** Milliseconds. */
  readonly debounce_ms: number;
}

const PULLS: Readonly<Record<string, Bias | undefined>> = { up: "up", down: "down", none: "none", "": undefined };

const interrupts = v.optional(v.array(v.object({ name: needed("the interrupt's name"), pin })), []);
const analogs = v.optional(v.array(v.object({ name: needed("the reader's name") })), []);
const anything = v.optional(v.unknown());

const rpiPin = v.pipe(
  v.object({
    name: v.optional(v.string(), ""),
    pin,
    type: v.optional(v.picklist(["gpio", "interrupt", ""]), "gpio"),
    pull: v.optional(v.picklist(["up", "down", "none", ""]), ""),
    debounce_ms: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000)), 0),
  }),
  v.transform(({ name, type, pull, ...rest }): PinAttributes => {
    const bias = PULLS[pull];
    return {
      ...rest,
      name: name === "" ? rest.pin : name,
      type: type === "interrupt" ? type : "gpio",
      ...(bias === undefined ? {} : { bias }),
    };
  }),
);

export const linuxSchema: v.GenericSchema<unknown, BoardAttributes> = v.object({
  analogs,
  digital_interrupts: interrupts,
  pins: v.optional(v.array(rpiPin), []),
  board_settings: anything,
});

/** A digital interrupt: its name, and its pin by any name. */
export interface InterruptPin {
  readonly name: string;
  readonly pin: string;
}

/** Of both attributes that name them. Throws for a name that stands for two pins. */
export function interruptsOf({ digital_interrupts: listed, pins }: BoardAttributes): readonly InterruptPin[] {
  const all = [...listed, ...pins.filter(({ type }) => type === "interrupt").map(({ name, pin: number }) => ({ name, pin: number }))];
  const known = new Map<string, string>();
  for (const { name, pin: number } of all) {
    const other = known.get(name);
    if (other !== undefined && other !== number) {
      throw invalidArgument(`attributes.digital_interrupts: expected each name once, got "${name}" for pin ${other} and for pin ${number}`);
    }
    known.set(name, number);
  }
  return [...known].map(([name, number]) => ({ name, pin: number }));
}
