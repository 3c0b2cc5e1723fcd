/** Which protocol a new connection speaks, told by its first bytes. */

export type Protocol = "http2" | "http1" | "tls";

const HTTP2_START = "PRI";
const TLS_HANDSHAKE = 0x16;

/** Undefined while there are too few bytes to tell. */
export function sniffProtocol(head: Uint8Array): Protocol | undefined {
  if (head[0] === TLS_HANDSHAKE) return "tls";
  for (let index = 0; index < HTTP2_START.length; index += 1) {
    if (index >= head.length) return undefined;
    if (head[index] !== HTTP2_START.charCodeAt(index)) return "http1";
  }
  return "http2";
}
