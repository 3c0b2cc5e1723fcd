/** One call of ours: its request to the peer, its messages and status back. Lives from before there is a stream until the call is over. */
import type { Clock, Timer } from "../../base/clock.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { millis } from "../../base/millis.js";
import type { Connection } from "../../http2/connection.js";
import { ErrorCode } from "../../http2/error-codes.js";
import type { HeaderList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import { RpcError, Status, statusOfReset, toRpcError } from "../../proto/status-code.js";
import { readStatus, responseError } from "./call-fields.js";
import { MessageReader } from "./message-reader.js";
import { MessageSender } from "./message-sender.js";

export interface ClientCallOptions {
  readonly path: string;
  readonly request: HeaderList;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly clock: Clock;
  readonly receiver: CallReceiver;
}

export interface CallReceiver {
  /** `size`: bytes of the stream, to be given back with `credit`. */
  onMessage(bytes: Buffer, size: number): void;
  /** Bytes came; the messages in them were told before. */
  onReceived(bytes: number): void;
  /** Once, at the end: undefined for OK. */
  onEnd(error: RpcError | undefined): void;
}

export class ClientCall {
  readonly #options: ClientCallOptions;
  #connection: Connection<ClientCall> | undefined;
  #stream: Stream<ClientCall> | undefined;
  #sender: MessageSender<ClientCall> | undefined;
  #reader: MessageReader | undefined;
  /** Messages from before the stream was there. */
  #held: Buffer[] = [];
  #isHeldEnd = false;
  #onRoom: (() => void) | undefined;
  #timer: Timer | undefined;
  #isOver = false;
  /** For the channel, while the call waits for a stream. */
  onAbandoned: (() => void) | undefined;
  /** For whoever makes the requests. */
  onOver: (() => void) | undefined;

  constructor(options: ClientCallOptions) {
    this.#options = options;
    const { timeout, clock } = options;
    if (timeout !== undefined)
      this.#timer = clock.after(millis(timeout), () => inOneWrite(() => this.#onDeadline(timeout)), { unref: true });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get path(): string {
    return this.#options.path;
  }

  // ---- what its user does ----

  /** A message with its prefix; `isLast`: none follows. */
  send(framed: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    if (this.#sender !== undefined) {
      this.#sender.send(framed, isLast);
      return;
    }
    this.#held.push(framed);
    this.#isHeldEnd = isLast;
  }

  /** No more messages. */
  end(): void {
    if (this.#isOver) return;
    if (this.#sender === undefined) this.#isHeldEnd = true;
    else this.#sender.end(undefined);
  }

  get isWritable(): boolean {
    return this.#sender === undefined ? this.#held.length === 0 : this.#sender.isWritable;
  }

  /** Resolves when more can be sent, or the call is over. */
  drained(): Promise<void> {
    if (this.#sender !== undefined) return this.#sender.drained();
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  credit(bytes: number): void {
    if (this.#stream !== undefined) this.#connection?.consume(this.#stream, bytes);
  }

  cancel(text: string = "the call was cancelled"): void {
    this.#endWith(new RpcError(Status.CANCELLED, text), true);
  }

  // ---- what the channel tells ----

  /** A stream can be opened: does so. */
  open(connection: Connection<ClientCall>): void {
    const { request } = this.#options;
    this.#connection = connection;
    this.#stream = connection.request(request, false, this);
    this.#sender = new MessageSender(connection, this.#stream);
    const last = this.#held.length - 1;
    for (const [index, framed] of this.#held.entries()) this.#sender.send(framed, this.#isHeldEnd && index === last);
    if (this.#isHeldEnd && last < 0) this.#sender.end(undefined);
    this.#held = [];
    this.#onRoom?.();
  }

  /** It will get no stream. */
  fail(error: RpcError): void {
    this.#endWith(error, false);
  }

  onHeaders(list: HeaderList, isEnd: boolean): void {
    if (this.#isOver) return;
    if (this.#reader === undefined) {
      // Informational ones come before the response.
      if (list.steady.fields[0]?.value.startsWith("1") === true) return;
      const problem = list.value("grpc-status") === undefined ? responseError(list) : undefined;
      if (problem !== undefined) {
        this.#endWith(problem, true);
        return;
      }
      const encoding = list.value("grpc-encoding") ?? "identity";
      this.#reader = new MessageReader(encoding, (message, size) => this.#options.receiver.onMessage(message, size));
    }
    if (isEnd) this.#endWith(this.#reader.isInside ? cutShort(this.path) : readStatus(list), true);
  }

  onData(data: Buffer, isEnd: boolean): void {
    if (this.#isOver) {
      this.credit(data.length);
      return;
    }
    try {
      this.#reader?.read(data);
    } catch (error) {
      this.#endWith(toRpcError(error), true);
      return;
    }
    this.#options.receiver.onReceived(data.length);
    if (isEnd) this.#endWith(new RpcError(Status.INTERNAL, `${this.path} ended without a status`), true);
  }

  onSent(): void {
    this.#sender?.onSent();
  }

  /** `lost`: why, when the whole connection ended. */
  onReset(code: number, lost: string | undefined): void {
    const error =
      lost === undefined
        ? new RpcError(statusOfReset(code), `the peer broke off ${this.path} with HTTP/2 code ${code}`)
        : new RpcError(Status.UNAVAILABLE, lost);
    this.#endWith(error, false);
  }

  // ---- inside ----

  #onDeadline(timeout: number): void {
    this.#endWith(new RpcError(Status.DEADLINE_EXCEEDED, `no answer to ${this.path} within ${formatGoDuration(millis(timeout))}`), true);
  }

  /** `isToTell`: the peer may still be at work on it. */
  #endWith(error: RpcError | undefined, isToTell: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#held = [];
    this.onAbandoned?.();
    if (isToTell && this.#stream !== undefined && !(this.#stream.isLocalEnded && this.#stream.isRemoteEnded)) {
      const stream = this.#stream;
      inOneWrite(() => this.#connection?.reset(stream, ErrorCode.CANCEL));
    }
    this.#sender?.wake();
    this.#onRoom?.();
    this.onOver?.();
    this.#options.receiver.onEnd(error);
  }
}

function cutShort(path: string): RpcError {
  return new RpcError(Status.INTERNAL, `the answer to ${path} ended inside a message`);
}
