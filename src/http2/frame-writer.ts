/** RFC 9113 section 6: frames to bytes, straight into the output. */
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "./frame-format.js";
import type { HeaderEncoder } from "./header-encoding.js";
import type { HeaderList } from "./header-list.js";
import type { Output } from "./output.js";
import { copyBytes } from "./primitives.js";

/** Every peer takes frames of this size; larger ones would only delay the others. */
export const MAX_SENT_FRAME = 16_384;

export class FrameWriter {
  readonly #output: Output;
  readonly #encoder: HeaderEncoder;

  constructor(output: Output, encoder: HeaderEncoder) {
    this.#output = output;
    this.#encoder = encoder;
  }

  raw(bytes: Buffer): void {
    const offset = this.#output.reserve(bytes.length);
    bytes.copy(this.#output.slab, offset);
  }

  /** `data` from `start` to `end`, at most MAX_SENT_FRAME bytes. */
  data(id: number, data: Buffer, start: number, end: number, isEnd: boolean): void {
    const offset = this.#begin(end - start, FrameType.DATA, isEnd ? Flag.END_STREAM : 0, id);
    copyBytes(data, start, end, this.#output.slab, offset);
  }

  /** HEADERS, and CONTINUATION as many as needed. */
  headers(id: number, list: HeaderList, isEnd: boolean): void {
    const bound = this.#encoder.bound(list);
    if (bound > MAX_SENT_FRAME) {
      this.#longHeaders(id, list, isEnd, Buffer.allocUnsafe(bound));
      return;
    }
    const offset = this.#output.reserve(FRAME_HEADER_BYTES + bound);
    const { slab } = this.#output;
    const start = offset + FRAME_HEADER_BYTES;
    const size = this.#encoder.encode(list, slab, start) - start;
    writeFrameHeader(slab, offset, size, FrameType.HEADERS, Flag.END_HEADERS | (isEnd ? Flag.END_STREAM : 0), id);
    this.#output.unreserve(bound - size);
  }

  reset(id: number, code: number): void {
    const offset = this.#begin(4, FrameType.RST_STREAM, 0, id);
    this.#output.slab.writeUInt32BE(code, offset);
  }

  windowUpdate(id: number, increment: number): void {
    const offset = this.#begin(4, FrameType.WINDOW_UPDATE, 0, id);
    this.#output.slab.writeUInt32BE(increment, offset);
  }

  ping(payload: Buffer, isAck: boolean): void {
    const offset = this.#begin(8, FrameType.PING, isAck ? Flag.ACK : 0, 0);
    copyBytes(payload, 0, 8, this.#output.slab, offset);
  }

  /** `text` is for people who read traces; all of ours are short. */
  goaway(lastStreamId: number, code: number, text: string): void {
    const debug = Buffer.from(text, "utf8");
    const offset = this.#begin(8 + debug.length, FrameType.GOAWAY, 0, 0);
    const { slab } = this.#output;
    slab.writeUInt32BE(lastStreamId, offset);
    slab.writeUInt32BE(code, offset + 4);
    debug.copy(slab, offset + 8);
  }

  #longHeaders(id: number, list: HeaderList, isEnd: boolean, block: Buffer): void {
    const length = this.#encoder.encode(list, block, 0);
    for (let at = 0; at === 0 || at < length; at += MAX_SENT_FRAME) {
      const size = Math.min(MAX_SENT_FRAME, length - at);
      const flags = (at + size === length ? Flag.END_HEADERS : 0) | (at === 0 && isEnd ? Flag.END_STREAM : 0);
      const offset = this.#begin(size, at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, flags, id);
      block.copy(this.#output.slab, offset, at, at + size);
    }
  }

  /** Where the payload goes. */
  #begin(size: number, type: number, flags: number, id: number): number {
    const offset = this.#output.reserve(FRAME_HEADER_BYTES + size);
    writeFrameHeader(this.#output.slab, offset, size, type, flags, id);
    return offset + FRAME_HEADER_BYTES;
  }
}
