/** A request over HTTP/2 that is not plain gRPC, on frames: for the gateway. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Clock, Timer } from "../../base/clock.js";
import { type Millis, seconds } from "../../base/millis.js";
import type { Connection } from "../../http2/connection.js";
import { ErrorCode } from "../../http2/error-codes.js";
import { headerField } from "../../http2/header-field.js";
import { type HeaderList, singleList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import type { WebEvents, WebExchange, WebRequest } from "../web/web-exchange.js";
import type { ClientStreamOwner } from "./client-stream-owner.js";

/** Not allowed in HTTP/2. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
const EMPTY = Buffer.alloc(0);
/** How long a client may go on sending after it was answered. */
export const EARLY_ANSWER_PATIENCE: Millis = seconds(5);

export class FrameExchange implements WebExchange, ClientStreamOwner {
  readonly request: WebRequest;
  readonly #connection: Connection<ClientStreamOwner>;
  readonly #stream: Stream<ClientStreamOwner>;
  #events: WebEvents | undefined;
  /** What came before anybody wanted it; the stream's window bounds it. */
  #early: Buffer[] = [];
  readonly #clock: Clock;
  #patience: Timer | undefined;
  #isBodyRead: boolean;
  #hasResponded = false;
  #hasEnded = false;

  constructor(options: {
    readonly connection: Connection<ClientStreamOwner>;
    readonly stream: Stream<ClientStreamOwner>;
    readonly list: HeaderList;
    readonly isEnd: boolean;
    readonly clock: Clock;
    readonly peer: Pick<WebRequest, "caller" | "remoteAddress" | "localAddress">;
  }) {
    const { list, peer } = options;
    this.#connection = options.connection;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#isBodyRead = options.isEnd;
    this.request = {
      ...peer,
      method: list.value(":method") ?? "GET",
      path: list.value(":path")?.split("?", 1)[0] ?? "/",
      header: (name) => list.value(name),
      rawHeaders: list.fields.flatMap(({ name, value }) => [name, value]),
    };
  }

  start(events: WebEvents): void {
    this.#events = events;
    for (const chunk of this.#early.splice(0)) this.#deliver(chunk);
    if (this.#stream.isClosed && !this.#hasEnded) events.onAbort();
    else if (this.#isBodyRead) events.onEnd();
  }

  respond(status: number, headers: OutgoingHttpHeaders): void {
    if (this.#hasResponded) return;
    this.#hasResponded = true;
    const fields = [headerField(":status", String(status))];
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined || CONNECTION_HEADERS.has(name)) continue;
      for (const one of Array.isArray(value) ? value : [value]) fields.push(headerField(name, String(one)));
    }
    inOneWrite(() => this.#connection.sendHeaders(this.#stream, singleList(fields), false));
  }

  write(chunk: Uint8Array): boolean {
    this.#send(chunk, false);
    return this.#stream.queuedBytes === 0;
  }

  end(chunk: Uint8Array = EMPTY): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#send(chunk, true);
    if (this.#isBodyRead || this.#stream.isClosed) return;
    // Who was answered before the end of the body need not send the rest, but may have most of it on its way.
    this.#patience = this.#clock.after(EARLY_ANSWER_PATIENCE, () => inOneWrite(() => this.#stop()), { unref: true });
  }

  // ---- the client's side ----

  onClientData(data: Buffer, isEnd: boolean): void {
    if (isEnd) {
      this.#isBodyRead = true;
      this.#patience?.cancel();
    }
    if (this.#events === undefined) {
      if (data.length > 0) this.#early.push(Buffer.from(data));
      return;
    }
    if (data.length > 0) this.#deliver(Buffer.from(data));
    if (isEnd) this.#events.onEnd();
  }

  onClientTrailers(): void {
    this.onClientData(EMPTY, true);
  }

  onClientSent(): void {
    if (this.#stream.queuedBytes === 0 && !this.#hasEnded) this.#events?.onDrain();
  }

  abandon(): void {
    this.#early = [];
    this.#patience?.cancel();
    if (!this.#hasEnded || !this.#stream.isLocalEnded) this.#events?.onAbort();
  }

  #stop(): void {
    if (this.#stream.isLocalEnded) this.#connection.reset(this.#stream, ErrorCode.NO_ERROR);
  }

  #deliver(chunk: Buffer): void {
    this.#connection.consume(this.#stream, chunk.length);
    this.#events?.onData(chunk);
  }

  #send(chunk: Uint8Array, isEnd: boolean): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    inOneWrite(() => {
      if (this.#connection.sendData(this.#stream, bytes, isEnd) >= 0) return;
      this.#connection.reset(this.#stream, ErrorCode.ENHANCE_YOUR_CALM);
      this.abandon();
    });
  }
}
