/** Bytes for people: `FF 01 02`. */
export function toHex(bytes: Uint8Array): string {
  return bytes.length === 0 ? "nothing" : [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}
