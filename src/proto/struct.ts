/**
 * Makes plain values safe to travel as google.protobuf.Struct: the generated codec takes plain objects, but writes a
 * Value without a kind for what JSON does not know, and clients fail on such a Value.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };
export type JsonObject = { readonly [key: string]: JsonValue | undefined };

/** The plain shape the generated code wants for a Struct. */
export type StructObject = { [key: string]: unknown };

/** A value a Struct cannot hold. `path` is where it stands, for example `readings.temp[2]`. */
export class StructError extends TypeError {
  readonly path: string;

  constructor(path: string, found: string) {
    super(`${path}: expected a string, a finite number, a boolean, null, an array or an object, got ${found}`);
    this.name = "StructError";
    this.path = path;
  }
}

/**
 * A copy that a Struct can hold: undefined members are dropped, undefined in arrays becomes null, bigints that fit and dates and
 * whatever has `toJSON` become what JSON makes of them, bytes become base64.
 * NaN, infinities, functions, symbols, cycles and bigints beyond 2^53 throw a StructError with the path.
 */
export function toStruct(value: object, path: string = "value"): StructObject {
  const result = toStructValue(value, path);
  if (typeof result !== "object" || result === null || Array.isArray(result)) throw new StructError(path, describe(value));
  // What is an object and no array was built by copyObject.
  return result as StructObject;
}

/** The same for one Value; undefined becomes null. */
export function toStructValue(value: unknown, path: string = "value"): unknown {
  return copy(value, path, []);
}

/** The same for a map of Values, such as readings: members that are undefined are dropped. */
export function toValueMap(values: object, path: string = "readings"): StructObject {
  return toStruct(values, path);
}

function copy(value: unknown, path: string, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "number":
      if (!Number.isFinite(value)) throw new StructError(path, String(value));
      return value;
    case "bigint":
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw new StructError(path, `${value}n`);
      return Number(value);
    case "object":
      return value === null ? null : copyObject(value, path, ancestors);
    case "function":
    case "symbol":
      throw new StructError(path, `a ${typeof value}`);
  }
}

function copyObject(value: object, path: string, ancestors: readonly object[]): unknown {
  if (ancestors.includes(value)) throw new StructError(path, "an object that contains itself");
  const inside = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item, position) => copy(item, `${path}[${position}]`, inside));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Map) return copyEntries(value.entries(), path, inside);
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), path, inside);
  return copyEntries(Object.entries(value), path, inside);
}

function copyEntries(entries: Iterable<readonly [unknown, unknown]>, path: string, ancestors: readonly object[]): StructObject {
  const result: StructObject = {};
  for (const [key, member] of entries) {
    if (member !== undefined) result[String(key)] = copy(member, `${path}.${String(key)}`, ancestors);
  }
  return result;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : typeof value;
}
