/** The attributes of an MCP23017. */
import { type DependencyNames, invalidArgument, type SafeAction } from "pinion/sdk";
import * as v from "valibot";
import { type ChipAttributes, i2cAddress, i2cBus, interruptClaims, optionalName, requiredName, within } from "../attributes.js";
import { pinKeyOf } from "./expander-board.js";
import { bitOf, namesOf, PINS, pinOf, registerOf } from "./mcp23017-registers.js";

export interface Mcp23017Attributes extends ChipAttributes {
  readonly pins: readonly PinAttributes[];
  readonly digital_interrupts: readonly { readonly name: string; readonly pin: number }[];
  readonly board?: string | undefined;
  /** The board's digital interrupt that INTA or INTB is wired to. */
  readonly interrupt_pin?: string | undefined;
  readonly poll_hz: number;
}

export interface PinAttributes {
  /** 0 to 15. */
  readonly pin: number;
  readonly name?: string | undefined;
  readonly pull: "up" | "none";
  readonly safe_level: "low" | "high";
}

const pin = v.pipe(
  v.union([v.string(), v.number()], 'expected a pin of the MCP23017, for example "A0"'),
  v.transform((given) => pinOf(String(given)) ?? given),
  v.custom<number>(
    (value) => typeof value === "number",
    ({ input }) => `expected A0 to A7, B0 to B7 or 0 to ${PINS - 1}, got ${JSON.stringify(input)}`,
  ),
);

export const schema: v.GenericSchema<unknown, Mcp23017Attributes> = v.object({
  i2c_bus: i2cBus,
  i2c_addr: i2cAddress(0x20, 0x20, 0x27),
  pins: v.optional(
    v.array(
      v.object({
        pin,
        name: optionalName,
        pull: v.optional(v.picklist(["up", "none"], 'expected "up" or "none": it has no pull-down resistors'), "none"),
        safe_level: v.optional(v.picklist(["low", "high"]), "low"),
      }),
    ),
    [],
  ),
  digital_interrupts: v.optional(v.array(v.object({ name: requiredName, pin })), []),
  board: optionalName,
  interrupt_pin: optionalName,
  poll_hz: within(1, 500, 50),
});

export function validate(attributes: Mcp23017Attributes): DependencyNames {
  const { board, interrupt_pin: interrupt, pins, digital_interrupts: interrupts, i2c_bus: bus, i2c_addr: address } = attributes;
  if (interrupt !== undefined && board === undefined) {
    throw invalidArgument(`attributes.board: expected the board that has the interrupt "${interrupt}", got none`);
  }
  if (board !== undefined && interrupt === undefined) {
    throw invalidArgument(`attributes.interrupt_pin: expected the interrupt of board "${board}" that INTA or INTB is wired to, got none`);
  }
  for (const [index, { pin: number, name }] of pins.entries()) {
    if (pins.findIndex(({ pin: other }) => other === number) !== index) {
      throw invalidArgument(`attributes.pins[${index}].pin: expected each pin once, got ${namesOf(number)[0]} again`);
    }
    const taken = name === undefined ? undefined : pinOf(name);
    if (taken !== undefined && taken !== number)
      throw invalidArgument(`attributes.pins[${index}].name: "${name}" is the name of another pin`);
  }
  for (const [index, { name }] of interrupts.entries()) {
    if (interrupts.findIndex(({ name: other }) => other === name) !== index) {
      throw invalidArgument(`attributes.digital_interrupts[${index}].name: expected each name once, got "${name}" again`);
    }
  }
  const write = (register: number, value: number): SafeAction => ({ kind: "i2c", bus, address, bytes: [register, value] });
  const drive = (number: number, isHigh: boolean): SafeAction[] => {
    const mask = bitOf(number);
    return [{ kind: "i2c", bus, address, bytes: [registerOf("OLAT", number), isHigh ? mask : 0], mask }];
  };
  const meanings = Array.from({ length: PINS }, (_, number) => ({
    names: [...namesOf(number), ...pins.filter((own) => own.pin === number).flatMap(({ name }) => name ?? [])],
    key: `${pinKeyOf(bus, address)}/${number}`,
    low: drive(number, false),
    high: drive(number, true),
  }));
  const [a, b] = safeLevelsOf(attributes);
  return {
    required: board === undefined ? [] : [board],
    hardware: {
      claims: [{ kind: "i2c", bus, address }, ...interruptClaims(board, [interrupt])],
      pins: meanings,
      safe: [write(registerOf("OLAT", 0), a), write(registerOf("OLAT", 8), b)],
    },
  };
}

/** Of ports A and B, for the pins that are outputs. */
export function safeLevelsOf({ pins }: Mcp23017Attributes): readonly [number, number] {
  const ofPort = (port: number): number =>
    pins
      .filter(({ pin: number, safe_level: level }) => number >> 3 === port && level === "high")
      .reduce((bits, own) => bits | bitOf(own.pin), 0);
  return [ofPort(0), ofPort(1)];
}
