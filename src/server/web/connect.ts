/** The Connect protocol: calls as plain POSTs, with messages as JSON or protobuf; unary calls and server streams. */
import type { OutgoingHttpHeaders } from "node:http";
import { messageOf } from "../../base/errors.js";
import { frameMessage, MAX_MESSAGE_BYTES } from "../../proto/grpc-message.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { type ConnectFormat, errorOf, metadataOf, timeoutOf } from "./connect-format.js";
import { corsHeaders } from "./cors.js";
import { type AnswerSink, GatewayCall } from "./gateway-call.js";
import type { CallParts } from "./grpc-web.js";
import { type Describe, JsonCodec } from "./json-codec.js";
import { MessageSplitter } from "./message-splitter.js";
import type { WebExchange } from "./web-exchange.js";

const END_FLAG = 2;
const JSON_TYPE = "application/json";

export interface ConnectParts extends CallParts {
  readonly describe: Describe;
}

/** A request's and its answers' messages, as the client writes and reads them. */
interface Codec {
  toRequest(bytes: Buffer): Uint8Array;
  toAnswer(message: Buffer): Uint8Array;
}

const PLAIN: Codec = { toRequest: (bytes) => bytes, toAnswer: (message) => message };

export function serveConnect(exchange: WebExchange, format: ConnectFormat, { describe, ...parts }: ConnectParts): void {
  const { request } = exchange;
  const timeoutHeader = timeoutOf(request.header("connect-timeout-ms"));
  const sink = format.isStream ? new StreamSink(exchange, format) : new UnarySink(exchange, format);
  const call = new GatewayCall({
    ...parts,
    request,
    contentType: "application/grpc+proto",
    sink,
    ...(timeoutHeader === undefined ? {} : { timeoutHeader }),
  });
  sink.onFailure = (code, message) => call.cancel(code, message);
  const pieces: Buffer[] = [];
  let size = 0;
  call.begin();
  const send = async (body: Buffer): Promise<void> => {
    try {
      const encoding = request.header(format.isStream ? "connect-content-encoding" : "content-encoding") ?? "identity";
      if (encoding !== "identity") throw new RpcError(Status.UNIMPLEMENTED, `expected no compression of the request, got "${encoding}"`);
      sink.codec = format.isJson ? await codecOf(request.path, format, describe) : PLAIN;
      call.send(toGrpcBody(body, format, sink.codec));
    } catch (error) {
      if (error instanceof RpcError)
        call.cancel(error.code as Status, error.message); // thrown here and in the codec, with codes of gRPC
      else call.cancel(Status.INTERNAL, messageOf(error));
    }
  };
  exchange.start({
    onData(chunk) {
      if (call.isOver) return;
      pieces.push(chunk);
      size += chunk.length;
      if (size <= MAX_MESSAGE_BYTES + 5) return;
      pieces.length = 0;
      call.cancel(Status.RESOURCE_EXHAUSTED, `the body of ${request.path} is longer than the limit of ${MAX_MESSAGE_BYTES} bytes`);
    },
    onEnd: () => void (call.isOver || send(Buffer.concat(pieces.splice(0)))),
    onDrain: () => call.resume(),
    onAbort: () => call.abandon(),
  });
}

async function codecOf(path: string, { isStream }: ConnectFormat, describe: Describe): Promise<Codec> {
  const codec = await JsonCodec.of(path, describe);
  if (codec.isUnary === isStream) {
    const wanted = isStream ? JSON_TYPE : "application/connect+json";
    throw new RpcError(Status.UNIMPLEMENTED, `${path} is ${isStream ? "no" : "a"} stream: use the content type ${wanted}`);
  }
  return { toRequest: (json) => codec.toRequest(json), toAnswer: (message) => codec.toJson(message) };
}

function toGrpcBody(body: Buffer, { isStream }: ConnectFormat, codec: Codec): Buffer {
  if (!isStream) return frameMessage(codec.toRequest(body));
  const splitter = new MessageSplitter();
  const messages = splitter.add(body);
  if (!splitter.isAtBoundary) throw new RpcError(Status.INVALID_ARGUMENT, "the body ends in the middle of a message");
  return Buffer.concat(
    messages.map(({ flags, message }) => {
      if (flags !== 0) throw new RpcError(Status.UNIMPLEMENTED, `expected messages with no flags set, got ${flags}`);
      return frameMessage(codec.toRequest(message));
    }),
  );
}

