/** RFC 7541 section 5: integers and string literals. */
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { decodeHuffman } from "./huffman-code.js";

const NO_BYTES = Buffer.alloc(0);
/** Shorter ones are written faster byte by byte. */
const LONG_TEXT = 64;

/** Reads header blocks from front to back, one after another. */
export class BlockReader {
  #bytes: Buffer = NO_BYTES;
  #end = 0;
  at = 0;

  begin(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  /** Lets go of the block. */
  end(): void {
    this.#bytes = NO_BYTES;
  }

  /** Section 5.1. The first byte, whose upper bits the caller has looked at, is read as well. */
  integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      // 2^28 is far above every limit of ours; longer forms are an attack or a mistake.
      if (shift > 21) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "an integer of a header block is too large");
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  }

  /** Section 5.2, as latin1: one character a byte. */
  string(): string {
    const isHuffman = ((this.#bytes[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(7);
    const start = this.at;
    if (start + length > this.#end)
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a string runs over the end of its header block");
    this.at = start + length;
    return isHuffman ? decodeHuffman(this.#bytes, start, this.at) : this.#bytes.toString("latin1", start, this.at);
  }

  #byte(): number {
    if (this.at >= this.#end) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a header block ends inside a field");
    const byte = this.#bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }
}

/** Writes header blocks to where there is room enough for them. */
export class BlockWriter {
  #bytes: Buffer = NO_BYTES;
  at = 0;

  begin(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Lets go of what was written into. Where the block ends. */
  end(): number {
    this.#bytes = NO_BYTES;
    return this.at;
  }

  integer(pattern: number, prefixBits: number, value: number): void {
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#bytes[this.at++] = pattern | value;
      return;
    }
    this.#bytes[this.at++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.at++] = rest;
  }

  string(latin1: string): void {
    const { length } = latin1;
    this.integer(0, 7, length);
    if (length > LONG_TEXT) this.at += this.#bytes.write(latin1, this.at, "latin1");
    else for (let index = 0; index < length; index += 1) this.#bytes[this.at++] = latin1.charCodeAt(index);
  }

  raw(bytes: Buffer): void {
    copyBytes(bytes, 0, bytes.length, this.#bytes, this.at);
    this.at += bytes.length;
  }
}

/** Short copies are done sooner than asked for. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > LONG_TEXT) from.copy(to, at, start, end);
  else for (let index = start; index < end; index += 1) to[at + index - start] = from[index] ?? 0;
}
