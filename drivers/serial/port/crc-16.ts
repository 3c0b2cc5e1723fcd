/** CRC with 16 bits, most significant bit first, start 0, no inversion. Polynomial 0x1021 is XMODEM's (RoboClaw), 0x8005 that of Dynamixel protocol 2. */
export function crc16(bytes: Uint8Array, polynomial: number): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ polynomial;
    crc &= 0xffff;
  }
  return crc;
}
