/** The model `rdk:builtin:customlinux`: a board whose pins the config lists, in a file or in itself. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type CustomPin, type Gpio, isPinionError, parseCustomBoard } from "pinion/hardware";
import { type DependencyNames, invalidArgument, type ResourceConfig, type ResourceContext } from "pinion/sdk";
import * as v from "valibot";
import type { Rig } from "../rig.js";
import { type BoardAttributes, linuxSchema } from "./attributes.js";
import { LinuxBoard } from "./linux-board.js";
import { needsOf } from "./needs.js";
import type { Header } from "./pin-names.js";

export interface CustomAttributes {
  readonly board: BoardAttributes;
  readonly file?: string | undefined;
  readonly pins?: unknown;
}

const custom = v.looseObject({ board_defs_file_path: v.optional(v.string()), pins: v.optional(v.array(v.unknown())) });

export const schema: v.GenericSchema<unknown, CustomAttributes> = v.pipe(
  custom,
  v.transform(({ board_defs_file_path: file, pins, ...rest }) => ({ board: rest, file: file === "" ? undefined : file, pins })),
  v.object({ board: linuxSchema, file: v.optional(v.string()), pins: v.optional(v.array(v.unknown())) }),
);

export function validate({ board, ...source }: CustomAttributes, { name }: ResourceConfig, { hardware }: Rig): DependencyNames {
  return { hardware: needsOf(name, board, headerOf(source, hardware.gpio), hardware.gpio) };
}

export function create({ name, fullName, attributes, logger }: ResourceContext<CustomAttributes>, { hardware, boards }: Rig): LinuxBoard {
  const header = headerOf(attributes, hardware.gpio);
  return new LinuxBoard({ name, fullName, attributes: attributes.board, header, hardware, boards, logger });
}

/** Throws INVALID_ARGUMENT with all that is wrong. */
function headerOf({ file, pins }: Pick<CustomAttributes, "file" | "pins">, gpio: Gpio): Header {
  if (file === undefined && pins === undefined) {
    throw invalidArgument('attributes.board_defs_file_path: expected the path of a file with the pins, or "pins" with them, got neither');
  }
  try {
    const listed = file === undefined ? parseCustomBoard(pins, "attributes.pins") : parseCustomBoard(readPins(file), `${file}: pins`);
    return { name: "custom board", pins: listed.map((pin) => resolved(pin, gpio)) };
  } catch (error) {
    if (isPinionError(error, "CONFIG_INVALID")) throw invalidArgument(error.message, { cause: error });
    throw error;
  }
}

function readPins(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidArgument(`attributes.board_defs_file_path: expected a JSON file that can be read at "${file}": ${reason}`, {
      cause: error,
    });
  }
}

/** By label: a chip's number is of this boot. A PWM device may be written as a path. */
function resolved({ names, line, pwm }: CustomPin, gpio: Gpio): CustomPin {
  return {
    names,
    ...(line === undefined ? {} : { line: { ...line, chip: labelOf(line.chip, gpio) } }),
    ...(pwm === undefined ? {} : { pwm: { ...pwm, device: path.basename(pwm.device) } }),
  };
}

function labelOf(chip: string, gpio: Gpio): string {
  if (!/^gpiochip\d+$/.test(chip)) return chip;
  try {
    return gpio.chips().find(({ name }) => name === chip)?.label ?? chip;
  } catch {
    return chip; // no GPIO here: the board says so when it is built
  }
}
