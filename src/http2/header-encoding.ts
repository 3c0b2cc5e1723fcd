/**
 * RFC 7541 section 6: fields to header blocks. One encoder for each connection. A field enters our table the second time it is seen: what comes
 * once stays a literal, so ever-changing fields do not push the steady ones out. No Huffman code.
 */
import { DynamicTable } from "./dynamic-table.js";
import { type HeaderField, isWorthKeeping, STATIC_FIELDS } from "./header-field.js";
import { BlockWriter } from "./primitives.js";

const MAX_SEEN = 1024;

export class HeaderEncoder {
  readonly #table: DynamicTable;
  readonly #numbers = new Map<HeaderField, number>();
  readonly #seen = new Set<HeaderField>();
  readonly #writer = new BlockWriter();
  #blocks = new WeakMap<readonly HeaderField[], Buffer>();
  #blocksGeneration = 0;
  #pendingLimit: number | undefined;

  /** `tableSize`: the peer's SETTINGS_HEADER_TABLE_SIZE, 4,096 until it says otherwise. */
  constructor(tableSize: number) {
    this.#table = new DynamicTable(tableSize);
  }

  /** The peer allows another table size; told to it at the beginning of the next block (section 4.2). */
  resize(limit: number): void {
    if (limit === (this.#pendingLimit ?? this.#table.limit)) return;
    // The smallest size in between must be told as well; shrinking at once and telling both is simplest.
    this.#table.resize(Math.min(limit, this.#table.limit));
    this.#pendingLimit = limit;
  }

  /** The same array of fields is encoded once while the table stays as it is. The block must not be changed, and lasts until the next one is made. */
  encode(fields: readonly HeaderField[]): Buffer {
    if (this.#blocksGeneration !== this.#table.generation) {
      this.#blocks = new WeakMap();
      this.#blocksGeneration = this.#table.generation;
    }
    const known = this.#pendingLimit === undefined ? this.#blocks.get(fields) : undefined;
    if (known !== undefined) return known;
    this.#tellSize();
    const generation = this.#table.generation;
    let isSteady = true;
    for (const field of fields) if (!this.#field(field)) isSteady = false;
    const block = this.#writer.take();
    if (isSteady && generation === this.#table.generation && generation === this.#blocksGeneration)
      this.#blocks.set(fields, Buffer.from(block));
    return block;
  }

  #tellSize(): void {
    if (this.#pendingLimit === undefined) return;
    this.#writer.integer(0x20, 5, this.#table.limit);
    if (this.#pendingLimit !== this.#table.limit) {
      this.#writer.integer(0x20, 5, this.#pendingLimit);
      this.#table.resize(this.#pendingLimit);
    }
    this.#pendingLimit = undefined;
  }

  /** False when the field would be written otherwise the next time. */
  #field(field: HeaderField): boolean {
    if (field.staticIndex > 0 && !field.isNeverIndexed) {
      this.#writer.integer(0x80, 7, field.staticIndex);
      return true;
    }
    const position = this.#positionOf(field);
    if (position >= 0) {
      this.#writer.integer(0x80, 7, STATIC_FIELDS.length + 1 + position);
      return true;
    }
    if (field.isNeverIndexed) return this.#literal(0x10, 4, field);
    if (!isWorthKeeping(field) || field.size > this.#table.limit / 4) return this.#literal(0x00, 4, field);
    if (this.#seen.delete(field)) {
      this.#literal(0x40, 6, field);
      if (this.#numbers.size >= MAX_SEEN) this.#forgetEvicted();
      this.#numbers.set(field, this.#table.insert(field));
      return false;
    }
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(field);
    this.#literal(0x00, 4, field);
    return false;
  }

  #positionOf(field: HeaderField): number {
    const number = this.#numbers.get(field);
    if (number === undefined) return -1;
    const position = this.#table.positionOf(number);
    if (position < 0) this.#numbers.delete(field);
    return position;
  }

  #forgetEvicted(): void {
    for (const [field, number] of this.#numbers) if (this.#table.positionOf(number) < 0) this.#numbers.delete(field);
  }

  #literal(pattern: number, prefixBits: number, field: HeaderField): true {
    this.#writer.integer(pattern, prefixBits, field.staticNameIndex);
    if (field.staticNameIndex === 0) this.#writer.string(field.name);
    this.#writer.string(field.value);
    return true;
  }
}
