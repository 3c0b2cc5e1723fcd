import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ErrorCode } from "../../src/http2/error-codes.js";
import { decodeHuffman } from "../../src/http2/huffman-code.js";
import { bitsOf, CODES, EOS_BITS, packed } from "./support/huffman-encoder.js";

const MALFORMED = { name: "ConnectionError", code: ErrorCode.COMPRESSION_ERROR };
const decode = (bytes: Buffer): string => decodeHuffman(bytes, 0, bytes.length);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

const SYMBOLS: ReadonlyMap<string, number> = new Map([...CODES].map(([byte, bits]) => [bits, byte]));

/** Bit by bit; undefined for what is malformed. */
function slowly(bytes: Buffer): string | undefined {
  const found: number[] = [];
  let code = "";
  for (const bit of Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("")) {
    code += bit;
    if (code === EOS_BITS) return undefined;
    const byte = SYMBOLS.get(code);
    if (byte === undefined) continue;
    found.push(byte);
    code = "";
  }
  return /^1{0,7}$/.test(code) ? latin1(Uint8Array.from(found)) : undefined;
}

/** The last code of each length as appendix B has it: with them all others are in their places. */
const LAST_CODES: readonly (readonly [byte: number, code: number, length: number])[] = [
  [0x74, 0x9, 5],
  [0x75, 0x2d, 6],
  [0x7a, 0x7b, 7],
  [0x5a, 0xfd, 8],
  [0x3f, 0x3fc, 10],
  [0x7c, 0x7fc, 11],
  [0x3e, 0xffb, 12],
  [0x7e, 0x1ffd, 13],
  [0x7d, 0x3ffd, 14],
  [0x7b, 0x7ffe, 15],
  [0xd0, 0x7fff2, 19],
  [0xe2, 0xfffed, 20],
  [0xe6, 0x1fffe8, 21],
  [0xe9, 0x3fffeb, 22],
  [0xef, 0x7ffff4, 23],
  [0xed, 0xfffff5, 24],
  [0xeb, 0x1ffffef, 25],
  [0xff, 0x3ffffee, 26],
  [0xfe, 0x7fffff0, 27],
  [0xf9, 0xffffffe, 28],
  [0x16, 0x3ffffffe, 30],
];

test("the last code of each length is that of the RFC", () => {
  for (const [byte, code, length] of LAST_CODES) {
    const bits = code.toString(2).padStart(length, "0");
    assert.equal(decode(packed(bits)), String.fromCharCode(byte), `${length} bits`);
    assert.equal(CODES.get(byte), bits);
  }
});

const text = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.string({ maxLength: 80 }).map((ascii) => new Uint8Array(Buffer.from(ascii))),
);

test("bytes of any kind come back, wherever they stand", () => {
  fc.assert(
    fc.property(text, fc.uint8Array({ maxLength: 9 }), (bytes, around) => {
      const coded = packed(bitsOf(bytes));
      const buffer = Buffer.concat([around, coded, around]);
      assert.equal(decodeHuffman(buffer, around.length, around.length + coded.length), latin1(bytes));
    }),
  );
});

test("each byte comes back behind any number of bits", () => {
  for (const byte of CODES.keys()) {
    // "0" has five bits, so that all eight places come.
    for (let before = 0; before < 8; before += 1) {
      const bytes = Uint8Array.from([...Array<number>(before).fill(0x30), byte, 0x30]);
      assert.equal(decode(packed(bitsOf(bytes))), latin1(bytes));
    }
  }
});

test("a long text does not stay in the way of a short one", () => {
  // The shortest codes there are: more bytes come out than of any other text.
  for (const long of [Buffer.alloc(20_000, "0123 abc ~\xff", "latin1"), Buffer.alloc(40_000, "0")]) {
    assert.equal(decode(packed(bitsOf(long))), latin1(long));
  }
  assert.equal(decode(packed(bitsOf(Buffer.from("x")))), "x");
  assert.equal(decode(Buffer.alloc(0)), "");
});

test("any bytes are read, or refused, as bit by bit", () => {
  const byte = fc.oneof(fc.constantFrom(0xff, 0xfe, 0x00), fc.nat({ max: 255 }));
  const mostlyValid = fc
    .tuple(text, fc.array(byte, { maxLength: 5 }))
    .map(([bytes, rest]) => Buffer.concat([packed(bitsOf(bytes)), Buffer.from(rest)]));
  fc.assert(
    fc.property(fc.oneof(fc.array(byte, { maxLength: 40 }).map(Buffer.from), mostlyValid), (bytes) => {
      const expected = slowly(bytes);
      if (expected === undefined) assert.throws(() => decode(bytes), MALFORMED);
      else assert.equal(decode(bytes), expected);
    }),
    { numRuns: 1000 },
  );
});

test("padding of a whole byte, and padding with a zero in it, is malformed", () => {
  fc.assert(
    fc.property(text, fc.nat({ max: 6 }), (bytes, place) => {
      const bits = bitsOf(bytes);
      assert.throws(() => decode(Buffer.concat([packed(bits), Buffer.from([0xff])])), MALFORMED);
      const room = (8 - (bits.length % 8)) % 8;
      // Four bits are too few for a code.
      if (room === 0 || room > 4) return;
      const padding = Array.from({ length: room }, (_, index) => (index === place % room ? "0" : "1")).join("");
      assert.throws(() => decode(packed(bits + padding)), MALFORMED);
    }),
  );
});

test("EOS is malformed wherever it comes", () => {
  fc.assert(
    fc.property(text, text, (before, behind) => {
      assert.throws(() => decode(packed(bitsOf(before) + EOS_BITS + bitsOf(behind))), MALFORMED);
    }),
  );
});

test("a code that is cut off behind a whole byte of it is malformed", () => {
  for (const [byte, bits] of CODES) {
    for (let kept = 8; kept < bits.length; kept += 8) {
      assert.throws(() => decode(packed(bits.slice(0, kept))), MALFORMED, `${kept} bits of ${byte}`);
      // Behind eight codes of five bits it begins at a byte as well.
      assert.throws(() => decode(packed("00000".repeat(8) + bits.slice(0, kept))), MALFORMED, `${kept} bits of ${byte}`);
    }
  }
});
