/** RFC 9113 section 5.1: one stream of one connection: how far each side has ended it, its two windows, and what waits for the peer's. */
import type { ByteQueue } from "./byte-queue.js";
import type { HeaderList } from "./header-list.js";

export class Stream<T> {
  readonly id: number;
  /** What the user of the connection keeps with the stream. */
  owner: T | undefined;
  isLocalEnded = false;
  isRemoteEnded = false;
  isClosed = false;
  /** What the peer still lets us send. Negative after it made its initial window smaller (section 6.9.2). */
  sendWindow: number;
  /** What the peer may still send. */
  receiveWindow: number;
  /** Received and passed on, not yet given back with WINDOW_UPDATE. */
  uncredited = 0;
  /** Headers were received: a request, or a response's final ones. Further ones are trailers. */
  hasHeaders = false;
  /** From content-length, to compare with what comes (section 8.1.1); -1 without. */
  expectedBytes = -1;
  receivedBytes = 0;
  /** Waits for the window, the connection's window or the socket. */
  queue: ByteQueue | undefined;
  /** Behind the queue: an end without trailers, or trailers. */
  end: "none" | "end" | HeaderList = "none";

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  get queuedBytes(): number {
    return this.queue?.length ?? 0;
  }
}
