/** A log record as one line for people, for the terminal of the daemon and of `pinion logs`. */
import type { LogRecord } from "./log-record.js";
import type { LogLevel } from "./logger.js";

export interface LogLineOptions {
  readonly color: boolean;
  /** The day in front of the time, for lines that may be old. */
  readonly date?: boolean;
}

const LEVEL_COLORS: Readonly<Record<LogLevel, string>> = { debug: "\x1b[35m", info: "\x1b[32m", warn: "\x1b[33m", error: "\x1b[31m" };
const DIM = "\x1b[2m";
const RESET = "\x1b[0m";

/** `12:03:04.123 INFO  modmanager.simulated  message  key=value`, local time, without the line's end. */
export function formatLogLine(record: LogRecord, options: LogLineOptions): string {
  const paint = (code: string, text: string): string => (options.color ? `${code}${text}${RESET}` : text);
  const time = paint(DIM, options.date === true ? `${dayOf(record.time)} ${timeOf(record.time)}` : timeOf(record.time));
  const level = paint(LEVEL_COLORS[record.level], record.level.toUpperCase().padEnd(5));
  const logger = record.logger.replace(/^rdk\./, "");
  const fields = fieldsOf(record, logger);
  const tail = fields === "" ? "" : `  ${paint(DIM, fields)}`;
  return `${time} ${level} ${paint(DIM, logger)}  ${printable(record.message)}${tail}`;
}

/** What modules print must not steer the terminal: colours go, other control characters are spelt, further lines are indented. */
function printable(text: string): string {
  if (!CONTROL.test(text)) return text;
  return text
    .replace(ANSI_SEQUENCE, "")
    .replace(OTHER_CONTROL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replace(/\n+$/, "")
    .replaceAll("\n", "\n    ");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const ANSI_SEQUENCE = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const OTHER_CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** What the logger's name says already is left out. */
function fieldsOf(record: LogRecord, logger: string): string {
  const parts: string[] = [];
  if (record.module !== undefined && !logger.includes(record.module)) parts.push(`module=${textOf(record.module)}`);
  if (record.resource !== undefined && !logger.includes(record.resource)) parts.push(`resource=${textOf(record.resource)}`);
  for (const [key, value] of Object.entries(record.fields)) parts.push(`${printable(key)}=${textOf(value)}`);
  return parts.join(" ");
}

function textOf(value: unknown): string {
  if (typeof value !== "string") return printable(JSON.stringify(value) ?? "undefined");
  return /^[^\s"=]+$/.test(value) ? printable(value) : printable(JSON.stringify(value));
}

function timeOf(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

function dayOf(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
