/** Messages of a service known only by its descriptors: canonical protobuf JSON in, bytes out, and back. */
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  type Registry,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { registryOf } from "../proto/dynamic-registry.js";

export interface DynamicMethod {
  /** As on the wire. */
  readonly name: string;
  readonly path: string;
  readonly isClientStreaming: boolean;
  readonly isServerStreaming: boolean;
  /** Names of the request's fields, for error messages. */
  readonly requestFields: readonly string[];
  /**
   * The request's bytes, with the resource's name put where the request wants it unless the JSON has it. `isFirst`: of a stream.
   * Throws with a text that says what is wrong with the JSON.
   */
  encode(json: JsonObject, resource: string, isFirst: boolean): Uint8Array;
  decode(bytes: Uint8Array): JsonValue;
}

/** `files` holds every file after those it imports. */
export function dynamicMethods(service: string, files: readonly Uint8Array[]): readonly DynamicMethod[] {
  const registry = registryOf(files);
  const descriptor = registry.getService(service);
  return (descriptor?.methods ?? []).map((method) => dynamicMethod(service, method, registry));
}

function dynamicMethod(service: string, method: DescMethod, registry: Registry): DynamicMethod {
  const { name, input, output, methodKind } = method;
  return {
    name,
    path: `/${service}/${name}`,
    isClientStreaming: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    isServerStreaming: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestFields: input.fields.map((field) => field.jsonName),
    encode: (json, resource, isFirst) =>
      toBinary(input, fromJson(input, withResourceName(json, input, resource, isFirst) as JsonValue, { registry })),
    decode: (bytes) => toJson(output, fromBinary(output, bytes), { registry, alwaysEmitImplicit: true }),
  };
}

/** The name stands in field 1, or, in the first message of a few streams, in field 1 of the message there. */
function withResourceName(json: JsonObject, message: DescMessage, resource: string, isFirst: boolean): JsonObject {
  const field = message.fields.find(({ number }) => number === 1);
  if (field === undefined) return json;
  if (isText(field))
    return Object.hasOwn(json, field.jsonName) || Object.hasOwn(json, field.name) ? json : { ...json, [field.jsonName]: resource };
  if (field.fieldKind !== "message" || !isFirst) return json;
  const inner = field.message.fields.find(({ number }) => number === 1);
  if (inner === undefined || inner.name !== "name" || !isText(inner)) return json;
  const given = json[field.jsonName] ?? json[field.name] ?? {};
  if (!isJsonObject(given)) return json;
  const { [field.name]: _proto, ...rest } = json;
  return { ...rest, [field.jsonName]: withResourceName(given, field.message, resource, false) };
}

function isText(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}
