/**
 * RFC 7541 appendix B and section 5.2: the Huffman code. It is canonical, so the code lengths of the 257 symbols rebuild it.
 * Only decoding: what we send is not Huffman coded, which costs a few bytes and saves time on both ends of a local socket.
 */
import { ConnectionError, ErrorCode } from "./error-codes.js";

/** Code length in bits of each byte value, then of EOS. */
// biome-ignore format: a table of the RFC, 16 a line
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const EOS = 256;
const MAX_LENGTH = 30;
const SHORTEST = 5;
/** A code in one number: its length above its symbol. */
const SYMBOL_BITS = 9;
const SYMBOL_MASK = 0x1ff;

interface Code {
  /** By length: the first code of that length, and where its symbols begin in `symbols`. */
  readonly firstCode: Int32Array;
  readonly firstIndex: Int32Array;
  readonly count: Int32Array;
  readonly symbols: Int16Array;
  /** By the next eight bits: length and symbol of the code that they begin with, 0 where it is longer. */
  readonly short: Uint16Array;
}

let code: Code | undefined;
/** Grows as needed; what stands in it is a string before the next is decoded. */
let scratch: Buffer = Buffer.allocUnsafeSlow(512);

function canonicalCode(): Code {
  const count = new Int32Array(MAX_LENGTH + 1);
  for (const length of LENGTHS) count[length] = (count[length] ?? 0) + 1;
  const firstCode = new Int32Array(MAX_LENGTH + 1);
  const firstIndex = new Int32Array(MAX_LENGTH + 1);
  for (let length = 1, next = 0, index = 0; length <= MAX_LENGTH; length += 1) {
    next <<= 1;
    firstCode[length] = next;
    firstIndex[length] = index;
    next += count[length] ?? 0;
    index += count[length] ?? 0;
  }
  const order = LENGTHS.map((length, symbol) => ({ length, symbol })).sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const short = new Uint16Array(256);
  let from = 0;
  for (const { length, symbol } of order) {
    if (length > 8) break;
    const to = from + 2 ** (8 - length);
    short.fill((length << SYMBOL_BITS) | symbol, from, to);
    from = to;
  }
  return { firstCode, firstIndex, count, symbols: Int16Array.from(order, ({ symbol }) => symbol), short };
}

/** The decoded bytes as a latin1 text. COMPRESSION_ERROR for EOS inside, and for padding that is not the start of EOS or longer than 7 bits. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  code ??= canonicalCode();
  const { short } = code;
  // The shortest code has five bits.
  const most = Math.ceil(((end - start) * 8) / 5);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most);
  let written = 0;
  /** What was read and not decoded yet: the 29 bits of a code that is not complete and a byte, so that only its lower bits are what bitwise operators see. */
  let rest = 0;
  let bits = 0;
  for (let at = start; at < end; at += 1) {
    rest = rest * 256 + (bytes[at] ?? 0);
    bits += 8;
    while (bits >= SHORTEST) {
      let found = bits <= MAX_LENGTH ? (short[nextByte(rest, bits)] ?? 0) : 0;
      if (found === 0) found = longCode(code, rest, bits);
      const length = found >>> SYMBOL_BITS;
      if (found === 0 || length > bits) break;
      scratch[written] = found & SYMBOL_MASK;
      written += 1;
      bits -= length;
      rest &= (1 << bits) - 1;
    }
  }
  if (bits > 7 || rest !== (1 << bits) - 1) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "bad padding of a Huffman string");
  return scratch.toString("latin1", 0, written);
}

/** Where fewer are left, ones follow, as padding does. */
function nextByte(rest: number, bits: number): number {
  return bits >= 8 ? (rest >>> (bits - 8)) & 0xff : ((rest << (8 - bits)) & 0xff) | (0xff >>> bits);
}

/** A code of more than eight bits at the beginning of `rest`; 0 when it is not complete. */
function longCode({ firstCode, firstIndex, count, symbols }: Code, rest: number, bits: number): number {
  for (let length = 9; length <= bits && length <= MAX_LENGTH; length += 1) {
    const offset = Math.floor(rest / 2 ** (bits - length)) - (firstCode[length] ?? 0);
    if (offset < 0 || offset >= (count[length] ?? 0)) continue;
    const symbol = symbols[(firstIndex[length] ?? 0) + offset] ?? EOS;
    if (symbol === EOS) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "EOS inside a Huffman string");
    return (length << SYMBOL_BITS) | symbol;
  }
  return 0;
}
