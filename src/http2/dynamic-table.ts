/** RFC 7541 sections 2.3.2 and 4: the dynamic table, newest entry first. */
import type { HeaderField } from "./header-field.js";

export class DynamicTable {
  /** Oldest first; `#start` counts what was evicted, so an entry's age never changes. */
  #entries: HeaderField[] = [];
  #evicted = 0;
  #size = 0;
  #limit: number;
  /** Changes with every change of content: what was remembered about the table before no longer holds. */
  generation = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** `position` 0 is the newest. */
  at(position: number): HeaderField | undefined {
    return this.#entries[this.#entries.length - 1 - position];
  }

  /** Number for `positionOf`: stays the same while the entry is in the table. */
  insert(field: HeaderField): number {
    this.generation += 1;
    this.#evictTo(this.#limit - field.size);
    // Section 4.4: an entry larger than the table empties it and is not an error.
    if (field.size > this.#limit) return -1;
    this.#entries.push(field);
    this.#size += field.size;
    return this.#evicted + this.#entries.length - 1;
  }

  /** Position of an inserted entry, or -1 when it was evicted. */
  positionOf(number: number): number {
    const index = number - this.#evicted;
    return index < 0 ? -1 : this.#entries.length - 1 - index;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#evictTo(limit);
    this.generation += 1;
  }

  #evictTo(size: number): void {
    let gone = 0;
    while (this.#size > Math.max(0, size) && gone < this.#entries.length) {
      this.#size -= this.#entries[gone]?.size ?? 0;
      gone += 1;
    }
    if (gone === 0) return;
    this.#entries.splice(0, gone);
    this.#evicted += gone;
  }
}
