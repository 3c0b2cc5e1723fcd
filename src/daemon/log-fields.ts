/** Fields of a log line made safe for JSON: whatever a caller puts in, the line can be written. */
import type { LogFields } from "../base/logger.js";

const MAX_DEPTH = 6;

/** A copy without undefined members; errors become their text, bigints, functions and cycles something that can be written. */
export function toSafeFields(fields: LogFields): LogFields {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) safe[key] = toSafe(value, 0);
  return safe;
}

function toSafe(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      return value === null ? null : toSafeObject(value, depth);
    default:
      return String(value);
  }
}

function toSafeObject(value: object, depth: number): unknown {
  if (value instanceof Error) return textOf(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.map((item) => toSafe(item, depth + 1));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.filter(([, member]) => member !== undefined).map(([key, member]) => [String(key), toSafe(member, depth + 1)]),
  );
}

/** The message and those of its causes that add something. */
function textOf(error: Error): string {
  const texts = [error.message === "" ? error.name : error.message];
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < MAX_DEPTH; cause = cause.cause, depth += 1) {
    if (!texts.some((text) => text.includes(cause instanceof Error ? cause.message : ""))) texts.push(cause.message);
  }
  return texts.join(": ");
}
