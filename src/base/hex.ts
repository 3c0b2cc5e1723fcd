/** Numbers of addresses and registers as datasheets and i2cdetect print them. */

export function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}
