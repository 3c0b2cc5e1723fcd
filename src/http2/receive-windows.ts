/** RFC 9113 section 6.9, the peer's direction: what it may send, and when it is told that it may send more. */
import { ConnectionError, ErrorCode, StreamError } from "./error-codes.js";
import type { FrameWriter } from "./frame-writer.js";
import type { Stream } from "./stream.js";

export class ReceiveWindows<T> {
  readonly #frames: FrameWriter;
  readonly #connectionWindow: number;
  readonly #streamWindow: number;
  #left = 65_535;

  constructor(frames: FrameWriter, windows: { readonly connectionWindow: number; readonly streamWindow: number }) {
    this.#frames = frames;
    this.#connectionWindow = windows.connectionWindow;
    this.#streamWindow = windows.streamWindow;
  }

  /** The connection's credit comes back on receipt, also for streams that are gone: what is stored is bounded by the streams' windows. */
  receive(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "more data than the connection's window");
    this.fill();
  }

  receiveOn(stream: Stream<T>, bytes: number): void {
    stream.receiveWindow -= bytes;
    if (stream.receiveWindow < 0) throw new StreamError(stream.id, ErrorCode.FLOW_CONTROL_ERROR, "more data than the stream's window");
  }

  /** Data was passed on: the peer may send as much again. */
  consume(stream: Stream<T>, bytes: number): void {
    stream.uncredited += bytes;
    if (stream.isRemoteEnded || stream.isClosed || stream.uncredited < this.#streamWindow / 4) return;
    this.#frames.windowUpdate(stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
  }

  fill(): void {
    const missing = this.#connectionWindow - this.#left;
    if (missing < this.#connectionWindow / 2) return;
    this.#frames.windowUpdate(0, missing);
    this.#left += missing;
  }
}
