/**
 * One call of a client that speaks something else than gRPC over HTTP/2: routed like every other call, sent upstream as gRPC. The request is
 * sent when it is whole; the answer flows back as it comes, as fast as the client takes it.
 */
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import type { Clock, Timer } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { encodeGrpcMessage } from "../../proto/grpc-text.js";
import { Status } from "../../proto/status-code.js";
import { FirstMessage, type FirstMessageResult, firstMessageProblem } from "../first-message.js";
import { isRepeatedIn } from "../grpc-headers.js";
import { toClientHeaders, toUpstreamHeaders, withoutRepeats } from "../pass-through/headers.js";
import type { UpstreamConnection, UpstreamPool } from "../pass-through/upstream-pool.js";
import { type CallHandle, type CallRouter, operationHeaders, type Refusal, type RoutedCall, type Target } from "../router-backend.js";
import type { WebRequest } from "./web-exchange.js";

/** Where the answer goes. `end` is called exactly once, unless the client left first. */
export interface AnswerSink {
  headers(headers: OutgoingHttpHeaders): void;
  /** False: no more until `resume` of the call. */
  data(chunk: Buffer): boolean;
  /** `grpc-status` and what else came with it. */
  end(trailers: OutgoingHttpHeaders): void;
}

export interface GatewayCallOptions {
  readonly request: WebRequest;
  readonly router: CallRouter;
  readonly pool: UpstreamPool;
  readonly clock: Clock;
  readonly sink: AnswerSink;
  /** Of the call in plain gRPC. */
  readonly contentType: string;
  /** In place of `grpc-timeout`, where the client says it in another way. */
  readonly timeoutHeader?: string;
}

/** Say something about the page and its browser, nothing to the module. */
const BROWSER_HEADER =
  /^(accept|accept-.*|origin|referer|cookie|sec-.*|dnt|priority|pragma|cache-control|x-grpc-web|connect-.*|content-.*)$/;

export class GatewayCall implements CallHandle {
  readonly #options: GatewayCallOptions;
  #call: RoutedCall | undefined;
  #connection: UpstreamConnection | undefined;
  #upstream: ClientHttp2Stream | undefined;
  #trailers: OutgoingHttpHeaders | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(options: GatewayCallOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks the router; a refusal ends the call at once. */
  begin(): void {
    const { request, router, clock, timeoutHeader } = this.#options;
    const { path, caller, remoteAddress, localAddress } = request;
    const header = (name: string): string | undefined =>
      name === "grpc-timeout" && timeoutHeader !== undefined ? timeoutHeader : request.header(name);
    const decision: RoutedCall | Refusal = router.begin(
      { path, caller, remoteAddress, localAddress, header, isRepeated: (name) => isRepeatedIn(request.rawHeaders, name) },
      this,
    );
    if (decision.kind === "refusal") {
      this.cancel(decision.code, decision.message);
      return;
    }
    this.#call = decision;
    if (decision.timeout === undefined) return;
    const limit = decision.timeout;
    const onTimeout = (): void =>
      this.cancel(Status.DEADLINE_EXCEEDED, `${path} did not end within its deadline of ${formatGoDuration(limit)}`);
    this.#timer = clock.after(limit, onTimeout, { unref: true });
  }

