/**
 * RFC 7541 sections 3 and 6: header blocks to fields. One decoder for each connection. A block that changed nothing in the table is
 * remembered by its bytes: a steady call costs one look-up.
 */
import { DynamicTable } from "./dynamic-table.js";
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { type HeaderField, headerField, STATIC_FIELDS, sensitiveField } from "./header-field.js";
import { BlockReader } from "./primitives.js";

const MAX_CACHED_BLOCKS = 256;
const MAX_CACHED_BYTES = 512;
/** Peers that change the table with every request would pay for looking up what is never found: after so many misses in a row only some blocks are looked up. */
const PATIENT_MISSES = 32;
const LOOK_EVERY = 16;

export interface DecoderLimits {
  /** What our SETTINGS_HEADER_TABLE_SIZE allows the peer to use. */
  readonly tableSize: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE: sum of the sizes of the fields of one block. */
  readonly listSize: number;
}

export class HeaderDecoder {
  readonly #table: DynamicTable;
  readonly #limits: DecoderLimits;
  readonly #cache = new Map<string, readonly HeaderField[]>();
  #cacheGeneration = 0;
  #misses = 0;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
    this.#table = new DynamicTable(limits.tableSize);
  }

  /**
   * The fields of a block, or undefined when they are larger than the list limit: the table is up to date and only that stream need end.
   * COMPRESSION_ERROR when the block is malformed.
   */
  decode(bytes: Buffer, start: number, end: number): readonly HeaderField[] | undefined {
    if (end - start > MAX_CACHED_BYTES) return this.#decode(new BlockReader(bytes, start, end));
    if (this.#cacheGeneration !== this.#table.generation) {
      this.#cache.clear();
      this.#cacheGeneration = this.#table.generation;
    }
    this.#misses += 1;
    if (this.#misses > PATIENT_MISSES && this.#misses % LOOK_EVERY !== 0) return this.#decode(new BlockReader(bytes, start, end));
    const key = bytes.toString("latin1", start, end);
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#misses = 0;
      return cached;
    }
    const fields = this.#decode(new BlockReader(bytes, start, end));
    if (fields !== undefined && this.#cacheGeneration === this.#table.generation) {
      if (this.#cache.size >= MAX_CACHED_BLOCKS) this.#cache.clear();
      this.#cache.set(key, fields);
    }
    return fields;
  }

  #decode(reader: BlockReader): readonly HeaderField[] | undefined {
    const fields: HeaderField[] = [];
    let size = 0;
    while (reader.at < reader.end) {
      const first = reader.bytes[reader.at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        // Section 4.2: size updates come only at the beginning of a block.
        if (fields.length > 0) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a table size update inside a header block");
        this.#resize(reader.integer(5));
        continue;
      }
      const field = this.#field(reader, first);
      size += field.size;
      if (size <= this.#limits.listSize) fields.push(field);
    }
    return size > this.#limits.listSize ? undefined : fields;
  }

  #field(reader: BlockReader, first: number): HeaderField {
    if ((first & 0x80) !== 0) return this.#indexed(reader.integer(7));
    const isIndexing = (first & 0x40) !== 0;
    const nameIndex = reader.integer(isIndexing ? 6 : 4);
    const name = nameIndex === 0 ? reader.string() : this.#indexed(nameIndex).name;
    const value = reader.string();
    if (!isIndexing) return (first & 0x10) === 0 ? headerField(name, value) : sensitiveField(name, value);
    const field = headerField(name, value);
    this.#table.insert(field);
    return field;
  }

  #indexed(index: number): HeaderField {
    const field = index <= STATIC_FIELDS.length ? STATIC_FIELDS[index - 1] : this.#table.at(index - STATIC_FIELDS.length - 1);
    if (field === undefined) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, `index ${index} is in neither header table`);
    return field;
  }

  #resize(limit: number): void {
    if (limit > this.#limits.tableSize) {
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, `table size ${limit} is over the allowed ${this.#limits.tableSize}`);
    }
    if (limit !== this.#table.limit) this.#table.resize(limit);
  }
}
