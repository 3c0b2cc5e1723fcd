/** Lines whose edges are watched, in one request of the character device. */
import type { Edge, EdgeLines } from "../gpio.js";
import { decodeEvent, EVENT_BYTES, viewOf } from "./abi.js";
import { type RequestParts, ValueRequest } from "./value-request.js";

const BATCH = 128;
/** Then others have a turn; the kernel says again that there is more. */
const MAX_BATCHES = 8;

// One for all: what is in it is decoded before anybody else reads.
const buffer = new Uint8Array(BATCH * EVENT_BYTES);
const view = viewOf(buffer);

export class EdgeRequest extends ValueRequest implements EdgeLines {
  readonly hasKernelTime = true;
  readonly #parts: RequestParts & { readonly onEdges: (edges: readonly Edge[]) => void };
  readonly #indexes: ReadonlyMap<number, number>;
  readonly #unwatch: () => void;
  #sequence = 0;
  #lost = 0;

  constructor(parts: RequestParts & { readonly onEdges: (edges: readonly Edge[]) => void }) {
    super(parts);
    this.#parts = parts;
    this.#indexes = new Map(parts.addresses.map(({ offset }, index) => [offset, index]));
    this.#unwatch = parts.kernel.onReadable(parts.descriptor, () => this.#read());
  }

  get lost(): number {
    return this.#lost;
  }

  override close(): void {
    if (this.isClosed) return;
    this.#unwatch();
    super.close();
  }

  #read(): void {
    const edges: Edge[] = [];
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const bytes = this.#readBatch();
      for (let at = 0; at + EVENT_BYTES <= bytes; at += EVENT_BYTES) {
        const { time, isRising, offset, sequence } = decodeEvent(view, at);
        // Counts in 32 bits, and starts at 1.
        this.#lost += (sequence - this.#sequence - 1) >>> 0;
        this.#sequence = sequence;
        const index = this.#indexes.get(offset);
        if (index !== undefined) edges.push({ index, isHigh: isRising, time });
      }
      if (bytes < buffer.length) break;
    }
    if (edges.length > 0) this.#parts.onEdges(edges);
  }

  #readBatch(): number {
    try {
      return this.#parts.kernel.read(this.#parts.descriptor, buffer);
    } catch {
      // The chip is gone: the descriptor stays readable for ever and never gives an edge again. `get` says why.
      this.#unwatch();
      return 0;
    }
  }
}
