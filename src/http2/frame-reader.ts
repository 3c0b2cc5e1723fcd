/** RFC 9113 sections 3.4, 4 and 6: bytes to frames. Checks what a frame must look like by itself; what it means is for the sink to say. */
import { ConnectionError, ErrorCode, StreamError } from "./error-codes.js";
import type { FloodKind } from "./flood-guard.js";
import { Flag, FRAME_HEADER_BYTES, FrameType, readUint31 } from "./frame-format.js";

/** What we announce, by not announcing another one. */
const MAX_FRAME_BYTES = 16_384;
const MAX_CONTINUATIONS = 64;

export interface FrameSink {
  /** `flowControlled`: the payload's whole length, padding included. */
  onDataFrame(id: number, data: Buffer, flowControlled: number, isEnd: boolean): void;
  /** A whole header block, put together from HEADERS and CONTINUATION frames. */
  onHeaderBlock(id: number, block: Buffer, start: number, end: number, isEnd: boolean): void;
  onPriorityFrame(id: number, dependency: number): void;
  onResetFrame(id: number, code: number): void;
  onSettingsFrame(payload: Buffer, isAck: boolean): void;
  onPingFrame(payload: Buffer, isAck: boolean): void;
  onGoawayFrame(lastStreamId: number): void;
  onWindowUpdateFrame(id: number, increment: number): void;
  /** A frame that costs its stream; reading goes on. */
  onStreamError(error: StreamError): void;
  onCostly(kind: FloodKind): void;
  /** Nothing more is wanted: the connection was closed by what a frame said. */
  readonly isClosed: boolean;
}

interface PartialBlock {
  readonly id: number;
  readonly isEnd: boolean;
  readonly isSelfDependent: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxBlockBytes: number;
  #preface: Buffer;
  #tail: Buffer | undefined;
  #block: PartialBlock | undefined;
  /** Set by the sink when the peer's first SETTINGS came: nothing may come before them. */
  hasSettings = false;
  /** Frames that were read. */
  frames = 0;

  /** `preface`: what the peer must send first, empty for none. `maxBlockBytes`: of a header block in all its frames. */
  constructor(sink: FrameSink, preface: Buffer, maxBlockBytes: number) {
    this.#sink = sink;
    this.#preface = preface;
    this.#maxBlockBytes = maxBlockBytes;
  }

  /** A header block was begun and is not complete. */
  get isInsideBlock(): boolean {
    return this.#block !== undefined;
  }

  /** Only a part of a frame has come. */
  get isInsideFrame(): boolean {
    return this.#tail !== undefined;
  }

  /** Takes the first `length` bytes of a chunk, which are the caller's again afterwards. Throws ConnectionError. */
  read(chunk: Buffer, length: number): void {
    const tail = this.#tail;
    if (tail === undefined) {
      this.#read(chunk, length);
      return;
    }
    this.#tail = undefined;
    const bytes = Buffer.concat([tail, chunk.subarray(0, length)]);
    this.#read(bytes, bytes.length);
  }

