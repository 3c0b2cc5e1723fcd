/** The first router backend: HTTP/2 both ways by node:http2, one stream in for one stream out. */
import http2, { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import type { Millis } from "../../base/millis.js";
import { DEFAULT_LIMITS } from "../../http2/connection-types.js";
import { Status } from "../../proto/status-code.js";
import type { Caller } from "../caller.js";
import { GRPC_CONTENT_TYPE, isRepeatedIn } from "../grpc-headers.js";
import type { CallRouter, RouterBackend, UnaryOptions, Upstream } from "../router-backend.js";
import { Http2Exchange } from "../web/http2-exchange.js";
import type { WebHandler } from "../web/web-exchange.js";
import { CallBridge } from "./call-bridge.js";
import type { RawHeaders } from "./headers.js";
import { MAX_SESSION_MEGABYTES } from "./session-settings.js";
import { callUnary } from "./unary-call.js";
import { UpstreamPool } from "./upstream-pool.js";

const MAX_CLIENT_STREAMS = 2000;

export interface PassThroughOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly router: CallRouter;
  /** What `GET /` answers over HTTP/2. */
  readonly greeting: string;
  /** Takes over what is no plain gRPC; absent: only `/` is answered. */
  readonly web?: WebHandler;
}

export class PassThrough implements RouterBackend {
  readonly #options: PassThroughOptions;
  readonly #pool = new UpstreamPool();
  readonly #server: http2.Http2Server;
  readonly #sessions = new Set<Http2Session>();
  readonly #bridges = new Set<CallBridge>();
  #isClosing = false;

  constructor(options: PassThroughOptions) {
    this.#options = options;
    // Never listens: connections are handed in after their first bytes were looked at.
    this.#server = http2.createServer({
      maxSessionMemory: MAX_SESSION_MEGABYTES,
      settings: { initialWindowSize: DEFAULT_LIMITS.streamWindow, maxConcurrentStreams: MAX_CLIENT_STREAMS },
    });
    this.#server.on("sessionError", (error) => options.logger.debug({ error: error.message }, "client connection failed"));
  }

  accept(socket: Socket, caller: Caller): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const remoteAddress = addressOf(socket.remoteAddress, socket.remotePort);
    const localAddress = addressOf(socket.localAddress, socket.localPort);
    this.#server.once("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      session.setLocalWindowSize(DEFAULT_LIMITS.connectionWindow);
      // The fourth argument is not in the types: names and values as they came, repeated ones apart.
      session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: RawHeaders) => {
        this.#onStream(stream, headers, raw, { caller, remoteAddress, localAddress });
      });
    });
    // The session is made, and announced, before emit returns.
    this.#server.emit("connection", socket);
  }

  unary(upstream: Upstream, path: string, message: Uint8Array, options: UnaryOptions): Promise<Buffer> {
    return callUnary(this.#pool, { upstream, path, message, clock: this.#options.clock, ...options });
  }

  drop(key: string, reason: string): void {
    this.#pool.drop(key, reason);
  }

  async close(grace: Millis): Promise<void> {
    this.#isClosing = true;
    for (const bridge of [...this.#bridges]) {
      if (bridge.isBackground) bridge.cancel(Status.UNAVAILABLE, "the machine is shutting down");
    }
    const ended = [...this.#sessions].map((session) => new Promise<void>((resolve) => session.close(resolve)));
    const patience = new AbortController();
    await Promise.race([
      Promise.all(ended),
      this.#options.clock.sleep(grace, patience.signal).catch(() => undefined), // aborted below when all ended in time
    ]);
    patience.abort();
    this.#pool.close("the machine is shutting down");
    for (const session of [...this.#sessions]) session.destroy();
  }

  #onStream(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    raw: RawHeaders,
    peer: { readonly caller: Caller; readonly remoteAddress: string; readonly localAddress: string },
  ): void {
    const path = headers[":path"] ?? "";
    if (!isGrpc(headers)) {
      if (this.#options.web !== undefined) {
        this.#options.web.handle(new Http2Exchange(stream, { headers, raw, peer }));
        return;
      }
      answerPlain(stream, path, this.#options.greeting);
      return;
    }
    const bridge = new CallBridge({
      client: stream,
      path,
      headers,
      raw,
      pool: this.#pool,
      clock: this.#options.clock,
      onEnd: (ended) => this.#bridges.delete(ended),
    });
    this.#bridges.add(bridge);
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === "string" ? value : value?.[0];
    };
    const decision = this.#options.router.begin({ path, header, isRepeated: (name) => isRepeatedIn(raw, name), ...peer }, bridge);
    if (decision.kind === "refusal") bridge.cancel(decision.code, decision.message);
    else bridge.start(decision);
  }
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"] ?? "";
  return headers[":method"] === "POST" && type.startsWith(GRPC_CONTENT_TYPE) && !type.startsWith("application/grpc-web");
}

/** Not gRPC: the readiness probe gets its answer, everything else is told what is spoken here. */
function answerPlain(stream: ServerHttp2Stream, path: string, greeting: string): void {
  stream.on("error", () => undefined); // a client that hangs up on our answer
  const isRoot = path === "/";
  stream.respond({ ":status": isRoot ? 200 : 415, "content-type": "text/plain; charset=utf-8" });
  stream.end(isRoot ? greeting : "expected gRPC: a POST with a content-type of application/grpc\n");
  stream.resume();
  stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
}

function addressOf(host: string | undefined, port: number | undefined): string {
  if (host === undefined || port === undefined) return "unix";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
