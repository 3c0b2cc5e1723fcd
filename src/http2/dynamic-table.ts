/** RFC 7541 sections 2.3.2 and 4: the dynamic table, newest entry first. */
import type { HeaderField } from "./header-field.js";

/** RFC 7541 section 4.1: no entry is smaller. */
const SMALLEST_ENTRY = 32;

export class DynamicTable {
  /** A ring: entry number n lies at n modulo its length, a power of two. */
  #ring: (HeaderField | undefined)[] = [];
  #mask: number;
  #evicted = 0;
  #inserted = 0;
  #size = 0;
  #limit: number;
  /** Changes with every change of content: what was remembered about the table before no longer holds. */
  generation = 0;

  /** `limit`: the largest size it will ever have. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#mask = 2 ** Math.ceil(Math.log2(limit / SMALLEST_ENTRY + 1)) - 1;
  }

  get limit(): number {
    return this.#limit;
  }

  get length(): number {
    return this.#inserted - this.#evicted;
  }

  /** `position` 0 is the newest. */
  at(position: number): HeaderField | undefined {
    return position < this.length ? this.#ring[(this.#inserted - 1 - position) & this.#mask] : undefined;
  }

  /** Number for `positionOf`: stays the same while the entry is in the table. */
  insert(field: HeaderField): number {
    this.generation += 1;
    this.#evictTo(this.#limit - field.size);
    // Section 4.4: an entry larger than the table empties it and is not an error.
    if (field.size > this.#limit) return -1;
    this.#ring[this.#inserted & this.#mask] = field;
    this.#size += field.size;
    this.#inserted += 1;
    return this.#inserted - 1;
  }

  /** Position of an inserted entry, or -1 when it was evicted. */
  positionOf(number: number): number {
    return number < this.#evicted ? -1 : this.#inserted - 1 - number;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#evictTo(limit);
    this.generation += 1;
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.#evicted < this.#inserted) {
      const at = this.#evicted & this.#mask;
      this.#size -= this.#ring[at]?.size ?? 0;
      this.#ring[at] = undefined;
      this.#evicted += 1;
    }
  }
}
