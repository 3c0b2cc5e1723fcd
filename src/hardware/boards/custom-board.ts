/** Pins of a board without a table, as the file of the model `customlinux` lists them. */
import { PinionError } from "../../base/errors.js";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import type { LineAddress } from "../gpio/gpio.js";
import type { PwmAddress } from "../pwm/pwm.js";

/** A pin with a line, a PWM channel, or both. */
export interface CustomPin {
  readonly names: readonly string[];
  readonly line?: LineAddress;
  readonly pwm?: PwmAddress;
}

/**
 * From `{ "pins": [{ "name", "device_name", "line_number", "pwm_chip_sysfs_dir", "pwm_id" }] }` or the list alone. `device_name` is the chip's label or
 * `gpiochipN`, a `line_number` of -1 means no line. Throws CONFIG_INVALID with everything that is wrong. `where`: what the messages begin with.
 */
export function parseCustomBoard(input: unknown, where = "pins"): readonly CustomPin[] {
  const list = isJsonObject(input) ? input["pins"] : input;
  if (!Array.isArray(list)) throw new PinionError("CONFIG_INVALID", `${where}: expected a list of pins, got ${show(list)}`);
  const problems: string[] = [];
  const pins: CustomPin[] = [];
  for (const [index, entry] of (list as readonly unknown[]).entries()) {
    const at = `${where}[${index}]`;
    if (!isJsonObject(entry)) {
      problems.push(`${at}: expected an object, got ${show(entry)}`);
      continue;
    }
    const pin = parsePin(entry, at, problems);
    if (pin === undefined) continue;
    const name = pin.names[0] ?? "";
    const isTaken = pins.some(({ names }) => names.some((other) => other.toLowerCase() === name.toLowerCase()));
    if (isTaken) problems.push(`${at}.name: expected names to differ, got "${name}" again`);
    pins.push(pin);
  }
  if (problems.length > 0) throw new PinionError("CONFIG_INVALID", problems.join("; "));
  return pins;
}

function parsePin(entry: JsonObject, at: string, problems: string[]): CustomPin | undefined {
  const before = problems.length;
  const expect = (key: string, expected: string, isFine: boolean): void => {
    if (!isFine) problems.push(`${at}.${key}: expected ${expected}, got ${show(entry[key])}`);
  };
  const { name, device_name: device = "", line_number: line = -1, pwm_chip_sysfs_dir: folder = "", pwm_id: channel = -1 } = entry;
  expect("name", "a name", isText(name) && name !== "");
  expect("device_name", "the label of a GPIO chip, or gpiochipN", isText(device));
  expect("line_number", "a whole number, or -1 for no line", isIndex(line));
  expect("pwm_chip_sysfs_dir", "the name of a PWM device, for example 3280000.pwm", isText(folder));
  expect("pwm_id", "a whole number, or -1 for no PWM", isIndex(channel));
  if (!isText(name) || !isText(device) || !isIndex(line) || !isText(folder) || !isIndex(channel)) return undefined;
  const hasLine = line >= 0;
  const hasPwm = folder !== "" && channel >= 0;
  if (hasLine && device === "") problems.push(`${at}.device_name: expected the label of the GPIO chip of line ${line}, got nothing`);
  if (!hasLine && !hasPwm) problems.push(`${at}: expected line_number with device_name, or pwm_id with pwm_chip_sysfs_dir`);
  if (problems.length > before) return undefined;
  return {
    names: [name],
    ...(hasLine ? { line: { chip: device, offset: line } } : {}),
    ...(hasPwm ? { pwm: { device: folder, channel } } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= -1;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