/** What both kinds of answers have in common. */
interface ConnectSink extends AnswerSink {
  codec: Codec;
  onFailure: (code: Status, message: string) => void;
}

/** The one message is the body; what goes wrong is an HTTP status with a JSON body. */
class UnarySink implements ConnectSink {
  codec: Codec = PLAIN;
  onFailure: (code: Status, message: string) => void = () => undefined;
  readonly #exchange: WebExchange;
  readonly #format: ConnectFormat;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #headers: OutgoingHttpHeaders = {};

  constructor(exchange: WebExchange, format: ConnectFormat) {
    this.#exchange = exchange;
    this.#format = format;
  }

  headers(headers: OutgoingHttpHeaders): void {
    this.#headers = metadataOf(headers);
  }

  data(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > MAX_MESSAGE_BYTES + 5)
      this.onFailure(Status.RESOURCE_EXHAUSTED, `the answer is longer than the limit of ${MAX_MESSAGE_BYTES} bytes`);
    return true;
  }

  end(trailers: OutgoingHttpHeaders): void {
    const error = errorOf(trailers) ?? this.#answer(trailers);
    if (error === undefined) return;
    this.#respond(error.http, JSON_TYPE, Buffer.from(JSON.stringify(error.body)), trailers);
  }

  #answer(trailers: OutgoingHttpHeaders): ReturnType<typeof errorOf> {
    try {
      const [first, ...more] = new MessageSplitter().add(Buffer.concat(this.#chunks.splice(0)));
      if (first === undefined || first.flags !== 0 || more.length > 0) throw new Error("expected one message that is not compressed");
      this.#respond(200, this.#format.contentType, this.codec.toAnswer(first.message), trailers);
      return undefined;
    } catch (error) {
      return errorOf({ "grpc-status": String(Status.INTERNAL), "grpc-message": `the answer cannot be passed on: ${messageOf(error)}` });
    }
  }

  #respond(status: number, type: string, body: Uint8Array, trailers: OutgoingHttpHeaders): void {
    const metadata = { ...this.#headers, ...metadataOf(trailers, "trailer-") };
    const headers = { ...metadata, "content-type": type, "content-length": String(body.length) };
    this.#exchange.respond(status, { ...headers, ...corsHeaders(this.#exchange.request, headers) });
    this.#exchange.end(body);
  }
}

/** Messages with five bytes before each; how it ended is the last of them, always JSON. */
class StreamSink implements ConnectSink {
  codec: Codec = PLAIN;
  onFailure: (code: Status, message: string) => void = () => undefined;
  readonly #exchange: WebExchange;
  readonly #format: ConnectFormat;
  readonly #splitter = new MessageSplitter();
  #hasHeaders = false;

  constructor(exchange: WebExchange, format: ConnectFormat) {
    this.#exchange = exchange;
    this.#format = format;
  }

  headers(fields: OutgoingHttpHeaders): void {
    this.#hasHeaders = true;
    const headers = { ...metadataOf(fields), "content-type": this.#format.contentType };
    this.#exchange.respond(200, { ...headers, ...corsHeaders(this.#exchange.request, headers) });
  }

  data(chunk: Buffer): boolean {
    try {
      const frames = this.#splitter.add(chunk).map(({ message }) => frameMessage(this.codec.toAnswer(message)));
      return frames.length === 0 || this.#exchange.write(Buffer.concat(frames));
    } catch (error) {
      this.onFailure(Status.INTERNAL, `an answer cannot be passed on: ${messageOf(error)}`);
      return true;
    }
  }

  end(trailers: OutgoingHttpHeaders): void {
    if (!this.#hasHeaders) this.headers({});
    const error = errorOf(trailers);
    const metadata = Object.entries(metadataOf(trailers)).map(([name, value]) => [name, Array.isArray(value) ? value : [String(value)]]);
    const last = { ...(error === undefined ? {} : { error: error.body }), metadata: Object.fromEntries(metadata) };
    this.#exchange.end(frameMessage(Buffer.from(JSON.stringify(last)), END_FLAG));
  }
}
