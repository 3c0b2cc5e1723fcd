/** Messages out of the bytes of a stream: each has a byte that says whether it is compressed, and its length in four. */
import { MAX_MESSAGE_BYTES, PREFIX_BYTES } from "../../proto/grpc-message.js";
import { RpcError, Status } from "../../proto/status-code.js";

const NO_BYTES = Buffer.alloc(0);

export class MessageReader {
  readonly #encoding: string;
  readonly #onMessage: (message: Buffer, size: number) => void;
  /** The message that has begun to come, its prefix included; filled as far as `#length`. */
  #partial: Buffer = NO_BYTES;
  #length = 0;
  /** Known when the prefix is whole. */
  #size = 0;

  /** `onMessage` gets a copy that is its own, and how many bytes of the stream it was. */
  constructor(encoding: string, onMessage: (message: Buffer, size: number) => void) {
    this.#encoding = encoding;
    this.#onMessage = onMessage;
  }

  /** A message has begun and is not complete. */
  get isInside(): boolean {
    return this.#length > 0;
  }

  /** Throws an RpcError for a message that is too long or cannot be read. */
  read(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (this.#length === 0 && data.length - at >= PREFIX_BYTES) {
        const size = PREFIX_BYTES + this.#checked(data.readUInt32BE(at + 1));
        if (data.length - at >= size) {
          this.#tell(Buffer.from(data.subarray(at + PREFIX_BYTES, at + size)), data[at] ?? 0, size);
          at += size;
          continue;
        }
      }
      at = this.#readPart(data, at);
    }
  }

  #readPart(data: Buffer, from: number): number {
    let at = from;
    if (this.#length < PREFIX_BYTES) {
      if (this.#length === 0) this.#partial = Buffer.allocUnsafe(PREFIX_BYTES);
      at += this.#fill(data, at, PREFIX_BYTES);
      if (this.#length < PREFIX_BYTES) return at;
      this.#size = PREFIX_BYTES + this.#checked(this.#partial.readUInt32BE(1));
      // Grown as the bytes come: what a peer only announces costs nothing.
      this.#grow(Math.min(this.#size, PREFIX_BYTES + Math.max(65_536, data.length)));
    }
    const wanted = Math.min(this.#size, this.#length + data.length - at);
    if (wanted > this.#partial.length) this.#grow(Math.min(this.#size, Math.max(wanted, this.#partial.length * 2)));
    at += this.#fill(data, at, this.#size);
    if (this.#length < this.#size) return at;
    const whole = this.#partial;
    this.#partial = NO_BYTES;
    this.#length = 0;
    this.#tell(whole.subarray(PREFIX_BYTES), whole[0] ?? 0, whole.length);
    return at;
  }

  #fill(data: Buffer, from: number, upTo: number): number {
    const copied = data.copy(this.#partial, this.#length, from, from + Math.min(upTo - this.#length, data.length - from));
    this.#length += copied;
    return copied;
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(size);
    this.#partial.copy(grown, 0, 0, this.#length);
    this.#partial = grown;
  }

  #checked(length: number): number {
    if (length <= MAX_MESSAGE_BYTES) return length;
    throw new RpcError(Status.RESOURCE_EXHAUSTED, `a message of ${length} bytes, the limit is ${MAX_MESSAGE_BYTES}`);
  }

  #tell(bytes: Buffer, flag: number, size: number): void {
    this.#onMessage(flag === 0 ? bytes : inflate(bytes, flag, this.#encoding), size);
  }
}

/** The message, where `data` is exactly one that is neither cut nor compressed: as almost all are. Its own copy. */
export function wholeMessage(data: Buffer): Buffer | undefined {
  if (data.length < PREFIX_BYTES || data[0] !== 0 || data.readUInt32BE(1) !== data.length - PREFIX_BYTES) return undefined;
  return Buffer.from(data.subarray(PREFIX_BYTES));
}

function inflate(bytes: Buffer, flag: number, encoding: string): Buffer {
  if (flag !== 1) throw new RpcError(Status.INTERNAL, `a message begins with ${flag}, expected 0 or 1 (compressed)`);
  if (encoding === "identity") throw new RpcError(Status.INTERNAL, "a message is compressed, but grpc-encoding does not say how");
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw new RpcError(Status.UNIMPLEMENTED, `a message is compressed with "${encoding}"; expected gzip, deflate or no compression`);
  }
  // Hardly anybody compresses: loaded when somebody does.
  const zlib = process.getBuiltinModule("node:zlib");
  const limit = { maxOutputLength: MAX_MESSAGE_BYTES };
  try {
    return encoding === "gzip" ? zlib.gunzipSync(bytes, limit) : zlib.inflateSync(bytes, limit);
  } catch (error) {
    const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    if (isTooLarge) throw new RpcError(Status.RESOURCE_EXHAUSTED, `a message of more than ${MAX_MESSAGE_BYTES} bytes`, { cause: error });
    throw new RpcError(Status.INTERNAL, `a message is compressed, and not with ${encoding} as it says`, { cause: error });
  }
}
