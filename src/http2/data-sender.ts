/** RFC 9113 sections 5.2 and 6.9, our direction: data leaves as the stream's window, the connection's window and the socket allow; the rest waits in its stream. */
import type { ByteBudget } from "./byte-budget.js";
import { ByteQueue } from "./byte-queue.js";
import { ConnectionError, ErrorCode, StreamError } from "./error-codes.js";
import type { FloodGuard } from "./flood-guard.js";
import { type FrameWriter, MAX_SENT_FRAME } from "./frame-writer.js";
import type { Output } from "./output.js";
import { MAX_WINDOW } from "./settings.js";
import type { Stream } from "./stream.js";

const EMPTY = Buffer.alloc(0);
/** How much one stream sends before it is the next one's turn. */
const TURN_BYTES = 65_536;

export interface DataSenderOptions<T> {
  readonly output: Output;
  readonly frames: FrameWriter;
  readonly guard: FloodGuard;
  readonly budget: ByteBudget;
  /** The frame that ends our side of the stream was written. */
  readonly onEnded: (stream: Stream<T>) => void;
  /** The queue is empty: trailers can follow. */
  readonly onEmpty: (stream: Stream<T>) => void;
  readonly onSent: (stream: Stream<T>, bytes: number) => void;
}

export class DataSender<T> {
  readonly #options: DataSenderOptions<T>;
  /** Streams that could send, were it not for the connection's window or the socket; each in its turn. */
  readonly #ready = new Set<Stream<T>>();
  #window = 65_535;

  constructor(options: DataSenderOptions<T>) {
    this.#options = options;
  }

  /** Sends or queues a copy of `data`: how many bytes left at once, or -1 when there is no room for the rest. */
  send(stream: Stream<T>, data: Buffer, isEnd: boolean): number {
    const isFirst = stream.queuedBytes === 0;
    const sent = isFirst ? this.#write(stream, data, isEnd) : 0;
    const rest = data.length - sent;
    if (rest > 0) {
      if (!this.#options.budget.take(rest)) return -1;
      stream.queue ??= new ByteQueue();
      stream.queue.push(sent === 0 ? data : data.subarray(sent));
      if (stream.sendWindow > 0) this.#ready.add(stream);
    }
    if (isEnd && !stream.isLocalEnded) stream.end = "end";
    return sent;
  }

  /** The connection's window grew, or the socket took what waited. */
  pump(): void {
    while (this.#window > 0 && !this.#options.output.isCongested) {
      const [stream] = this.#ready;
      if (stream === undefined) return;
      this.#pumpStream(stream);
    }
  }

  growConnection(increment: number): void {
    this.#window += increment;
    if (this.#window > MAX_WINDOW) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window grew over 2^31-1");
    this.pump();
  }

  growStream(stream: Stream<T>, increment: number): void {
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW)
      throw new StreamError(stream.id, ErrorCode.FLOW_CONTROL_ERROR, "a stream's window grew over 2^31-1");
    if (stream.queuedBytes > 0 && stream.sendWindow > 0) this.#pumpStream(stream);
  }

  /** Section 6.9.2: the peer's initial window changed, and with it that of every open stream. */
  shiftWindows(streams: Iterable<Stream<T>>, change: number): void {
    if (change === 0) return;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window grew over 2^31-1");
      if (stream.queuedBytes > 0 && stream.sendWindow > 0) this.#ready.add(stream);
    }
    this.pump();
  }

  /** Nothing more is sent on the stream. */
  forget(stream: Stream<T>): void {
    this.#ready.delete(stream);
    if (stream.queue === undefined) return;
    this.#options.budget.give(stream.queue.length);
    stream.queue = undefined;
  }

  /** Sends what one turn allows; what is left goes to the end of the row. */
  #pumpStream(stream: Stream<T>): void {
    this.#ready.delete(stream);
    let left = 0;
    for (let queue = stream.queue; queue !== undefined && queue.length > 0 && left < TURN_BYTES; queue = stream.queue) {
      const piece = queue.peek();
      const isLast = stream.end === "end" && piece.length === queue.length;
      const sent = this.#write(stream, piece, isLast);
      if (sent === 0) break;
      left += sent;
      // The frame that ended the stream may have cleared the queue.
      if (stream.queue === undefined) break;
      queue.drop(sent);
      this.#options.budget.give(sent);
    }
    if (stream.queuedBytes > 0) {
      if (stream.sendWindow > 0) this.#ready.add(stream);
    } else if (!stream.isClosed) {
      this.#options.onEmpty(stream);
    }
    if (left > 0) this.#options.onSent(stream, left);
  }

  /** As much of `data` as the windows and the socket take now. */
  #write(stream: Stream<T>, data: Buffer, isEnd: boolean): number {
    const { frames, output, guard, onEnded } = this.#options;
    let sent = 0;
    while (sent < data.length && !output.isCongested) {
      const size = Math.min(data.length - sent, MAX_SENT_FRAME, stream.sendWindow, this.#window);
      if (size <= 0) return sent;
      const isLast = isEnd && sent + size === data.length;
      frames.data(stream.id, data, sent, sent + size, isLast);
      guard.onSent(size);
      sent += size;
      stream.sendWindow -= size;
      this.#window -= size;
      if (isLast) onEnded(stream);
    }
    if (data.length === 0 && isEnd) {
      frames.data(stream.id, EMPTY, 0, 0, true);
      onEnded(stream);
    }
    return sent;
  }
}
