/**
 * What goes out. Frames of one read event gather in a slab and leave in one write: system calls, not bytes, are what a call costs.
 * A slab is used again only when the kernel took all of it at once.
 */
import type { Duplex } from "node:stream";

const SLAB_BYTES = 65_536;
const MAX_FREE_SLABS = 8;
/** More than this waiting for the kernel: data waits in its streams instead, where flow control bounds it. */
const CONGESTED_BYTES = 262_144;
/** With this much waiting, small writes gather until the socket drains. It is above the socket's own mark, so that it will say so. */
const LAGGING_BYTES = 131_072;

const freeSlabs: Buffer[] = [];
let touched: Output[] = [];
let depth = 0;
let isFlushQueued = false;

/** Runs `work`; everything that it makes any connection send leaves in one write for each connection. */
export function inOneWrite(work: () => void): void {
  beginWrites();
  try {
    work();
  } finally {
    endWrites();
  }
}

/** The same, where the function would be made for every call of it. */
export function beginWrites(): void {
  depth += 1;
}

export function endWrites(): void {
  depth -= 1;
  if (depth === 0) flushTouched();
}

function flushTouched(): void {
  while (touched.length > 0) {
    const now = touched;
    touched = [];
    for (const output of now) output.flush();
  }
}

export class Output {
  readonly #socket: Duplex;
  #slab: Buffer | undefined;
  #length = 0;
  #isTouched = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > CONGESTED_BYTES;
  }

  /** Bytes that wait for the peer to read. */
  get waiting(): number {
    return this.#socket.writableLength + this.#length;
  }

  /** Room for `bytes` in the slab: write them into `slab` from the returned offset. At most the size of a slab. */
  reserve(bytes: number): number {
    if (this.#slab !== undefined && this.#length + bytes > SLAB_BYTES) this.#write(this.#slab);
    this.#slab ??= freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
    if (!this.#isTouched) this.#touch();
    const offset = this.#length;
    this.#length += bytes;
    return offset;
  }

  /** What the last `reserve` asked for and was not used. */
  unreserve(bytes: number): void {
    this.#length -= bytes;
  }

  /** The slab of the last `reserve`. */
  get slab(): Buffer {
    this.#slab ??= Buffer.allocUnsafeSlow(SLAB_BYTES);
    return this.#slab;
  }

  flush(): void {
    this.#isTouched = false;
    if (this.#slab === undefined) return;
    // Writing many small pieces to a peer that does not read would cost a multiple of their bytes; "drain" brings us back.
    if (this.#socket.writableLength > LAGGING_BYTES) return;
    this.#write(this.#slab);
  }

  /** Also what would wait for the socket to drain: nothing comes after it. */
  flushLast(): void {
    if (this.#slab !== undefined) this.#write(this.#slab);
  }

  #write(slab: Buffer): void {
    const bytes = slab.subarray(0, this.#length);
    this.#slab = undefined;
    this.#length = 0;
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      giveBack(slab);
      return;
    }
    const wasEmpty = this.#socket.writableLength === 0;
    if (!wasEmpty && bytes.length < SLAB_BYTES / 2) {
      // It has to wait: no whole slab for a few bytes.
      this.#socket.write(Buffer.from(bytes));
      giveBack(slab);
      return;
    }
    this.#socket.write(bytes);
    if (wasEmpty && this.#socket.writableLength === 0) giveBack(slab);
  }

  #touch(): void {
    this.#isTouched = true;
    touched.push(this);
    if (depth > 0 || isFlushQueued) return;
    isFlushQueued = true;
    process.nextTick(() => {
      isFlushQueued = false;
      flushTouched();
    });
  }
}

function giveBack(slab: Buffer): void {
  if (freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
}
