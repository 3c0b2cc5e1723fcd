/** What node:http2 throws and how streams end, in terms of gRPC. */
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Status } from "../../proto/status-code.js";
import { withoutRepeats } from "./headers.js";
import type { UpstreamConnection } from "./upstream-pool.js";

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM } = constants;

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

/** As the gRPC protocol maps HTTP/2 error codes. */
export function statusOfReset(code: number): Status {
  switch (code) {
    case NGHTTP2_REFUSED_STREAM:
      return Status.UNAVAILABLE;
    case NGHTTP2_CANCEL:
      return Status.CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return Status.RESOURCE_EXHAUSTED;
    default:
      return Status.INTERNAL;
  }
}
