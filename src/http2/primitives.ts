/** RFC 7541 section 5: integers and string literals. */
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { decodeHuffman } from "./huffman-code.js";

/** Reads one header block from front to back. */
export class BlockReader {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
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
    const isHuffman = ((this.bytes[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(7);
    const start = this.at;
    if (start + length > this.end) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a string runs over the end of its header block");
    this.at = start + length;
    return isHuffman ? decodeHuffman(this.bytes, start, this.at) : this.bytes.toString("latin1", start, this.at);
  }

  #byte(): number {
    if (this.at >= this.end) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a header block ends inside a field");
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }
}

/** Writes one header block; grows as needed. */
export class BlockWriter {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  #length = 0;

  /** Overwritten by the next block. */
  take(): Buffer {
    const block = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return block;
  }

  integer(pattern: number, prefixBits: number, value: number): void {
    this.#reserve(6);
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#bytes[this.#length++] = pattern | value;
      return;
    }
    this.#bytes[this.#length++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  string(latin1: string): void {
    this.integer(0, 7, latin1.length);
    this.#reserve(latin1.length);
    this.#length += this.#bytes.write(latin1, this.#length, "latin1");
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