  #read(bytes: Buffer, length: number): void {
    let at = this.#preface.length === 0 ? 0 : this.#readPreface(bytes.subarray(0, length));
    if (at < 0) {
      this.#tail = Buffer.from(bytes.subarray(0, length));
      return;
    }
    while (length - at >= FRAME_HEADER_BYTES && !this.#sink.isClosed) {
      const size = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      if (size > MAX_FRAME_BYTES)
        throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `a frame of ${size} bytes, at most ${MAX_FRAME_BYTES} are allowed`);
      const end = at + FRAME_HEADER_BYTES + size;
      if (end > length) break;
      this.frames += 1;
      try {
        this.#frame(bytes, at, end);
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        this.#sink.onStreamError(error);
      }
      at = end;
    }
    // A copy: the rest of a large chunk is not kept for a few bytes.
    if (at < length && !this.#sink.isClosed) this.#tail = Buffer.from(bytes.subarray(at, length));
  }

  /** Where frames begin, or -1 when the preface is not complete. */
  #readPreface(bytes: Buffer): number {
    const expected = this.#preface;
    const common = Math.min(bytes.length, expected.length);
    if (bytes.compare(expected, 0, common, 0, common) !== 0) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "the connection does not begin with the HTTP/2 preface");
    }
    if (common < expected.length) return -1;
    this.#preface = expected.subarray(expected.length);
    return common;
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + 3] ?? 0;
    const flags = bytes[at + 4] ?? 0;
    const id = readUint31(bytes, at + 5);
    const start = at + FRAME_HEADER_BYTES;
    if (!this.hasSettings && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "the first frame is not SETTINGS");
    }
    if (this.#block !== undefined && (type !== FrameType.CONTINUATION || id !== this.#block.id)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "a header block is not continued");
    }
    switch (type) {
      case FrameType.DATA:
        this.#data(id, flags, bytes, start, end);
        return;
      case FrameType.HEADERS:
        this.#headers(id, flags, bytes, start, end);
        return;
      case FrameType.PRIORITY:
        assertStream(id, "PRIORITY");
        if (end - start !== 5) throw new StreamError(id, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY is not 5 bytes long");
        this.#sink.onPriorityFrame(id, readUint31(bytes, start));
        return;
      case FrameType.RST_STREAM:
        assertStream(id, "RST_STREAM");
        assertLength(end - start, 4, "RST_STREAM");
        this.#sink.onResetFrame(id, bytes.readUInt32BE(start));
        return;
      case FrameType.SETTINGS:
        assertConnection(id, "SETTINGS");
        if ((flags & Flag.ACK) !== 0) assertLength(end - start, 0, "a SETTINGS acknowledgement");
        this.#sink.onSettingsFrame(bytes.subarray(start, end), (flags & Flag.ACK) !== 0);
        return;
      case FrameType.PUSH_PROMISE:
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which nobody allowed");
      case FrameType.PING:
        assertConnection(id, "PING");
        assertLength(end - start, 8, "PING");
        this.#sink.onPingFrame(bytes.subarray(start, end), (flags & Flag.ACK) !== 0);
        return;
      case FrameType.GOAWAY:
        assertConnection(id, "GOAWAY");
        if (end - start < 8) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY is shorter than 8 bytes");
        this.#sink.onGoawayFrame(readUint31(bytes, start));
        return;
      case FrameType.WINDOW_UPDATE:
        assertLength(end - start, 4, "WINDOW_UPDATE");
        this.#sink.onWindowUpdateFrame(id, readUint31(bytes, start));
        return;
      case FrameType.CONTINUATION:
        this.#continuation(id, flags, bytes, start, end);
        return;
      default:
        // Section 5.5: unknown types are ignored.
        this.#sink.onCostly("empty");
    }
  }

  #data(id: number, flags: number, bytes: Buffer, start: number, end: number): void {
    assertStream(id, "DATA");
    const padding = (flags & Flag.PADDED) === 0 ? 0 : paddingOf(bytes, start, end);
    const from = (flags & Flag.PADDED) === 0 ? start : start + 1;
    this.#sink.onDataFrame(id, bytes.subarray(from, end - padding), end - start, (flags & Flag.END_STREAM) !== 0);
  }

  #headers(id: number, flags: number, bytes: Buffer, start: number, end: number): void {
    assertStream(id, "HEADERS");
    let from = (flags & Flag.PADDED) === 0 ? start : start + 1;
    let isSelfDependent = false;
    if ((flags & Flag.PRIORITY) !== 0) {
      if (end - from < 5) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "HEADERS is too short for its priority");
      isSelfDependent = readUint31(bytes, from) === id;
      from += 5;
    }
    const padding = (flags & Flag.PADDED) === 0 ? 0 : paddingOf(bytes, start, end);
    if (from > end - padding) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "padding longer than its frame");
    const isEnd = (flags & Flag.END_STREAM) !== 0;
    if ((flags & Flag.END_HEADERS) === 0) {
      this.#block = { id, isEnd, isSelfDependent, parts: [Buffer.from(bytes.subarray(from, end - padding))], bytes: end - padding - from };
      return;
    }
    this.#sink.onHeaderBlock(id, bytes, from, end - padding, isEnd);
    if (isSelfDependent) throw selfDependent(id);
  }

  #continuation(id: number, flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (block === undefined) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    block.parts.push(Buffer.from(bytes.subarray(start, end)));
    block.bytes += end - start;
    if (block.bytes > this.#maxBlockBytes || block.parts.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "a header block is too long");
    }
    if ((flags & Flag.END_HEADERS) === 0) return;
    this.#block = undefined;
    const whole = Buffer.concat(block.parts);
    this.#sink.onHeaderBlock(id, whole, 0, whole.length, block.isEnd);
    if (block.isSelfDependent) throw selfDependent(id);
  }
}

function selfDependent(id: number): StreamError {
  return new StreamError(id, ErrorCode.PROTOCOL_ERROR, "a stream depends on itself");
}

/** Section 6.1: the padding must be shorter than the payload. */
function paddingOf(bytes: Buffer, start: number, end: number): number {
  if (end === start) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "a padded frame without its pad length");
  const padding = bytes[start] ?? 0;
  if (padding >= end - start) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "padding longer than its frame");
  return padding;
}

function assertStream(id: number, what: string): void {
  if (id === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `${what} on stream 0`);
}

function assertConnection(id: number, what: string): void {
  if (id !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `${what} on stream ${id}`);
}

function assertLength(length: number, expected: number, what: string): void {
  if (length !== expected) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `${what} is ${length} bytes long, expected ${expected}`);
}
