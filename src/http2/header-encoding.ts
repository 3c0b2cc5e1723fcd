/**
 * RFC 7541 section 6: fields to header blocks. One encoder for each connection. A field enters our table the second time it is seen: what comes
 * once stays a literal, so ever-changing fields do not push the steady ones out. No Huffman code.
 */
import { DynamicTable } from "./dynamic-table.js";
import { type HeaderField, STATIC_FIELDS } from "./header-field.js";
import { type HeaderList, type SteadyFields, sizeOf } from "./header-list.js";
import { BlockWriter } from "./primitives.js";

const MAX_SEEN = 1024;
const MAX_BLOCKS = 512;
/** Two size updates (section 4.2) at the beginning of a block. */
const MAX_SIZE_UPDATES = 12;

export class HeaderEncoder {
  readonly #table: DynamicTable;
  readonly #numbers = new Map<HeaderField, number>();
  readonly #seen = new Set<HeaderField>();
  readonly #writer = new BlockWriter();
  /** Of steady fields, while the table stays as it is. */
  readonly #blocks = new Map<SteadyFields, Buffer>();
  #blocksGeneration = 0;
  #pendingLimit: number | undefined;

  /** `tableSize`: the peer's SETTINGS_HEADER_TABLE_SIZE, 4,096 until it says otherwise. It may get smaller. */
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

  /** How many bytes the block may have; an index is never longer than the literal. */
  bound({ steady, varying }: HeaderList): number {
    return MAX_SIZE_UPDATES + steady.size + (varying.length === 0 ? 0 : sizeOf(varying));
  }

  /** Writes the block into `bytes` from `at`, where there must be room for `bound`. Where it ends. */
  encode({ steady, varying }: HeaderList, bytes: Buffer, at: number): number {
    const writer = this.#writer;
    writer.begin(bytes, at);
    if (this.#pendingLimit !== undefined) this.#tellSize(this.#pendingLimit);
    if (steady.fields.length > 0) this.#steady(steady, bytes);
    for (const field of varying) this.#field(field);
    return writer.end();
  }

  #steady(steady: SteadyFields, bytes: Buffer): void {
    const writer = this.#writer;
    const { generation } = this.#table;
    if (this.#blocksGeneration !== generation) {
      this.#blocks.clear();
      this.#blocksGeneration = generation;
    }
    const known = this.#blocks.get(steady);
    if (known !== undefined) {
      writer.raw(known);
      return;
    }
    const start = writer.at;
    let isSettled = true;
    for (const field of steady.fields) if (!this.#field(field)) isSettled = false;
    if (!steady.isShared || !isSettled || generation !== this.#table.generation) return;
    if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear();
    this.#blocks.set(steady, Buffer.from(bytes.subarray(start, writer.at)));
  }

  #tellSize(limit: number): void {
    this.#writer.integer(0x20, 5, this.#table.limit);
    if (limit !== this.#table.limit) {
      this.#writer.integer(0x20, 5, limit);
      this.#table.resize(limit);
    }
    this.#pendingLimit = undefined;
  }

  /** False when the field would be written otherwise the next time. */
  #field(field: HeaderField): boolean {
    if (field.isNeverIndexed) return this.#literal(0x10, 4, field);
    if (field.staticIndex > 0) {
      this.#writer.integer(0x80, 7, field.staticIndex);
      return true;
    }
    if (!field.isWorthKeeping) return this.#literal(0x00, 4, field);
    const position = this.#positionOf(field);
    if (position >= 0) {
      this.#writer.integer(0x80, 7, STATIC_FIELDS.length + 1 + position);
      return true;
    }
    if (field.size > this.#table.limit / 4) return this.#literal(0x00, 4, field);
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
    const { staticIndex } = field.about;
    this.#writer.integer(pattern, prefixBits, staticIndex);
    if (staticIndex === 0) this.#writer.string(field.name);
    this.#writer.string(field.value);
    return true;
  }
}
