/** RFC 7541 sections 3 and 6: header blocks to fields. One decoder for each connection. */
import { DynamicTable } from "./dynamic-table.js";
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { fieldName, fieldUnder, type HeaderField, STATIC_FIELDS, sensitiveField } from "./header-field.js";
import type { HeaderList } from "./header-list.js";
import { ListBuilder } from "./list-builder.js";
import { BlockReader } from "./primitives.js";

export interface DecoderLimits {
  /** What our SETTINGS_HEADER_TABLE_SIZE allows the peer to use. */
  readonly tableSize: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE: sum of the sizes of the fields of one block. */
  readonly listSize: number;
}

export class HeaderDecoder {
  readonly #table: DynamicTable;
  readonly #limits: DecoderLimits;
  readonly #reader = new BlockReader();
  readonly #builder = new ListBuilder();

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
    this.#table = new DynamicTable(limits.tableSize);
  }

  /**
   * The fields of a block, or undefined when they are larger than the list limit: the table is up to date and only that stream need end.
   * COMPRESSION_ERROR when the block is malformed.
   */
  decode(bytes: Buffer, start: number, end: number): HeaderList | undefined {
    const reader = this.#reader;
    const builder = this.#builder;
    const { listSize } = this.#limits;
    reader.begin(bytes, start, end);
    builder.begin();
    let size = 0;
    while (reader.at < end) {
      const first = bytes[reader.at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        // Section 4.2: size updates come only at the beginning of a block.
        if (size > 0) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a table size update inside a header block");
        this.#resize(reader.integer(5));
        continue;
      }
      const field = (first & 0x80) === 0 ? this.#literal(reader, first) : this.#indexed(reader.integer(7));
      size += field.size;
      if (size <= listSize) builder.add(field);
    }
    reader.end();
    const list = builder.list();
    return size > listSize ? undefined : list;
  }

  #literal(reader: BlockReader, first: number): HeaderField {
    const isIndexing = (first & 0x40) !== 0;
    const isSensitive = !isIndexing && (first & 0x10) !== 0;
    const nameIndex = reader.integer(isIndexing ? 6 : 4);
    const known = nameIndex === 0 ? undefined : this.#indexed(nameIndex);
    const about = known?.about ?? fieldName(reader.string());
    const value = reader.string();
    if (isSensitive) return sensitiveField(about.text, value);
    const field = fieldUnder(about, value);
    if (isIndexing) this.#table.insert(field);
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
