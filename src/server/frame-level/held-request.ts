/** What a client sent before it was known where it goes: kept in one piece, counted against what the client may make us keep. */
import type { ByteBudget } from "../../http2/byte-budget.js";
import { FirstMessage, type FirstMessageResult } from "../first-message.js";

const PREFIX_BYTES = 5;
const SMALLEST = 1024;
const NOTHING = Buffer.alloc(0);

export class HeldRequest {
  readonly #budget: ByteBudget;
  readonly #isNested: boolean;
  readonly #encoding: string | undefined;
  #buffer: Buffer = NOTHING;
  #length = 0;
  #lookAgainAt = 0;

  constructor(budget: ByteBudget, isNested: boolean, encoding: string | undefined) {
    this.#budget = budget;
    this.#isNested = isNested;
    this.#encoding = encoding;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** Keeps a copy; false when there is no room for it. */
  add(data: Buffer): boolean {
    const needed = this.#length + data.length;
    if (needed > this.#buffer.length && !this.#grow(needed)) return false;
    data.copy(this.#buffer, this.#length);
    this.#length = needed;
    return true;
  }

  /**
   * What the first message says, of which `bytes` are the beginning. A message that comes in many pieces is only looked at again when
   * it has doubled or is complete.
   */
  look(bytes: Buffer): FirstMessageResult | Promise<FirstMessageResult> {
    if (bytes.length < this.#lookAgainAt) return { kind: "more" };
    const wanted = bytes.length < PREFIX_BYTES ? PREFIX_BYTES : PREFIX_BYTES + bytes.readUInt32BE(1);
    this.#lookAgainAt = Math.min(wanted, Math.max(bytes.length * 2, PREFIX_BYTES));
    return new FirstMessage(this.#isNested, this.#encoding).add(bytes);
  }

  /** Forgets everything. */
  release(): void {
    this.#budget.give(this.#buffer.length);
    this.#buffer = NOTHING;
    this.#length = 0;
  }

  #grow(needed: number): boolean {
    const size = Math.max(needed, this.#buffer.length * 2, SMALLEST);
    if (!this.#budget.take(size - this.#buffer.length)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    return true;
  }
}
