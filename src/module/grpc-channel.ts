/**
 * Unary gRPC calls to one module over HTTP/2. Only what the supervisor itself asks of modules goes this way, so this small client does:
 * it connects when a call needs it, and again when the connection was lost, without a back-off of its own.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import type { Millis } from "../base/millis.js";
import { Semaphore } from "../base/semaphore.js";
import { RpcError, Status } from "../proto/status-code.js";

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const PREFIX_BYTES = 5;
// Python modules end the whole connection at their 101st open stream.
const MAX_OPEN_CALLS = 64;

const NO_BYTES = new Uint8Array();

const SESSION_OPTIONS = {
  settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
  // In MB; a request of the largest size has to fit.
  maxSessionMemory: 80,
} as const;

/** The status that the module itself answered with, whatever code it took: it was reached. */
export class AnsweredError extends RpcError {}

export class GrpcChannel {
  readonly address: string;
  readonly #clock: Clock;
  readonly #permits = new Semaphore(MAX_OPEN_CALLS);
  /** When the calls in flight were sent, in that order. */
  readonly #sent = new Set<{ readonly at: Millis }>();
  #session: ClientHttp2Session | undefined;
  #closedBecause: string | undefined;

  constructor(address: string, clock: Clock) {
    this.address = address;
    this.#clock = clock;
  }

  /** The bytes of the answer. Rejects with an AnsweredError of the module, or an RpcError of our own: UNAVAILABLE or DEADLINE_EXCEEDED. */
  unary(path: string, request: Uint8Array, limit: Millis): Promise<Uint8Array> {
    const startedAt = this.#clock.now();
    return this.#permits.run(async () => {
      const at = this.#clock.now();
      const sent = { at };
      this.#sent.add(sent);
      try {
        return await this.#call(path, request, Math.max(1, limit - (at - startedAt)) as Millis); // still milliseconds
      } finally {
        this.#sent.delete(sent);
      }
    });
  }

  /** The same beside all others: it waits for none and counts as none. */
  probe(path: string, limit: Millis): Promise<Uint8Array> {
    return this.#call(path, NO_BYTES, limit);
  }

  /** Whether a call is in flight that was sent before this instant. */
  isBusySince(at: Millis): boolean {
    for (const sent of this.#sent) return sent.at <= at;
    return false;
  }

  /** Ends all calls with UNAVAILABLE and this text. Closing twice is harmless. */
  close(reason: string): void {
    this.#closedBecause ??= reason;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #call(path: string, request: Uint8Array, limit: Millis): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let session: ClientHttp2Session;
      let stream: ClientHttp2Stream;
      try {
        session = this.#open();
        stream = session.request(requestHeaders(path, limit));
      } catch (error) {
        reject(new RpcError(Status.UNAVAILABLE, this.#closedBecause ?? messageOf(error), { cause: error }));
        return;
      }
      const timer = this.#clock.after(limit, () => {
        reject(new RpcError(Status.DEADLINE_EXCEEDED, `no answer within ${formatGoDuration(limit)}`));
        stream.close(constants.NGHTTP2_CANCEL);
      });
      collect(session, stream).then(
        (answer) => {
          timer.cancel();
          resolve(answer);
        },
        (error: unknown) => {
          timer.cancel();
          reject(this.#closedBecause === undefined ? error : new RpcError(Status.UNAVAILABLE, this.#closedBecause, { cause: error }));
        },
      );
      stream.end(framed(request));
    });
  }

  #open(): ClientHttp2Session {
    if (this.#closedBecause !== undefined) throw new RpcError(Status.UNAVAILABLE, this.#closedBecause);
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect("http://localhost", { ...SESSION_OPTIONS, createConnection: () => openSocket(this.address) });
    session.on("error", () => session.destroy()); // its calls report what happened
    session.on("goaway", () => session.close());
    this.#session = session;
    return session;
  }
}

/** A socket to a module's address: host:port, or a path. */
export function openSocket(address: string): Socket {
  const port = /:(\d+)$/.exec(address)?.[1];
  if (port === undefined) return connectSocket(address);
  return connectSocket({ host: address.slice(0, -port.length - 1), port: Number(port), noDelay: true });
}

function requestHeaders(path: string, limit: Millis): Record<string, string> {
  return {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "localhost",
    ":path": path,
    te: "trailers",
    "content-type": "application/grpc",
    "user-agent": "pinion",
    "grpc-timeout": timeoutHeader(limit),
  };
}

/** At most eight digits and a unit. */
function timeoutHeader(limit: Millis): string {
  const whole = Math.max(1, Math.ceil(limit));
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(whole / 1000)}S`;
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** The only message of the answer, or what the status says. */
function collect(session: ClientHttp2Session, stream: ClientHttp2Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders | undefined;
    stream.on("response", (received) => {
      headers = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_MESSAGE_BYTES + PREFIX_BYTES) chunks.push(chunk);
    });
    // A lost connection gives its streams a reset code too, but nobody reset them.
    const resetCode = (): number | undefined => (session.destroyed ? undefined : stream.rstCode);
    stream.on("error", (error) => reject(connectionError(error, resetCode())));
    stream.on("close", () => {
      try {
        resolve(answerOf({ headers, trailers, body: Buffer.concat(chunks), length, resetCode: resetCode() }));
      } catch (error) {
        reject(error);
      }
    });
  });
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
  readonly length: number;
  readonly resetCode: number | undefined;
}

function answerOf({ headers, trailers, body, length, resetCode }: Answer): Uint8Array {
  const status = trailers?.["grpc-status"] ?? headers["grpc-status"];
  if (status === undefined) throw withoutStatus(headers[":status"], resetCode);
  const code = Number(status);
  if (code !== Status.OK) throw new AnsweredError(code, decodeMessage(trailers?.["grpc-message"] ?? headers["grpc-message"]));
  if (length > MAX_MESSAGE_BYTES + PREFIX_BYTES)
    throw new RpcError(Status.RESOURCE_EXHAUSTED, `the answer has ${length} bytes, more than 32 MiB`);
  if (body.length < PREFIX_BYTES) throw new RpcError(Status.INTERNAL, "the answer has no message");
  if (body[0] !== 0) throw new RpcError(Status.INTERNAL, "the answer is compressed, which was not asked for");
  return body.subarray(PREFIX_BYTES, PREFIX_BYTES + body.readUInt32BE(1));
}

function withoutStatus(httpStatus: unknown, resetCode: number | undefined): RpcError {
  if (httpStatus !== undefined && Number(httpStatus) !== 200) {
    return new RpcError(Status.UNAVAILABLE, `expected a gRPC server, got HTTP status ${String(httpStatus)}`);
  }
  return connectionError(new Error("the connection ended before the answer"), resetCode);
}

function connectionError(error: Error, resetCode: number | undefined): RpcError {
  switch (resetCode) {
    case constants.NGHTTP2_CANCEL:
      return new RpcError(Status.CANCELLED, error.message, { cause: error });
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return new RpcError(Status.RESOURCE_EXHAUSTED, error.message, { cause: error });
    default:
      return new RpcError(Status.UNAVAILABLE, error.message, { cause: error });
  }
}

/** Percent-encoded UTF-8; what is not properly encoded stays as it came. */
function decodeMessage(header: string | string[] | undefined): string {
  const text = typeof header === "string" ? header : (header?.[0] ?? "");
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // documented: a broken encoding is shown, not refused
  }
}
