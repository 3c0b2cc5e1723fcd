/**
 * One call on its way through: a stream of the client's connection and one of the upstream's. Bodies pass untouched, each side
 * is read only as fast as the other takes it, and whichever way the call ends, both sides and the router hear of it once.
 */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Clock, Timer } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { seconds } from "../../base/millis.js";
import { encodeGrpcMessage } from "../../proto/grpc-text.js";
import { Status, statusOfReset } from "../../proto/status-code.js";
import { FirstMessage, type FirstMessageResult, firstMessageProblem } from "../first-message.js";
import { GRPC_CONTENT_TYPE } from "../grpc-headers.js";
import { type CallHandle, operationHeaders, type RoutedCall, type Target } from "../router-backend.js";
import { type RawHeaders, toClientHeaders, toUpstreamHeaders } from "./headers.js";
import { requestWith, respondWith } from "./stream-errors.js";
import type { UpstreamConnection, UpstreamPool } from "./upstream-pool.js";

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR } = constants;

/** How long a client may go on sending after it was answered. */
const EARLY_ANSWER_PATIENCE = seconds(5);

export interface BridgeOptions {
  readonly client: ServerHttp2Stream;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: RawHeaders;
  readonly pool: UpstreamPool;
  readonly clock: Clock;
  readonly onEnd: (bridge: CallBridge) => void;
}

