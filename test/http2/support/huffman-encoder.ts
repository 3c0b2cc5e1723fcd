/** RFC 7541 appendix B for tests, written as bits: nothing of it comes from src/http2, so that a mistake there is not made twice. */

/** By the length of their codes, the bytes in the order of their codes. Behind all of them is EOS. */
const BY_LENGTH: readonly (readonly [length: number, bytes: string])[] = [
  [5, "303132616365696f7374"],
  [6, "20252d2e2f333435363738393d415f62646667686c6d6e707275"],
  [7, "3a42434445464748494a4b4c4d4e4f5051525354555657596a6b71767778797a"],
  [8, "262a2c3b585a"],
  [10, "212228293f"],
  [11, "272b7c"],
  [12, "233e"],
  [13, "0024405b5d7e"],
  [14, "5e7d"],
  [15, "3c607b"],
  [19, "5cc3d0"],
  [20, "808283a2b8c2e0e2"],
  [21, "99a1a7acb0b1b3d1d8d9e3e5e6"],
  [22, "8184858688929a9ca0a3a4a9aaadb2b5b9babbbdbec4c6e4e8e9"],
  [23, "0187898a8b8c8d8f93959697989b9d9ea5a6a8aeafb4b6b7bcbfc5e7ef"],
  [24, "098e9091949fabced7e1eced"],
  [25, "c7cfeaeb"],
  [26, "c0c1c8c9cacdd2d5dadbeef0f2f3ff"],
  [27, "cbccd3d4d6dddedff1f4f5f6f7f8fafbfcfdfe"],
  [28, "020304050607080b0c0e0f1011121314151718191a1b1c1d1e1f7fdcf9"],
  [30, "0a0d16"],
];

export const EOS_BITS: string = "1".repeat(30);

/** Zeros and ones of each byte. */
export const CODES: ReadonlyMap<number, string> = canonicalCodes();

function canonicalCodes(): ReadonlyMap<number, string> {
  const codes = new Map<number, string>();
  let next = 0;
  let before = 0;
  for (const [length, bytes] of BY_LENGTH) {
    next *= 2 ** (length - before);
    before = length;
    for (const byte of Buffer.from(bytes, "hex")) {
      codes.set(byte, next.toString(2).padStart(length, "0"));
      next += 1;
    }
  }
  return codes;
}

export function bitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => CODES.get(byte) ?? "").join("");
}

/** Filled up with ones to whole bytes. */
export function packed(bits: string): Buffer {
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return Buffer.from(whole.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
