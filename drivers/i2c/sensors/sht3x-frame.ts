/** What an SHT3x answers: words with a checksum each (datasheet 4.12 and 4.13). */
import { hex } from "../chip.js";

/** CRC-8 of the datasheet's table 20: polynomial 0x31, start 0xFF. 0xBE 0xEF gives 0x92. */
export function crc8(bytes: Iterable<number>): number {
  let crc = 0xff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x31 : 0)) & 0xff;
  }
  return crc;
}

/** The 16-bit words of an answer. Throws when a checksum is wrong. */
export function parseWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let start = 0; start + 3 <= bytes.length; start += 3) {
    const [high = 0, low = 0, sum = 0] = bytes.subarray(start, start + 3);
    const expected = crc8([high, low]);
    if (sum !== expected) {
      throw new Error(
        `the checksum of word ${words.length + 1} is ${hex(sum)}, its bytes ${hex(high)} ${hex(low)} ask for ${hex(expected)}`,
      );
    }
    words.push((high << 8) | low);
  }
  return words;
}

export function celsiusOf(word: number): number {
  return -45 + (175 * word) / 65535;
}

/** Per cent. */
export function humidityOf(word: number): number {
  return (100 * word) / 65535;
}
