/** Collects the first message of a call until the name in it is known: length prefix, compression, limit. */
import { promisify } from "node:util";
import { MAX_MESSAGE_BYTES, PREFIX_BYTES } from "../proto/grpc-message.js";
import { Status } from "../proto/status-code.js";
import { NameScanner, type ScanResult } from "./name-scanner.js";
import type { Refusal } from "./router-backend.js";

export type FirstMessageResult =
  | { readonly kind: "more" }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "missing" }
  | { readonly kind: "malformed" }
  | { readonly kind: "too-large"; readonly length: number }
  | { readonly kind: "unknown-compression"; readonly encoding: string };

/** How a compressed message is read; only gzip and deflate are in use among gRPC libraries. */
type Inflate = (bytes: Buffer) => Promise<Buffer>;

export class FirstMessage {
  readonly #scanner: NameScanner;
  readonly #isNested: boolean;
  readonly #encoding: string;
  #chunks: Buffer[] = [];
  #size = 0;
  /** What the chunks amount to; grown by doubling so that a long message is not copied for every piece of it. */
  #joined: Buffer = Buffer.alloc(0);

  constructor(isNested: boolean, encoding: string | undefined) {
    this.#isNested = isNested;
    this.#scanner = new NameScanner(isNested);
    this.#encoding = encoding ?? "identity";
  }

  /** Bytes collected so far, in the order they came. */
  get chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  /** Whether the bytes so far end exactly where the first message does. */
  get isWhole(): boolean {
    return this.#size >= PREFIX_BYTES && this.#size === PREFIX_BYTES + this.#head().readUInt32BE(1);
  }

  add(chunk: Buffer): FirstMessageResult | Promise<FirstMessageResult> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < PREFIX_BYTES) return { kind: "more" };
    const bytes = this.#head();
    const length = bytes.readUInt32BE(1);
    if (length > MAX_MESSAGE_BYTES) return { kind: "too-large", length };
    const message = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
    if (bytes[0] === 0) return this.#scanner.scan(message, length);
    return message.length < length ? { kind: "more" } : this.#inflate(message);
  }

  #head(): Buffer {
    const first = this.#chunks[0];
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const known = this.#joined.length;
    if (known < this.#size) this.#grow();
    return this.#joined;
  }

  #grow(): void {
    // Pieces are joined when they have doubled what was there, which the scanner tolerates: it sees a prefix of the truth.
    const isWorthIt = this.#size < 64 * 1024 || this.#size >= this.#joined.length * 2 || this.#size >= this.#wanted();
    if (!isWorthIt) return;
    this.#joined = Buffer.concat(this.#chunks);
  }

  #wanted(): number {
    return this.#joined.length < PREFIX_BYTES ? 0 : PREFIX_BYTES + this.#joined.readUInt32BE(1);
  }

  async #inflate(message: Buffer): Promise<FirstMessageResult> {
    const inflate = await inflaterOf(this.#encoding);
    if (inflate === undefined) return { kind: "unknown-compression", encoding: this.#encoding };
    try {
      const plain = await inflate(message);
      const result: ScanResult = new NameScanner(this.#isNested).scan(plain, plain.length);
      return result;
    } catch (error) {
      const isTooLarge = error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
      return isTooLarge ? { kind: "too-large", length: MAX_MESSAGE_BYTES + 1 } : { kind: "malformed" };
    }
  }
}

async function inflaterOf(encoding: string): Promise<Inflate | undefined> {
  if (encoding !== "gzip" && encoding !== "deflate") return undefined;
  const zlib = await import("node:zlib");
  const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(encoding === "gzip" ? zlib.gunzip : zlib.inflate);
  return (bytes) => inflate(bytes, { maxOutputLength: MAX_MESSAGE_BYTES });
}

/** Why a call cannot go on after such a first message; undefined when it can. */
export function firstMessageProblem(result: FirstMessageResult, path: string): Refusal | undefined {
  const refuse = (code: Status, message: string): Refusal => ({
    kind: "refusal",
    code,
    message: `the first message of ${path} ${message}`,
  });
  switch (result.kind) {
    case "malformed":
      return refuse(Status.INTERNAL, "is no valid protobuf message");
    case "too-large":
      return refuse(Status.RESOURCE_EXHAUSTED, `has ${result.length} bytes, the limit is ${MAX_MESSAGE_BYTES}`);
    case "unknown-compression":
      return refuse(Status.UNIMPLEMENTED, `is compressed with "${result.encoding}"; expected gzip, deflate or no compression`);
    case "more":
    case "name":
    case "missing":
      return undefined;
  }
}
