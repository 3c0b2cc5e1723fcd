/** The errors that all GPIO back ends share: what is wrong, what there is, what to do. */
import { PinionError } from "../../base/errors.js";
import type { ChipInfo, LineAddress } from "./gpio.js";

/** `pinctrl-rp1/17`: how a line is written in messages. */
export function describeLine({ chip, offset }: LineAddress): string {
  return `${chip}/${offset}`;
}

export function sameLine(a: LineAddress, b: LineAddress): boolean {
  return a.offset === b.offset && a.chip === b.chip;
}

export function chipMissing(label: string, chips: readonly ChipInfo[]): PinionError {
  const found = chips.length === 0 ? "there is no GPIO chip" : `chips there are: ${chips.map((chip) => chip.label).join(", ")}`;
  return new PinionError("GPIO_CHIP_MISSING", `no GPIO chip is labelled "${label}"; ${found}`);
}

/** Throws unless a chip with so many lines has this one. */
export function assertLine({ chip, offset }: LineAddress, lines: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset < lines) return;
  const range = lines === 0 ? "the chip has no lines" : `its lines are 0 to ${lines - 1}`;
  throw new PinionError("GPIO_LINE_MISSING", `GPIO chip "${chip}" has no line ${offset}; ${range}`);
}

/** `consumer`: who holds it, empty when unknown. */
export function lineBusy(line: LineAddress, consumer: string, cause?: unknown): PinionError {
  const holder = consumer === "" ? "something that gives no name (a driver of the kernel, or another program)" : `"${consumer}"`;
  return new PinionError("GPIO_LINE_BUSY", `GPIO line ${describeLine(line)} is held by ${holder}`, { cause });
}

/** Of the lines that have the wanted name, the only one. */
export function onlyLineNamed(name: string, found: readonly LineAddress[]): LineAddress {
  const [first, ...others] = found;
  if (first === undefined) throw new PinionError("GPIO_LINE_MISSING", `no GPIO line is named "${name}"; give its chip and offset`);
  if (others.length > 0) {
    const all = found.map(describeLine).join(", ");
    throw new PinionError("GPIO_LINE_MISSING", `${found.length} GPIO lines are named "${name}" (${all}); give chip and offset of one`);
  }
  return first;
}

export function closedLines(lines: readonly LineAddress[]): PinionError {
  return new PinionError("GPIO_FAILED", `GPIO ${lines.map(describeLine).join(", ")}: used after it was closed`);
}

export function levelCount(lines: readonly LineAddress[], levels: number): PinionError {
  return new PinionError("GPIO_FAILED", `GPIO ${lines.map(describeLine).join(", ")}: expected ${lines.length} levels, got ${levels}`);
}

/** Throws unless a request can be made of these lines: 1 to 64 of one chip, none twice. The chip's label. */
export function assertRequestable(lines: readonly LineAddress[]): string {
  const [first] = lines;
  if (first === undefined || lines.length > 64) {
    throw new PinionError("GPIO_FAILED", `expected 1 to 64 GPIO lines in a request, got ${lines.length}`);
  }
  for (const [index, line] of lines.entries()) {
    if (line.chip !== first.chip) {
      const both = `${describeLine(first)} and ${describeLine(line)}`;
      throw new PinionError("GPIO_UNSUPPORTED", `GPIO lines of one request must be of one chip, got ${both}; open them one by one`);
    }
    if (lines.findIndex((other) => other.offset === line.offset) !== index) {
      throw new PinionError("GPIO_LINE_BUSY", `GPIO line ${describeLine(line)} is in the request twice`);
    }
  }
  return first.chip;
}
