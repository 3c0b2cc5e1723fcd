/** One call that is served: from the stream's messages to the handler, and from what it returns, yields or throws back to the stream. */
import type { Clock, Timer } from "../../base/clock.js";
import { type Millis, millis, seconds } from "../../base/millis.js";
import type { Connection } from "../../http2/connection.js";
import { ErrorCode } from "../../http2/error-codes.js";
import type { HeaderList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import type { AnyMethod, CallContext } from "../../proto/service.js";
import { RpcError, Status, toRpcError } from "../../proto/status-code.js";
import { metadataOf, OK_ALONE, OK_TRAILERS, RESPONSE_FIELDS, type RequestHead, statusFields, timeoutOf } from "./call-fields.js";
import { MessageQueue } from "./message-queue.js";
import { MessageReader, wholeMessage } from "./message-reader.js";
import { frameMessage, MessageSender } from "./message-sender.js";
import { MessageSource } from "./message-source.js";

/** How long a client that was answered early may go on sending before its stream is reset: in some, a reset would overtake the status. */
export const EARLY_ANSWER_PATIENCE: Millis = seconds(5);

export interface ServedMethod {
  readonly path: string;
  readonly method: AnyMethod;
  /** Of the kind that the method is. */
  readonly handler: (request: unknown, context: CallContext) => unknown;
}

export interface ServerCallOptions {
  readonly connection: Connection<ServerCall>;
  readonly stream: Stream<ServerCall>;
  readonly served: ServedMethod;
  readonly head: RequestHead;
  readonly list: HeaderList;
  readonly clock: Clock;
  readonly source: CallSource;
}

/** The connection that a call came by. */
export interface CallSource {
  /** Its address as gRPC tells it. */
  readonly peer: string;
}

/** Undefined for a call that did not come over the network. */
export function sourceOf(call: CallContext): CallSource | undefined {
  return call instanceof ServerCall ? call.source : undefined;
}

export class ServerCall implements CallContext {
  readonly source: CallSource;
  readonly #connection: Connection<ServerCall>;
  readonly #stream: Stream<ServerCall>;
  readonly #served: ServedMethod;
  readonly #list: HeaderList;
  readonly #clock: Clock;
  readonly #encoding: string;
  /** Made when a message comes that is not whole. */
  #reader: MessageReader | undefined;
  readonly #sender: MessageSender<ServerCall>;
  /** Of methods whose requests are a stream. */
  readonly #requests: MessageQueue<unknown> | undefined;
  /** Of the others. */
  #request: Buffer | undefined;
  #deadline: number | undefined;
  #timer: Timer | undefined;
  #hasAnswered = false;
  #isOver = false;
  #cancellation: RpcError | undefined;
  #controller: AbortController | undefined;
  /** What the handler yields. */
  #answers: MessageSource | undefined;

  constructor({ connection, stream, served, head, list, clock, source }: ServerCallOptions) {
    this.source = source;
    this.#connection = connection;
    this.#stream = stream;
    this.#served = served;
    this.#list = list;
    this.#clock = clock;
    this.#sender = new MessageSender(connection, stream);
    this.#encoding = head.encoding;
    this.#requests = served.method.requestStream ? new MessageQueue((bytes) => this.#credit(bytes)) : undefined;
    const timeout = timeoutOf(list);
    if (timeout !== undefined) this.#armDeadline(timeout);
  }

  // ---- what handlers see (CallContext) ----

  get peer(): string {
    return this.source.peer;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancellation !== undefined && !this.#controller.signal.aborted) this.#controller.abort(this.#cancellation);
    return this.#controller.signal;
  }

  get timeout(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - this.#clock.now());
  }

  get metadata(): Readonly<Record<string, string>> {
    return metadataOf(this.#list.fields);
  }

  // ---- what the stream tells ----

  /** The headers are there; `isEnd`: no message follows. */
  begin(isEnd: boolean): void {
    if (this.#requests !== undefined) this.#run(this.#requests);
    if (isEnd) this.#onEnd();
  }

  onData(data: Buffer, isEnd: boolean): void {
    if (this.#isOver) {
      // Answered early: what still comes is let in and dropped until the client notices.
      if (isEnd) this.#timer?.cancel();
      else this.#credit(data.length);
      return;
    }
    try {
      if (data.length > 0) this.#read(data);
    } catch (error) {
      this.#abandon(toRpcError(error));
      return;
    }
    if (this.#requests !== undefined) this.#requests.received(data.length);
    else if (!isEnd) this.#credit(data.length);
    if (isEnd) this.#onEnd();
  }

  onSent(): void {
    this.#sender.onSent();
  }

  /** The client cancelled, or its connection is gone. */
  onReset(): void {
    this.#timer?.cancel();
    if (!this.#isOver) this.#cancel(new RpcError(Status.CANCELLED, "the caller cancelled or went away"));
  }

  // ---- inside ----

  #read(data: Buffer): void {
    const message = this.#reader === undefined ? wholeMessage(data) : undefined;
    if (message !== undefined) {
      this.#onMessage(message, data.length);
      return;
    }
    this.#reader ??= new MessageReader(this.#encoding, (bytes, size) => this.#onMessage(bytes, size));
    this.#reader.read(data);
  }

  #onMessage(bytes: Buffer, size: number): void {
    if (this.#requests !== undefined) this.#requests.push(this.#decode(bytes), size);
    else if (this.#request === undefined) this.#request = bytes;
    else throw new RpcError(Status.UNIMPLEMENTED, `${this.#served.path} takes one message, a second one came`);
  }

  #decode(bytes: Buffer): unknown {
    try {
      return this.#served.method.requestType.decode(bytes);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new RpcError(Status.INTERNAL, `a message of ${this.#served.path} cannot be read: ${text}`, { cause: error });
    }
  }

  #onEnd(): void {
    if (this.#reader?.isInside === true) {
      this.#abandon(new RpcError(Status.INTERNAL, `${this.#served.path}: the stream ended inside a message`));
      return;
    }
    if (this.#requests !== undefined) {
      this.#requests.finish();
      return;
    }
    if (this.#request === undefined) {
      this.#finish(new RpcError(Status.UNIMPLEMENTED, `${this.#served.path} takes one message, none came`));
      return;
    }
    try {
      this.#run(this.#decode(this.#request));
    } catch (error) {
      this.#finish(toRpcError(error));
    }
  }

  #run(request: unknown): void {
    const { method, handler } = this.#served;
    const fail = (error: unknown): void => this.#finish(this.#errorOf(error));
    let result: unknown;
    try {
      result = handler(request, this);
    } catch (error) {
      fail(error);
      return;
    }
    // The method's kind says what the handler returns.
    if (method.responseStream) this.#pump(result as AsyncIterable<unknown>).catch(fail);
    else Promise.resolve(result).then((value) => this.#answer(value), fail);
  }

  #answer(value: unknown): void {
    if (this.#isOver) return;
    try {
      this.#send(value);
      this.#finish(undefined);
    } catch (error) {
      this.#finish(this.#errorOf(error));
    }
  }

  async #pump(iterable: AsyncIterable<unknown>): Promise<void> {
    const answers = new MessageSource(iterable);
    this.#answers = answers;
    try {
      if (this.#isOver) return;
      for (let next = await answers.next(); next !== undefined; next = await answers.next()) {
        this.#send(next.value);
        if (!this.#sender.isWritable) await this.#sender.drained();
      }
      this.#finish(undefined);
    } finally {
      // Also when a message cannot be sent: the handler waits in the middle of its work.
      answers.leave();
    }
  }

  /** Never throws, whatever was thrown. */
  #errorOf(error: unknown): RpcError {
    try {
      return toRpcError(error);
    } catch {
      return new RpcError(Status.UNKNOWN, `${this.#served.path} failed with something that cannot be written down`);
    }
  }

  #send(message: unknown): void {
    const framed = frameMessage(this.#served.method.responseType, message);
    if (!this.#hasAnswered) {
      this.#hasAnswered = true;
      this.#connection.sendHeaders(this.#stream, RESPONSE_FIELDS, false);
    }
    this.#sender.send(framed);
  }

  /** The answer's end: OK, or what went wrong. Only the first one counts. */
  #finish(error: RpcError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    if (error === undefined) this.#sender.end(this.#hasAnswered ? OK_TRAILERS : OK_ALONE);
    else this.#sender.end(statusFields(error, !this.#hasAnswered));
    this.#requests?.fail(new RpcError(Status.CANCELLED, "the call is over"), true);
    this.#waitForClient();
  }

  /** One that was answered before it had said all notices by itself, and if not, is told. */
  #waitForClient(): void {
    if (this.#stream.isClosed || this.#stream.isRemoteEnded) return;
    const hangUp = (): void => {
      if (this.#stream.isLocalEnded) inOneWrite(() => this.#connection.reset(this.#stream, ErrorCode.NO_ERROR));
      else this.#waitForClient();
    };
    this.#timer = this.#clock.after(EARLY_ANSWER_PATIENCE, hangUp, { unref: true });
  }

  /** Ended by us while the handler may be at work. */
  #abandon(error: RpcError): void {
    if (this.#isOver) return;
    this.#requests?.fail(error, true);
    this.#finish(error);
    this.#cancel(error);
  }

  /** The handler's work is no longer wanted. */
  #cancel(reason: RpcError): void {
    this.#isOver = true;
    this.#cancellation = reason;
    this.#controller?.abort(reason);
    this.#requests?.fail(reason, true);
    this.#answers?.leave();
    this.#sender.wake();
  }

  #armDeadline(timeout: number): void {
    this.#deadline = this.#clock.now() + timeout;
    this.#timer = this.#clock.after(coarse(timeout), () => inOneWrite(() => this.#onDeadline()), { unref: true });
  }

  #onDeadline(): void {
    this.#abandon(new RpcError(Status.DEADLINE_EXCEEDED, `${this.#served.path} did not end within its deadline`));
  }

  #credit(bytes: number): void {
    this.#connection.consume(this.#stream, bytes);
  }
}

/** Deadlines differ by microseconds from call to call; rounded up a little they share their timers' list. */
function coarse(timeout: number): Millis {
  return millis(timeout < 1000 ? Math.ceil(timeout) : Math.ceil(timeout / 64) * 64);
}
