/**
 * Serialized descriptors of the files behind a .proto file that was read at run time. Every type name is written in full and every
 * import is listed, which reflection clients insist on.
 */
import path from "node:path";
import protobuf from "protobufjs";
import type { DescriptorExtension } from "./descriptor-extension.js";

type Described = protobuf.Type | protobuf.Enum | protobuf.Service;

interface Draft {
  readonly types: protobuf.Type[];
  readonly enums: protobuf.Enum[];
  readonly services: protobuf.Service[];
}

/** `isKnown`: files that reflection has from elsewhere, by import name; they are referred to but not described. */
export function describeFiles(
  extension: DescriptorExtension,
  root: protobuf.Root,
  folders: readonly string[],
  knownFileOf: (symbol: string) => string | undefined,
): Uint8Array[] {
  const drafts = new Map<string, Draft>();
  collect(root, drafts);
  const nameOf = (object: protobuf.ReflectionObject): string =>
    knownFileOf(object.fullName.slice(1)) ?? importName(topLevel(object).filename ?? "unnamed.proto", folders);
  const files: Uint8Array[] = [];
  for (const [file, draft] of drafts) {
    const first = draft.services[0] ?? draft.types[0] ?? draft.enums[0];
    if (first === undefined || knownFileOf(first.fullName.slice(1)) !== undefined) continue;
    files.push(encodeFile(extension, importName(file, folders), draft, nameOf));
  }
  return files;
}

function collect(space: protobuf.NamespaceBase, drafts: Map<string, Draft>): void {
  for (const object of space.nestedArray) {
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service) add(object, drafts);
    else if (object instanceof protobuf.Namespace) collect(object, drafts);
  }
}

function add(object: Described, drafts: Map<string, Draft>): void {
  const file = object.filename ?? "unnamed.proto";
  const draft = drafts.get(file) ?? { types: [], enums: [], services: [] };
  drafts.set(file, draft);
  if (object instanceof protobuf.Type) draft.types.push(object);
  else if (object instanceof protobuf.Enum) draft.enums.push(object);
  else draft.services.push(object);
}

interface FieldDescriptor {
  name: string;
  jsonName?: string;
  proto3Optional?: boolean;
  typeName?: string | null;
}

interface TypeDescriptor {
  name: string;
  field: FieldDescriptor[];
  nestedType: TypeDescriptor[];
}

interface ServiceDescriptor {
  method: { name: string; inputType: string; outputType: string }[];
}

// The extension adds this to messages, enums and services.
interface Describable {
  toDescriptor(syntax: string): unknown;
}

function encodeFile(
  extension: DescriptorExtension,
  name: string,
  draft: Draft,
  nameOf: (object: protobuf.ReflectionObject) => string,
): Uint8Array {
  const references = new Set<string>();
  const refer = (object: protobuf.ReflectionObject): string => {
    references.add(nameOf(object));
    return object.fullName;
  };
  const messageType = draft.types.map((type) => qualifyType(describe<TypeDescriptor>(type), type, refer));
  const enumType = draft.enums.map((item) => describe<object>(item));
  const service = draft.services.map((item) => qualifyService(describe<ServiceDescriptor>(item), item, refer));
  references.delete(name);
  const first = draft.services[0] ?? draft.types[0] ?? draft.enums[0];
  const packageName = first?.parent?.fullName.slice(1) ?? "";
  const proto = { name, package: packageName, dependency: [...references].toSorted(), messageType, enumType, service, syntax: "proto3" };
  return extension.FileDescriptorProto.encode(extension.FileDescriptorProto.create(proto)).finish();
}

function describe<T>(object: Described): T {
  // `toDescriptor` was added by the extension and returns the descriptor of its object's kind.
  return (object as unknown as Describable).toDescriptor("proto3") as T;
}

function qualifyType(
  descriptor: TypeDescriptor,
  type: protobuf.Type,
  refer: (object: protobuf.ReflectionObject) => string,
): TypeDescriptor {
  for (const field of type.fieldsArray) {
    const own = descriptor.field.find(({ name }) => name === field.name);
    if (own === undefined) continue;
    own.jsonName = jsonNameOf(field);
    if (isOptionalScalar(field)) own.proto3Optional = true;
    if (field.map) {
      // A map is a repeated entry message of this type; its value is what may refer to another file.
      const entry = descriptor.nestedType.find(({ name }) => own.typeName?.endsWith(name));
      const value = entry?.field.find(({ name }) => name === "value");
      for (const part of entry?.field ?? []) part.jsonName = part.name;
      if (entry !== undefined) {
        entry.name = mapEntryName(field.name);
        own.typeName = `${type.fullName}.${entry.name}`;
      }
      if (value !== undefined && field.resolvedType !== null) value.typeName = refer(field.resolvedType);
    } else if (field.resolvedType !== null) {
      own.typeName = refer(field.resolvedType);
    }
  }
  for (const nested of type.nestedArray) {
    const own = descriptor.nestedType.find(({ name }) => name === nested.name);
    if (nested instanceof protobuf.Type && own !== undefined) qualifyType(own, nested, refer);
  }
  return descriptor;
}

/** Compilers always write it, and readers that get a compiled descriptor do not work it out. */
function jsonNameOf(field: protobuf.Field): string {
  const own: unknown = field.getOption("json_name");
  return typeof own === "string" ? own : field.name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

/** Marked, or readers take the choice of one behind it for one that the author wrote. */
function isOptionalScalar(field: protobuf.Field): boolean {
  return field.partOf?.isProto3Optional === true;
}

/** The name compilers give it, and strict readers expect: `place_list` has `PlaceListEntry`. */
function mapEntryName(field: string): string {
  const words = field.split("_").filter((word) => word !== "");
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Entry`;
}

function qualifyService(
  descriptor: ServiceDescriptor,
  service: protobuf.Service,
  refer: (object: protobuf.ReflectionObject) => string,
): ServiceDescriptor {
  for (const method of service.methodsArray) {
    const own = descriptor.method.find(({ name }) => name === method.name);
    if (own === undefined || method.resolvedRequestType === null || method.resolvedResponseType === null) continue;
    own.inputType = refer(method.resolvedRequestType);
    own.outputType = refer(method.resolvedResponseType);
  }
  return descriptor;
}

function topLevel(object: protobuf.ReflectionObject): protobuf.ReflectionObject {
  let current = object;
  while (current.parent instanceof protobuf.Type) current = current.parent;
  return current;
}

/** As other files import it: relative to the folder it was found in. */
function importName(file: string, folders: readonly string[]): string {
  const folder = folders.find((candidate) => file.startsWith(`${candidate}${path.sep}`));
  if (folder !== undefined) return path.relative(folder, file).split(path.sep).join("/");
  return path.isAbsolute(file) ? path.basename(file) : file;
}
