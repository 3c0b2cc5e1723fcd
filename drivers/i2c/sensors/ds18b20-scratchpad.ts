/** The nine bytes of a DS18B20's scratchpad (datasheet, figures 7 to 10). */

const LENGTH = 9;

/** CRC-8 of Maxim's 1-Wire devices: polynomial 0x31 reflected, start 0. */
function crc8(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}

/** Degrees Celsius of the two temperature bytes, a signed number in sixteenths. */
export function celsiusOf(low: number, high: number): number {
  return (((high << 8) | low) << 16) / 65536 / 16;
}

/** The temperature of a whole scratchpad. Throws for one that is damaged, or that no conversion has filled. */
export function parseScratchpad(bytes: Uint8Array): number {
  if (bytes.length !== LENGTH) throw new Error(`expected ${LENGTH} bytes, got ${bytes.length}`);
  const [low = 0, high = 0, , , config = 0, , count = 0, , sum = 0] = bytes;
  const expected = crc8(bytes.subarray(0, LENGTH - 1));
  if (sum !== expected)
    throw new Error(`the checksum is 0x${sum.toString(16)}, the bytes ask for 0x${expected.toString(16)}: ${toText(bytes)}`);
  // A shorted line reads as zeros, whose checksum is right.
  if ((config & 0x9f) !== 0x1f) throw new Error(`this is no scratchpad of a DS18B20: ${toText(bytes)}; is the line shorted?`);
  // 85 degrees is also what stands there after power-up; byte 6 tells them apart.
  if (low === 0x50 && high === 0x05 && count === 0x0c) {
    throw new Error("it holds its value from power-up (85 degrees): no conversion took place; check its supply");
  }
  // With less than 12 bits the lowest ones are undefined.
  const undefinedBits = 3 - ((config >> 5) & 3);
  return celsiusOf(low & (0xff << undefinedBits), high);
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}
