/** Our messages of one stream: what its window does not take waits here, and whoever makes more of them is told when to go on. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Connection } from "../../http2/connection.js";
import type { HeaderList } from "../../http2/header-list.js";
import type { Stream } from "../../http2/stream.js";
import { MAX_MESSAGE_BYTES, PREFIX_BYTES } from "../../proto/grpc-message.js";
import type { Codec } from "../../proto/service.js";
import { RpcError, Status } from "../../proto/status-code.js";

/** A stream's share of what the connection copies and queues; the rest waits where it is. */
const HIGH_WATER = 65_536;
const NO_BYTES = Buffer.alloc(0);

export class MessageSender<T> {
  readonly #connection: Connection<T>;
  readonly #stream: Stream<T>;
  #waiting: Buffer[] = [];
  /** Behind what waits: a plain end, or trailers. */
  #end: "none" | "end" | HeaderList = "none";
  #onDrain: (() => void) | undefined;

  constructor(connection: Connection<T>, stream: Stream<T>) {
    this.#connection = connection;
    this.#stream = stream;
  }

  /** False while the peer takes no more: wait for `drained` before the next one. */
  get isWritable(): boolean {
    return this.#waiting.length === 0 && this.#stream.queuedBytes < HIGH_WATER;
  }

  /** A message with its prefix. `isLast`: nothing follows, not even trailers. */
  send(framed: Buffer, isLast: boolean = false): void {
    if (framed.length <= HIGH_WATER && this.isWritable) {
      this.#connection.sendData(this.#stream, framed, isLast);
      return;
    }
    this.#waiting.push(framed);
    if (isLast) this.#end = "end";
    this.onSent();
  }

  /** Behind all messages. */
  end(trailers: HeaderList | undefined): void {
    this.#end = trailers ?? "end";
    this.onSent();
  }

  /** To be called when queued bytes have left. */
  onSent(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#stream.queuedBytes < HIGH_WATER; first = this.#waiting[0]) {
      const rest = first.length - HIGH_WATER;
      const isLast = rest <= 0 && this.#waiting.length === 1 && this.#end === "end";
      if (isLast) this.#end = "none";
      if (rest > 0) this.#waiting[0] = first.subarray(HIGH_WATER);
      else this.#waiting.shift();
      this.#connection.sendData(this.#stream, rest > 0 ? first.subarray(0, HIGH_WATER) : first, isLast);
    }
    if (this.#waiting.length === 0 && this.#end !== "none") this.#sendEnd(this.#end);
    if (this.isWritable) this.wake();
  }

  /** Resolves when the peer takes more, or when the call is over. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = resolve;
    });
  }

  /** The call is over: nobody need wait. */
  wake(): void {
    const resume = this.#onDrain;
    this.#onDrain = undefined;
    resume?.();
  }

  #sendEnd(end: "end" | HeaderList): void {
    this.#end = "none";
    if (end === "end") this.#connection.sendData(this.#stream, NO_BYTES, true);
    else this.#connection.sendHeaders(this.#stream, end, true);
  }
}

/** Shared by all that send: a message is written at once. Its prefix is written before it. */
let writer: BinaryWriter | undefined;
const EMPTY_PREFIX = new Uint8Array(PREFIX_BYTES);
/** A writer that grew beyond this for one message is not kept for the next. */
const MAX_KEPT_BYTES = 65_536;

/** A message and its prefix in one piece. RESOURCE_EXHAUSTED for one that is too long. */
export function frameMessage<T>(codec: Codec<T>, message: T): Buffer {
  const bytes = encodeBehindPrefix(codec, message);
  const framed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = framed.length - PREFIX_BYTES;
  if (length > MAX_MESSAGE_BYTES) {
    throw new RpcError(Status.RESOURCE_EXHAUSTED, `a message of ${length} bytes, the limit is ${MAX_MESSAGE_BYTES}`);
  }
  framed.writeUInt32BE(length, 1);
  return framed;
}

function encodeBehindPrefix<T>(codec: Codec<T>, message: T): Uint8Array {
  const used = writer ?? new BinaryWriter();
  // Not for anybody else before this message is whole, and for nobody if that fails.
  writer = undefined;
  const result = codec.encode(message, used.raw(EMPTY_PREFIX));
  const written = used.finish();
  // Codecs of custom APIs have writers of their own.
  const bytes = result === used ? written : Buffer.concat([EMPTY_PREFIX, result.finish()]);
  if (bytes.length <= MAX_KEPT_BYTES) writer = used;
  return bytes;
}
