/** A request over HTTP/2 that is not plain gRPC, from node:http2. */
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { WebEvents, WebExchange, WebRequest } from "./web-exchange.js";

/** Not allowed in HTTP/2. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

export interface Http2Request {
  readonly headers: IncomingHttpHeaders;
  readonly raw: readonly string[];
  readonly peer: Pick<WebRequest, "caller" | "remoteAddress" | "localAddress">;
}

export class Http2Exchange implements WebExchange {
  readonly request: WebRequest;
  readonly #stream: ServerHttp2Stream;
  #hasEnded = false;
  #isBodyRead = false;

  constructor(stream: ServerHttp2Stream, { headers, raw, peer }: Http2Request) {
    this.#stream = stream;
    stream.on("error", () => undefined); // "close" follows
    this.request = {
      ...peer,
      method: headers[":method"] ?? "GET",
      path: headers[":path"]?.split("?", 1)[0] ?? "/",
      header: (name) => {
        const value = headers[name];
        return typeof value === "string" ? value : value?.[0];
      },
      rawHeaders: raw,
    };
  }

  start(events: WebEvents): void {
    this.#stream.on("data", (chunk: Buffer) => events.onData(chunk));
    this.#stream.on("end", () => {
      this.#isBodyRead = true;
      events.onEnd();
    });
    this.#stream.on("drain", () => events.onDrain());
    this.#stream.on("close", () => {
      if (!this.#hasEnded || !this.#stream.writableFinished) events.onAbort();
    });
  }

  respond(status: number, headers: OutgoingHttpHeaders): void {
    if (this.#stream.destroyed || this.#stream.closed || this.#stream.headersSent) return;
    const kept = Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.has(name));
    this.#stream.respond({ ...Object.fromEntries(kept), ":status": status });
  }

  write(chunk: Uint8Array): boolean {
    return this.#stream.destroyed || this.#stream.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    this.#hasEnded = true;
    if (this.#stream.destroyed) return;
    if (chunk === undefined) this.#stream.end();
    else this.#stream.end(chunk);
    // Who was answered before the end of the body need not send the rest.
    if (!this.#isBodyRead) this.#stream.once("finish", () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }
}
