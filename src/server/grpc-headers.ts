/** The few headers of gRPC that a proxy has to read and write itself. */
import { type Millis, millis } from "../base/millis.js";

export const GRPC_CONTENT_TYPE = "application/grpc";

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MILLIS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The time a `grpc-timeout` header allows; undefined when there is none. A malformed one counts as none. */
export function parseGrpcTimeout(text: string | undefined): Millis | undefined {
  if (text === undefined) return undefined;
  const match = TIMEOUT.exec(text);
  if (match === null) return undefined;
  return millis(Number(match[1]) * (UNIT_MILLIS[match[2] ?? ""] ?? 0));
}

export function formatGrpcTimeout(timeout: Millis): string {
  const whole = Math.max(1, Math.ceil(timeout));
  // Eight digits at most, as the protocol says.
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(whole / 1000)}S`;
}

/** `grpc-message` is UTF-8 with everything but printable ASCII, and the percent sign itself, percent-encoded. */
export function encodeGrpcMessage(message: string): string {
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
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a peer that did not encode: its words are better than none
  }
}

/** Whether a header came more than once; `raw` is name, value, name, value, …, names in lower case. */
export function isRepeatedIn(raw: readonly string[], name: string): boolean {
  return raw.filter((text, index) => index % 2 === 0 && text === name).length > 1;
}

/** Puts the five bytes before a message. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}