  /** The whole request: messages with their five bytes before each. */
  send(body: Buffer): void {
    const call = this.#call;
    if (call === undefined || this.#isOver) return;
    if (call.namePlace === "none") {
      this.#bind("", body);
      return;
    }
    const first = new FirstMessage(call.namePlace === "field-1.1", this.#options.request.header("grpc-encoding"));
    const result = body.length === 0 ? ({ kind: "missing" } as const) : first.add(body);
    if (!(result instanceof Promise)) {
      this.#onFirstMessage(result, body);
      return;
    }
    result.then(
      (found) => this.#onFirstMessage(found, body),
      (error: unknown) => this.cancel(Status.INTERNAL, messageOf(error)),
    );
  }

  /** The client takes more again. */
  resume(): void {
    this.#upstream?.resume();
  }

  cancel(code: Status, message: string): void {
    if (!this.#finish()) return;
    this.#upstream?.close(constants.NGHTTP2_CANCEL);
    this.#options.sink.end({ "grpc-status": String(code), "grpc-message": encodeGrpcMessage(message) });
  }

  /** The client is gone. */
  abandon(): void {
    if (this.#finish()) this.#upstream?.close(constants.NGHTTP2_CANCEL);
  }

  #onFirstMessage(result: FirstMessageResult, body: Buffer): void {
    if (this.#isOver) return;
    const { path } = this.#options.request;
    const problem = firstMessageProblem(result, path);
    if (problem !== undefined) this.cancel(problem.code, problem.message);
    else if (result.kind === "more") this.cancel(Status.INTERNAL, `the body of ${path} ends in the middle of a message`);
    else this.#bind(result.kind === "name" ? result.name : "", body);
  }

  #bind(name: string, body: Buffer): void {
    const bound = this.#call?.bind(name);
    if (bound === undefined || this.#isOver) return;
    if (bound.kind === "refusal") {
      this.cancel(bound.code, bound.message);
      return;
    }
    const unreachable = (error: unknown): void =>
      this.cancel(Status.UNAVAILABLE, `${bound.upstream.what} cannot be reached: ${messageOf(error)}`);
    try {
      const connection = this.#options.pool.connection(bound.upstream);
      if (connection instanceof Promise) connection.then((opened) => this.#open(opened, bound, body), unreachable);
      else this.#open(connection, bound, body);
    } catch (error) {
      unreachable(error);
    }
  }

  #open(connection: UpstreamConnection, target: Target, body: Buffer): void {
    if (this.#isOver) return;
    const { request, contentType, timeoutHeader } = this.#options;
    const passed: string[] = [];
    for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index] ?? "";
      if (!BROWSER_HEADER.test(name)) passed.push(name, request.rawHeaders[index + 1] ?? "");
    }
    const timeout = timeoutHeader === undefined ? {} : { "grpc-timeout": timeoutHeader };
    const headers = toUpstreamHeaders(request.path, passed, {
      "content-type": contentType,
      ...timeout,
      ...target.headers,
      ...operationHeaders(this.#call),
    });
    let upstream: ClientHttp2Stream;
    try {
      upstream = connection.request(withoutRepeats(headers));
    } catch (error) {
      this.cancel(Status.UNAVAILABLE, `${connection.what} cannot be called: ${messageOf(error)}`);
      return;
    }
    this.#connection = connection;
    this.#upstream = upstream;
    this.#listen(upstream);
    upstream.end(body);
  }

  #listen(upstream: ClientHttp2Stream): void {
    const { sink } = this.#options;
    upstream.on("error", () => undefined); // "close" follows and is acted on
    upstream.on("response", (_headers: unknown, flags: number, raw: readonly string[]) => {
      if (this.#isOver) return;
      const headers = toClientHeaders(raw, operationHeaders(this.#call));
      const isTrailersOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (!isTrailersOnly) sink.headers(headers);
      else if (this.#finish()) sink.end(headers);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !sink.data(chunk)) upstream.pause();
    });
    upstream.on("trailers", (_headers: unknown, _flags: number, raw: readonly string[]) => {
      this.#trailers = toClientHeaders(raw);
    });
    upstream.on("end", () => {
      if (this.#trailers !== undefined && this.#finish()) sink.end(this.#trailers);
    });
    // A process that ends may reset its streams just before its connection closes: a moment later we know which it was.
    upstream.on("close", () => setImmediate(() => this.#onUpstreamClose(upstream.rstCode)));
  }

  #onUpstreamClose(code: number): void {
    if (this.#isOver) return;
    const { path } = this.#options.request;
    const what = this.#connection?.what ?? "the module";
    if (this.#connection?.isGone === true) {
      const reason = this.#connection.reason;
      this.cancel(Status.UNAVAILABLE, `${what} went away during ${path}${reason === undefined ? "" : `: ${reason}`}`);
      return;
    }
    this.cancel(Status.UNAVAILABLE, `${what} broke off ${path} with HTTP/2 code ${code}`);
  }

  /** True for the first caller only: what ends a call does so once. */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#call?.end();
    return true;
  }
}