export class CallBridge implements CallHandle {
  readonly #options: BridgeOptions;
  readonly #client: ServerHttp2Stream;
  #call: RoutedCall | undefined;
  #first: FirstMessage | undefined;
  #name: string | undefined;
  #isBound = false;
  #hasClientEnded = false;
  #connection: UpstreamConnection | undefined;
  #upstream: ClientHttp2Stream | undefined;
  #timer: Timer | undefined;
  #trailers: OutgoingHttpHeaders | undefined;
  #isOver = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#client.on("error", () => undefined); // "close" follows and is acted on
    this.#client.on("aborted", () => this.#abandon());
    this.#client.on("close", () => this.#abandon());
    this.#client.on("wantTrailers", () => this.#client.sendTrailers(this.#trailers ?? {}));
  }

  /** Whether nobody misses the call when the machine shuts down. */
  get isBackground(): boolean {
    return this.#call?.isBackground === true;
  }

  /** Goes to work on what the router decided. */
  start(call: RoutedCall): void {
    this.#call = call;
    if (this.#isOver) {
      call.end();
      return;
    }
    if (call.timeout !== undefined) {
      const limit = call.timeout;
      const onTimeout = (): void =>
        this.cancel(Status.DEADLINE_EXCEEDED, `${this.#options.path} did not end within its deadline of ${formatGoDuration(limit)}`);
      this.#timer = this.#options.clock.after(limit, onTimeout, { unref: true });
    }
    this.#client.on("drain", () => this.#upstream?.resume());
    if (call.namePlace === "none") {
      this.#bind("");
      return;
    }
    this.#first = new FirstMessage(call.namePlace === "field-1.1", firstOf(this.#options.headers["grpc-encoding"]));
    this.#client.on("data", (chunk: Buffer) => this.#onClientData(chunk));
    this.#client.on("end", () => this.#onClientEnd());
  }

  /** Ends the call with a status of ours. */
  cancel(code: Status, message: string): void {
    if (!this.#finish()) return;
    this.#upstream?.close(NGHTTP2_CANCEL);
    if (this.#client.destroyed || this.#client.closed) return;
    const status = { "grpc-status": String(code), "grpc-message": encodeGrpcMessage(message) };
    if (this.#client.headersSent) {
      this.#trailers = status;
      this.#client.end();
    } else {
      const headers = { ":status": 200, "content-type": GRPC_CONTENT_TYPE, ...operationHeaders(this.#call), ...status };
      this.#client.respond(headers, { endStream: true });
    }
    this.#hangUp();
  }

  #onClientData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#upstream !== undefined) {
      if (!this.#upstream.write(chunk)) this.#client.pause();
      return;
    }
    const result = this.#first?.add(chunk);
    if (this.#name !== undefined) {
      // More than the one message that was expected: it need not be waited for any longer.
      this.#bindOnce();
      return;
    }
    if (result === undefined) return;
    if (!(result instanceof Promise)) {
      this.#onFirstMessage(result);
      return;
    }
    this.#client.pause();
    result.then(
      (found) => {
        this.#client.resume();
        this.#onFirstMessage(found);
      },
      (error: unknown) => this.cancel(Status.INTERNAL, messageOf(error)),
    );
  }

  #onClientEnd(): void {
    this.#hasClientEnded = true;
    if (this.#isOver) return;
    if (this.#upstream !== undefined) this.#upstream.end();
    else if (this.#name !== undefined) this.#bindOnce();
    else if (this.#first?.isWhole !== true) this.#onFirstMessage({ kind: "missing" });
  }

  #onFirstMessage(result: FirstMessageResult): void {
    if (this.#isOver || result.kind === "more") return;
    const problem = firstMessageProblem(result, this.#options.path);
    if (problem !== undefined) this.cancel(problem.code, problem.message);
    // An empty name is what a message without the field means; the router knows what to say to it.
    else this.#onName(result.kind === "name" ? result.name : "");
  }

  #onName(name: string): void {
    this.#name = name;
    const canWait = this.#call?.isOneRequest === true && this.#first?.isWhole === true && !this.#hasClientEnded;
    // The end of a single request is about to come; sent together with its last bytes it saves a frame and a system call.
    if (!canWait) this.#bindOnce();
  }

  #bindOnce(): void {
    if (!this.#isBound) this.#bind(this.#name ?? "");
  }

  #bind(name: string): void {
    this.#isBound = true;
    const bound = this.#call?.bind(name);
    if (bound === undefined || this.#isOver) return;
    if (bound.kind === "refusal") {
      this.cancel(bound.code, bound.message);
      return;
    }
    let connection: UpstreamConnection | Promise<UpstreamConnection>;
    try {
      connection = this.#options.pool.connection(bound.upstream);
    } catch (error) {
      this.cancel(Status.UNAVAILABLE, `${bound.upstream.what} cannot be reached: ${messageOf(error)}`);
      return;
    }
    if (!(connection instanceof Promise)) {
      this.#open(connection, bound);
      return;
    }
    this.#client.pause();
    connection.then(
      (opened) => this.#open(opened, bound),
      (error: unknown) => this.cancel(Status.UNAVAILABLE, `${bound.upstream.what} cannot be reached: ${messageOf(error)}`),
    );
  }

  #open(connection: UpstreamConnection, target: Target): void {
    if (this.#isOver) return;
    this.#connection = connection;
    const headers = toUpstreamHeaders(this.#options.path, this.#options.raw, { ...target.headers, ...operationHeaders(this.#call) });
    let upstream: ClientHttp2Stream;
    try {
      upstream = requestWith(connection, headers);
    } catch (error) {
      this.cancel(Status.UNAVAILABLE, `${connection.what} cannot be called: ${messageOf(error)}`);
      return;
    }
    this.#upstream = upstream;
    this.#listen(upstream);
    if (this.#first === undefined) {
      this.#client.on("data", (chunk: Buffer) => this.#onClientData(chunk));
      this.#client.on("end", () => this.#onClientEnd());
    }
    this.#sendHeld(upstream);
    this.#client.resume();
  }

  #sendHeld(upstream: ClientHttp2Stream): void {
    const chunks = this.#first?.chunks ?? [];
    this.#first = undefined;
    const last = chunks.at(-1);
    for (const chunk of chunks) {
      if (chunk !== last || !this.#hasClientEnded) upstream.write(chunk);
    }
    if (!this.#hasClientEnded) return;
    if (last === undefined) upstream.end();
    else upstream.end(last);
  }

  #listen(upstream: ClientHttp2Stream): void {
    upstream.on("error", () => undefined); // "close" follows and is acted on
    upstream.on("response", (_headers: unknown, flags: number, raw: RawHeaders) => this.#onResponse(flags, raw));
    upstream.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !this.#client.write(chunk)) upstream.pause();
    });
    upstream.on("drain", () => this.#client.resume());
    upstream.on("trailers", (_headers: unknown, _flags: number, raw: RawHeaders) => {
      this.#trailers = toClientHeaders(raw);
    });
    upstream.on("end", () => {
      if (this.#trailers !== undefined) this.#complete();
    });
    // A process that ends may reset its streams just before its connection closes: a moment later we know which it was.
    upstream.on("close", () => setImmediate(() => this.#onUpstreamClose(upstream.rstCode)));
  }

  #onResponse(flags: number, raw: RawHeaders): void {
    if (this.#isOver || this.#client.destroyed || this.#client.headersSent) return;
    const isTrailersOnly = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    const headers = toClientHeaders(raw, operationHeaders(this.#call));
    respondWith(this.#client, headers, isTrailersOnly ? { endStream: true } : { waitForTrailers: true });
    if (isTrailersOnly && this.#finish()) this.#hangUp();
  }

  #complete(): void {
    if (!this.#finish()) return;
    this.#client.end();
    this.#hangUp();
  }

  #onUpstreamClose(rstCode: number): void {
    if (this.#isOver) return;
    if (this.#trailers !== undefined) {
      this.#complete();
      return;
    }
    const { path } = this.#options;
    const what = this.#connection?.what ?? "the module";
    if (this.#connection?.isGone === true) {
      const reason = this.#connection.reason;
      this.cancel(Status.UNAVAILABLE, `${what} went away during ${path}${reason === undefined ? "" : `: ${reason}`}`);
      return;
    }
    this.cancel(statusOfReset(rstCode), `${what} broke off ${path} with HTTP/2 code ${rstCode}`);
  }

  /** The client is gone or reset the call. */
  #abandon(): void {
    if (!this.#finish()) return;
    this.#upstream?.close(NGHTTP2_CANCEL);
  }

  /** True for the first caller only: what ends a call does so once. */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#call?.end();
    this.#first = undefined;
    this.#options.onEnd(this);
    return true;
  }

  /** After the answer: reads off what the client still sends, ends an upstream that still waits for more. */
  #hangUp(): void {
    const client = this.#client;
    client.resume();
    if (!this.#hasClientEnded) {
      // Clients stop by themselves when they have the status. A reset right behind it could overtake it, so only who
      // goes on sending is stopped by one.
      const timer = this.#options.clock.after(EARLY_ANSWER_PATIENCE, () => client.close(NGHTTP2_NO_ERROR), { unref: true });
      client.once("close", () => timer.cancel());
    }
    const upstream = this.#upstream;
    if (upstream !== undefined && !upstream.writableEnded && !upstream.destroyed) upstream.close(NGHTTP2_NO_ERROR);
  }
}

function firstOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
