/** gRPC-web: the request's body is that of gRPC (or base64 of it), the answer's ends with a frame of trailers. Messages are never looked into. */
import type { OutgoingHttpHeaders } from "node:http";
import { MAX_MESSAGE_BYTES } from "../../proto/grpc-message.js";
import { Status } from "../../proto/status-code.js";
import { corsHeaders } from "./cors.js";
import { type AnswerSink, GatewayCall, type GatewayCallOptions } from "./gateway-call.js";
import { decodeBase64, encodeBase64, type GrpcWebFormat, trailerFrame } from "./grpc-web-format.js";
import type { WebExchange } from "./web-exchange.js";

export type CallParts = Pick<GatewayCallOptions, "router" | "pool" | "clock">;

export function serveGrpcWeb(exchange: WebExchange, format: GrpcWebFormat, parts: CallParts): void {
  const { request } = exchange;
  const call = new GatewayCall({
    ...parts,
    request,
    contentType: format.grpcContentType,
    sink: new GrpcWebSink(exchange, format),
  });
  const pieces: Buffer[] = [];
  // Base64 has four characters for three bytes.
  const limit = (MAX_MESSAGE_BYTES + 5) * (format.isText ? 4 / 3 : 1) + 4;
  let size = 0;
  call.begin();
  exchange.start({
    onData(chunk) {
      if (call.isOver) return;
      pieces.push(chunk);
      size += chunk.length;
      if (size <= limit) return;
      pieces.length = 0;
      call.cancel(Status.RESOURCE_EXHAUSTED, `the body of ${request.path} is longer than the limit of ${MAX_MESSAGE_BYTES} bytes`);
    },
    onEnd() {
      const body = Buffer.concat(pieces.splice(0));
      call.send(format.isText ? decodeBase64(body.toString("latin1")) : body);
    },
    onDrain: () => call.resume(),
    onAbort: () => call.abandon(),
  });
}

class GrpcWebSink implements AnswerSink {
  readonly #exchange: WebExchange;
  readonly #format: GrpcWebFormat;
  #hasHeaders = false;

  constructor(exchange: WebExchange, format: GrpcWebFormat) {
    this.#exchange = exchange;
    this.#format = format;
  }

  headers(headers: OutgoingHttpHeaders): void {
    this.#hasHeaders = true;
    this.#respond(headers);
  }

  data(chunk: Buffer): boolean {
    return this.#exchange.write(this.#encode(chunk));
  }

  end(trailers: OutgoingHttpHeaders): void {
    if (this.#hasHeaders) {
      this.#exchange.end(this.#encode(trailerFrame(trailers)));
      return;
    }
    // Nothing was sent: the status goes into the headers, where every client looks first.
    this.#respond({ ...trailers, "content-length": "0" });
    this.#exchange.end();
  }

  #respond(fields: OutgoingHttpHeaders): void {
    const { ":status": _, ...headers } = fields;
    headers["content-type"] = this.#format.contentType;
    this.#exchange.respond(200, { ...headers, ...corsHeaders(this.#exchange.request, headers) });
  }

  #encode(chunk: Buffer): Buffer {
    return this.#format.isText ? encodeBase64(chunk) : chunk;
  }
}
