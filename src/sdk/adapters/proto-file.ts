/** Reads a .proto file at run time: codecs of a service's messages, and descriptors for reflection. The only user of protobufjs. */
import { existsSync } from "node:fs";
import path from "node:path";
import protobuf from "protobufjs";
import { toStruct } from "../../proto/struct.js";

export interface ProtoMethod {
  readonly name: string;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Field 1 of the request, which says which resource is meant. */
  readonly addressField: string;
}

/** Throws with the file's name when it, an import or the service is not there. */
export function readProtoFile(file: string, service: string, folders: readonly string[]): readonly ProtoMethod[] {
  installStruct();
  const found = readRoot(file, folders, false).lookup(service);
  if (!(found instanceof protobuf.Service)) throw new TypeError(`${file}: expected a service ${service}, found none`);
  return found.methodsArray.map(toMethod);
}

/** `keepCase`: fields have the names of the file, not camelCase ones. Load the descriptor extension before. */
export function readRoot(file: string, folders: readonly string[], keepCase: boolean): protobuf.Root {
  const root = new protobuf.Root();
  const search = [path.dirname(file), ...folders];
  root.resolvePath = (origin, target) => {
    if (path.isAbsolute(target) || protobuf.common.get(target) !== null) return target;
    const found = [path.dirname(origin), ...search].map((folder) => path.join(folder, target)).find((candidate) => existsSync(candidate));
    if (found !== undefined) return found;
    throw new TypeError(`${origin || file}: import "${target}" is in none of ${search.join(", ")}`);
  };
  root.loadSync(file, { keepCase });
  root.resolveAll();
  return root;
}

/** Encodes what callers hand over. Throws for values of the wrong type. */
export function encodeMessage(type: protobuf.Type, value: unknown): Uint8Array {
  return type.encode(type.fromObject(toProtobufjs(value))).finish();
}

/** A plain object with every field there but messages that were not sent: 64-bit integers as bigint, enums by name. */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  const plain = type.toObject(type.decode(bytes), {
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    objects: true,
    oneofs: true,
  });
  return tidy(type, plain);
}

function toMethod(method: protobuf.Method): ProtoMethod {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (request === null || response === null) throw new TypeError(`${method.fullName}: its message types are not defined`);
  return {
    name: method.name,
    request,
    response,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    addressField: addressFieldOf(request),
  };
}

function addressFieldOf(type: protobuf.Type): string {
  const field = type.fieldsById[1];
  if (field?.type === "string" && !field.repeated) return field.name;
  throw new TypeError(`${type.fullName.slice(1)}: expected field 1 to be a string, the resource's name, got ${field?.type ?? "no field"}`);
}

/** protobufjs takes texts for 64-bit integers, not bigints. */
function toProtobufjs(value: unknown): { [key: string]: unknown } {
  // Objects stay objects.
  return replaceBigints(value ?? {}) as { [key: string]: unknown };
}

function replaceBigints(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(replaceBigints);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceBigints(member)]));
}

const LONG_TYPES: ReadonlySet<string> = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** In place. */
function tidy(type: protobuf.Type, plain: Record<string, unknown>): Record<string, unknown> {
  for (const field of type.fieldsArray) {
    field.resolve();
    const value = plain[field.name];
    if (value === null) delete plain[field.name];
    const nested = field.resolvedType instanceof protobuf.Type && !isWrapped(field.resolvedType) ? field.resolvedType : undefined;
    if (value === undefined || value === null || (nested === undefined && !LONG_TYPES.has(field.type))) continue;
    plain[field.name] = mapField(field, value, (item) =>
      // toObject made objects of messages and texts of 64-bit integers.
      nested === undefined ? BigInt(item as string) : tidy(nested, item as Record<string, unknown>),
    );
  }
  // Behind each optional scalar stands a choice of one that only the compiler knows of.
  for (const choice of type.oneofsArray) if (choice.isProto3Optional) delete plain[choice.name];
  return plain;
}

function mapField(field: protobuf.Field, value: unknown, convert: (item: unknown) => unknown): unknown {
  if (field.map) return Object.fromEntries(Object.entries(value ?? {}).map(([key, item]) => [key, convert(item)]));
  return Array.isArray(value) ? value.map(convert) : convert(value);
}

const STRUCT = ".google.protobuf.Struct";

function isWrapped(type: protobuf.Type): boolean {
  return type.fullName === STRUCT;
}

/** Makes Struct fields plain objects. protobufjs keeps such conversions in one table for the process. */
function installStruct(): void {
  protobuf.wrappers[STRUCT] ??= {
    fromObject(object: { [key: string]: unknown }) {
      return this.create({ fields: toFields(toStruct(object)) });
    },
    toObject(message) {
      return fromFields(Reflect.get(message, "fields"));
    },
  };
}

function toFields(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, toValue(value)]));
}

function toValue(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  if (typeof value === "object" && value !== null) return { structValue: { fields: toFields({ ...value }) } };
  return { nullValue: 0 };
}

function fromFields(fields: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([key, value]) => [key, fromValue(value)]));
}

function fromValue(value: object): unknown {
  // Decoded messages have the fields that came as own properties.
  for (const [kind, content] of Object.entries(value)) {
    if (kind === "structValue") return fromFields(content?.fields);
    if (kind === "listValue") return (content?.values ?? []).map(fromValue);
    return kind === "nullValue" ? null : content;
  }
  return null;
}
