/** Headers that node:http2 throws at, sent all the same. */
import type { ClientHttp2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { withoutRepeats } from "./headers.js";
import type { UpstreamConnection } from "./upstream-pool.js";

/** A request with these headers; of fields that may stand once only the first is sent. */
export function requestWith(connection: UpstreamConnection, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  try {
    return connection.request(headers);
  } catch (error) {
    if (!isSingleValueError(error)) throw error;
    return connection.request(withoutRepeats(headers));
  }
}

/** The same for a response. */
export function respondWith(
  stream: ServerHttp2Stream,
  headers: OutgoingHttpHeaders,
  options: { readonly endStream: true } | { readonly waitForTrailers: true },
): void {
  try {
    stream.respond(headers, options);
  } catch (error) {
    if (!isSingleValueError(error)) throw error;
    stream.respond(withoutRepeats(headers), options);
  }
}

function isSingleValueError(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_HTTP2_HEADER_SINGLE_VALUE";
}
