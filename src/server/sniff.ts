/** Which protocol a new connection speaks, told by its first bytes. */

export type Protocol = "http2" | "http1" | "tls" | "unknown";

const HTTP2_START = "PRI";
const TLS_HANDSHAKE = 0x16;
/** What a request of HTTP/1.1 may begin with: a method of RFC 9110 section 9, or an empty line that some send before it. */
const HTTP1_STARTS: readonly string[] = [
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].map((method) => `${method} `),
  "\r",
  "\n",
];

/** Undefined while there are too few bytes to tell. */
export function sniffProtocol(head: Uint8Array): Protocol | undefined {
  if (head.length === 0) return undefined;
  if (head[0] === TLS_HANDSHAKE) return "tls";
  const text = Buffer.from(head.subarray(0, 8)).toString("latin1");
  if (text.startsWith(HTTP2_START)) return "http2";
  if (HTTP1_STARTS.some((start) => text.startsWith(start))) return "http1";
  return [HTTP2_START, ...HTTP1_STARTS].some((start) => start.startsWith(text)) ? undefined : "unknown";
}
