/** RFC 9113 section 6: frames to bytes, straight into the output. */
import { Flag, FRAME_HEADER_BYTES, FrameType, writeFrameHeader } from "./frame-format.js";
import type { Output } from "./output.js";

/** Every peer takes frames of this size; larger ones would only delay the others. */
export const MAX_SENT_FRAME = 16_384;

export class FrameWriter {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  raw(bytes: Buffer): void {
    const offset = this.#output.reserve(bytes.length);
    bytes.copy(this.#output.slab, offset);
  }

  /** `data` from `start` to `end`, at most MAX_SENT_FRAME bytes. */
  data(id: number, data: Buffer, start: number, end: number, isEnd: boolean): void {
    const offset = this.#begin(end - start, FrameType.DATA, isEnd ? Flag.END_STREAM : 0, id);
    data.copy(this.#output.slab, offset, start, end);
  }

  /** HEADERS, and CONTINUATION as many as needed. */
  headers(id: number, block: Buffer, isEnd: boolean): void {
    for (let at = 0; at === 0 || at < block.length; at += MAX_SENT_FRAME) {
      const size = Math.min(MAX_SENT_FRAME, block.length - at);
      const flags = (at + size === block.length ? Flag.END_HEADERS : 0) | (at === 0 && isEnd ? Flag.END_STREAM : 0);
      const offset = this.#begin(size, at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, flags, id);
      block.copy(this.#output.slab, offset, at, at + size);
    }
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
    const offset = this.#begin(8, FrameType.PING, isAck ? Flag.ACK : 0, 0, !isAck);
    payload.copy(this.#output.slab, offset, 0, 8);
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

  /** Where the payload goes. */
  #begin(size: number, type: number, flags: number, id: number, isUrgent: boolean = true): number {
    const offset = this.#output.reserve(FRAME_HEADER_BYTES + size, isUrgent);
    writeFrameHeader(this.#output.slab, offset, size, type, flags, id);
    return offset + FRAME_HEADER_BYTES;
  }
}
