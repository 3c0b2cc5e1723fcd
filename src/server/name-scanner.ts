/**
 * Reads the resource's name out of the first message of a call: field 1 (or field 1 of the message in field 1), wherever it
 * stands, without decoding anything else. The last occurrence counts, as protobuf says.
 */

export type ScanResult =
  | { readonly kind: "more" }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "missing" }
  | { readonly kind: "malformed" };

/**
 * The name, where `data` is one whole uncompressed message with its length prefix, of which field 1 is all: how nearly all calls begin.
 * Undefined for everything else, which takes the long way.
 */
export function shortName(data: Buffer): string | undefined {
  const length = data.length;
  if (length < 7 || length > 132 || data[0] !== 0 || data[1] !== 0 || data[2] !== 0 || data[3] !== 0) return undefined;
  const size = data[6] ?? 0;
  if (data[4] !== length - 5 || data[5] !== 0x0a || size !== length - 7) return undefined;
  return shortText(data, 7, length);
}

/** By a hash of their bytes, the texts read last: robots have few resources, which are called again and again. */
const RECENT = 256;
const recent: { readonly bytes: Buffer; readonly text: string }[] = [];

function shortText(data: Buffer, start: number, end: number): string {
  let hash = 0;
  for (let at = start; at < end; at += 1) hash = (hash * 31 + (data[at] ?? 0)) & 0xffffff;
  const slot = hash % RECENT;
  const known = recent[slot];
  if (known !== undefined && isSame(known.bytes, data, start, end)) return known.text;
  const bytes = Buffer.from(data.subarray(start, end));
  const text = bytes.toString("utf8");
  recent[slot] = { bytes, text };
  return text;
}

function isSame(bytes: Buffer, data: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let at = start; at < end; at += 1) if (bytes[at - start] !== data[at]) return false;
  return true;
}

/** With this much of a message seen and a name found, the rest is not waited for: nobody writes the name twice. */
const ENOUGH_BYTES = 64 * 1024;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

interface Found {
  readonly start: number;
  readonly end: number;
}

/** Remembers where it stopped, so that a long message that comes in pieces is walked over once. */
export class NameScanner {
  readonly #isNested: boolean;
  #offset = 0;
  #found: Found | undefined;

  constructor(isNested: boolean) {
    this.#isNested = isNested;
  }

  /** `message` holds the bytes so far (always from the start); `length` is the length of the whole. */
  scan(message: Buffer, length: number): ScanResult {
    const isMalformed = this.#walk(message, length);
    if (isMalformed) return { kind: "malformed" };
    if (this.#offset >= length) return this.#result(message);
    if (this.#found !== undefined && message.length >= ENOUGH_BYTES) return this.#result(message);
    return { kind: "more" };
  }

  #result(message: Buffer): ScanResult {
    const found = this.#found;
    if (found === undefined) return { kind: "missing" };
    if (!this.#isNested) return { kind: "name", name: message.toString("utf8", found.start, found.end) };
    const inner = message.subarray(found.start, found.end);
    return new NameScanner(false).scan(inner, inner.length);
  }

  /** Walks as far as the bytes go; true when they are no message. */
  #walk(message: Buffer, length: number): boolean {
    while (this.#offset < length) {
      const tag = readVarint(message, this.#offset, length);
      if (tag === "more") return false;
      if (tag === "malformed" || tag.value < 8) return true;
      const field = Math.floor(tag.value / 8);
      const next = skipValue(message, tag.end, length, tag.value % 8);
      if (next === "more") return false;
      if (next === "malformed" || next.end > length) return true;
      if (field === 1 && tag.value % 8 === LENGTH_DELIMITED) {
        if (next.end > message.length) return false;
        this.#found = next;
      }
      // What lies beyond the bytes at hand may be skipped before it comes.
      this.#offset = next.end;
    }
    return false;
  }
}

type Step = "more" | "malformed" | Found;

function skipValue(bytes: Buffer, start: number, length: number, wireType: number): Step {
  switch (wireType) {
    case VARINT: {
      const value = readVarint(bytes, start, length);
      return typeof value === "string" ? value : { start, end: value.end };
    }
    case FIXED64:
      return { start, end: start + 8 };
    case FIXED32:
      return { start, end: start + 4 };
    case LENGTH_DELIMITED: {
      const size = readVarint(bytes, start, length);
      return typeof size === "string" ? size : { start: size.end, end: size.end + size.value };
    }
    default:
      // Groups are not used by anything that speaks gRPC.
      return "malformed";
  }
}

function readVarint(bytes: Buffer, start: number, length: number): "more" | "malformed" | { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const position = start + index;
    if (position >= length) return "malformed";
    const byte = bytes[position];
    if (byte === undefined) return "more";
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: position + 1 };
  }
  return "malformed";
}
