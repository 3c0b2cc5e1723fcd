/**
 * An index over serialized file descriptors: which file defines a symbol and what it imports.
 * Reads only the few fields it needs and keeps the files as bytes.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

export interface DescriptorFile {
  readonly name: string;
  readonly imports: readonly string[];
  /** Full names of all messages, enums, services and methods in the file. */
  readonly symbols: readonly string[];
  readonly services: readonly string[];
  /** The serialized google.protobuf.FileDescriptorProto. */
  readonly bytes: Uint8Array;
}

export class DescriptorIndex {
  readonly #files = new Map<string, DescriptorFile>();
  readonly #bySymbol = new Map<string, DescriptorFile>();

  /** Adds one serialized FileDescriptorProto. A file of a name already there is left out. */
  addFile(bytes: Uint8Array): DescriptorFile {
    const file = readFile(bytes);
    const known = this.#files.get(file.name);
    if (known !== undefined) return known;
    this.#files.set(file.name, file);
    for (const symbol of file.symbols) this.#bySymbol.set(symbol, file);
    return file;
  }

  /** Adds all files of a serialized FileDescriptorSet. */
  addSet(bytes: Uint8Array): void {
    readFields(bytes, { 1: (reader) => void this.addFile(reader.bytes()) });
  }

  file(name: string): DescriptorFile | undefined {
    return this.#files.get(name);
  }

  fileOfSymbol(symbol: string): DescriptorFile | undefined {
    return this.#bySymbol.get(symbol);
  }

  /** The file and everything it imports, itself first, each once. Imports nobody added are left out. */
  withImports(file: DescriptorFile): readonly DescriptorFile[] {
    const found = new Set<DescriptorFile>([file]);
    for (const current of found) {
      for (const name of current.imports) {
        const imported = this.#files.get(name);
        if (imported !== undefined) found.add(imported);
      }
    }
    return [...found];
  }
}

// Field numbers of google/protobuf/descriptor.proto.
function readFile(bytes: Uint8Array): DescriptorFile {
  let name = "";
  let prefix = "";
  const imports: string[] = [];
  const nested: { readonly kind: "type" | "enum" | "service"; readonly bytes: Uint8Array }[] = [];
  readFields(bytes, {
    1: (reader) => {
      name = reader.string();
    },
    2: (reader) => {
      prefix = `${reader.string()}.`;
    },
    3: (reader) => imports.push(reader.string()),
    4: (reader) => nested.push({ kind: "type", bytes: reader.bytes() }),
    5: (reader) => nested.push({ kind: "enum", bytes: reader.bytes() }),
    6: (reader) => nested.push({ kind: "service", bytes: reader.bytes() }),
  });
  const symbols: string[] = [];
  const services: string[] = [];
  for (const item of nested) {
    if (item.kind === "type") readType(item.bytes, prefix, symbols);
    else if (item.kind === "enum") symbols.push(prefix + nameOf(item.bytes));
    else services.push(readService(item.bytes, prefix, symbols));
  }
  return { name, imports, symbols, services, bytes };
}

function readType(bytes: Uint8Array, prefix: string, symbols: string[]): void {
  const name = prefix + nameOf(bytes);
  symbols.push(name);
  readFields(bytes, {
    3: (reader) => readType(reader.bytes(), `${name}.`, symbols),
    4: (reader) => symbols.push(`${name}.${nameOf(reader.bytes())}`),
  });
}

function readService(bytes: Uint8Array, prefix: string, symbols: string[]): string {
  const name = prefix + nameOf(bytes);
  symbols.push(name);
  readFields(bytes, { 2: (reader) => symbols.push(`${name}.${nameOf(reader.bytes())}`) });
  return name;
}

function nameOf(bytes: Uint8Array): string {
  let name = "";
  readFields(bytes, {
    1: (reader) => {
      name = reader.string();
    },
  });
  return name;
}

function readFields(bytes: Uint8Array, readers: Readonly<Record<number, (reader: BinaryReader) => void>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = readers[field];
    if (read !== undefined && wireType === WireType.LengthDelimited) read(reader);
    else reader.skip(wireType, field);
  }
}

/** Adds the descriptors of Pinion's own .proto files, loading them now. */
export async function addOwnDescriptors(index: DescriptorIndex): Promise<void> {
  const { FILE_DESCRIPTOR_SET_BASE64 } = await import("./gen/descriptors.js");
  index.addSet(Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64"));
}
