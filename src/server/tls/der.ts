/** The few shapes of ASN.1 DER that a certificate needs. Writes only. */

const CLASS_CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items);
export const setOf = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, ...items);
export const octets = (content: Uint8Array): Buffer => tagged(0x04, content);
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));
export const bits = (content: Uint8Array, unused: number = 0): Buffer => tagged(0x03, Buffer.from([unused]), content);
/** `[number]` with its content kept whole inside. */
export const explicit = (number: number, content: Uint8Array): Buffer => tagged(CLASS_CONTEXT | CONSTRUCTED | number, content);
/** `[number]` in place of the content's own tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => tagged(CLASS_CONTEXT | number, content);

/** Not negative, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  const isPadded = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tagged(0x02, isPadded ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** Dotted, e.g. `2.5.29.17`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Up to 2049, as certificates write it: UTCTime; GeneralizedTime from 2050 on. */
export function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}

function lengthOf({ length }: Uint8Array): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
}
