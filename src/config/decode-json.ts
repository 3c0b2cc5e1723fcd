/** One JSON value from a text, as Go's decoder takes it: what follows the first value does not matter. */
import { JsonCursor } from "./json-cursor.js";

export interface DecodedJson {
  readonly value: unknown;
  /** Where something else follows the value, or undefined. */
  readonly trailingOffset?: number;
}

/** Throws a JsonSyntaxError that knows its offset. */
export function decodeJson(text: string): DecodedJson {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return decodeSlowly(text); // JSON.parse does not tell the place in a reliable way
  }
}

function decodeSlowly(text: string): DecodedJson {
  const cursor = new JsonCursor(text);
  cursor.peek();
  const start = cursor.offset;
  cursor.skipValue();
  const value: unknown = JSON.parse(text.slice(start, cursor.offset));
  return cursor.peek() === "" ? { value } : { value, trailingOffset: cursor.offset };
}
