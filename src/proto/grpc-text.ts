/** What gRPC writes into headers as text: time allowed, and the message of a status. Loads no gRPC library. */

const UNIT_MILLIS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** "0" */
const ZERO = 0x30;
const MAX_DIGITS = 8;

/** Milliseconds of a `grpc-timeout` header; undefined when there is none. A malformed one counts as none. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  const digits = text === undefined ? 0 : text.length - 1;
  if (text === undefined || digits < 1 || digits > MAX_DIGITS) return undefined;
  let value = 0;
  for (let index = 0; index < digits; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  const unit = UNIT_MILLIS[text.charAt(digits)];
  return unit === undefined ? undefined : value * unit;
}

/** Eight digits at most, as the protocol says. */
export function formatGrpcTimeout(timeout: number): string {
  const whole = Math.max(1, Math.ceil(timeout));
  if (whole < 1e8) return `${whole}m`;
  return `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}

/** Printable ASCII without the percent sign, no blanks at either end. */
const PLAIN = /^(?! )[ -$&-~]*(?<! )$/;

/** `grpc-message` is UTF-8 with everything but printable ASCII, and the percent sign itself, percent-encoded. */
export function encodeGrpcMessage(message: string): string {
  if (PLAIN.test(message)) return message;
  let result = "";
  for (const byte of Buffer.from(message, "utf8")) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    result += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  // Blanks at either end of a field's value are not part of it.
  return result.replace(/^ | $/g, "%20");
}

/** The reverse; what is no valid encoding stays as it came. */
export function decodeGrpcMessage(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a peer that did not encode: its words are better than none
  }
}
