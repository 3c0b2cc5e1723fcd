/** A log line as the supervisor takes it, and as text for standard output where there is no supervisor. */
import type { LogEntry } from "../proto/gen/viam/common/v1/common.js";
import { toStructValue } from "../proto/struct.js";
import type { LogLine } from "./resource-logger.js";

// Field kinds of the zap logger, which viam-server expects in `fields`.
const ZAP_STRING = 15;
const ZAP_ANYTHING = 23;

export function toLogEntry(line: LogLine, time: Date, host: string): LogEntry {
  return {
    host,
    level: line.level,
    time,
    loggerName: line.logger,
    message: line.message,
    stack: stackOf(line),
    fields: Object.entries(line.fields).map(([key, value]) => toField(key, value)),
  };
}

export function toLogText(line: LogLine): string {
  const fields = Object.entries(line.fields).map(([key, value]) => ` ${key}=${textOf(value)}`);
  return `${line.level.toUpperCase()} ${line.logger}: ${line.message}${fields.join("")}\n`;
}

function toField(key: string, value: unknown): Record<string, unknown> {
  if (typeof value === "string") return { Key: key, Type: ZAP_STRING, Integer: 0, String: value, Interface: null };
  return { Key: key, Type: ZAP_ANYTHING, Integer: 0, String: "", Interface: safeValue(value) };
}

/** A field must never fail the line it belongs to. */
function safeValue(value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  try {
    return toStructValue(value);
  } catch {
    return String(value); // NaN, functions, cycles: as text they still tell something
  }
}

function textOf(value: unknown): string {
  const safe = safeValue(value);
  return typeof safe === "string" ? safe : JSON.stringify(safe);
}

function describeError(error: Error): string {
  const cause =
    error.cause === undefined ? "" : `; cause: ${error.cause instanceof Error ? describeError(error.cause) : String(error.cause)}`;
  return `${error.message}${cause}`;
}

function stackOf(line: LogLine): string {
  for (const value of Object.values(line.fields)) if (value instanceof Error) return value.stack ?? "";
  return "";
}
