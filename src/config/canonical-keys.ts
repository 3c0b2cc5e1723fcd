/**
 * Spells the keys of decoded JSON as the schema does. Go's decoder, for which existing configs were written, matches keys without regard
 * to case, takes null for absent and ignores keys it does not know; the last of two equal keys counts. Keys nobody knows get a warning.
 */
import type * as v from "valibot";
import { nearestTo } from "./did-you-mean.js";
import { joinPath, type PathSegment } from "./json-path.js";
import type { Problems } from "./problems.js";

/** What the schema says about keys, and nothing else of it. */
export type KeyShape = { readonly kind: "any" } | { readonly kind: "list"; readonly item: KeyShape } | ObjectShape;

interface KnownKey {
  readonly name: string;
  readonly shape: KeyShape;
}

interface ObjectShape {
  readonly kind: "object";
  /** By the key in lower case. */
  readonly keys: ReadonlyMap<string, KnownKey>;
  /** What to do with keys that are not in `keys`. */
  readonly others: "warn" | "keep" | "lower-case";
}

const ANY: KeyShape = { kind: "any" };

/** The parts of a valibot schema that are looked at. */
interface SchemaParts {
  readonly type: string;
  readonly wrapped?: v.GenericSchema;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly item?: v.GenericSchema;
  readonly options?: readonly unknown[];
}

export function keyShapeOf(schema: v.GenericSchema): KeyShape {
  const parts = schema as unknown as SchemaParts; // public properties of the concrete schema types, which the generic type hides
  if (parts.wrapped !== undefined) return keyShapeOf(parts.wrapped);
  if (parts.item !== undefined) return { kind: "list", item: keyShapeOf(parts.item) };
  if (parts.entries !== undefined) {
    const keys = Object.entries(parts.entries).map(([name, entry]) => [name.toLowerCase(), { name, shape: keyShapeOf(entry) }] as const);
    const others = parts.type === "loose_object" ? "lower-case" : parts.type === "object_with_rest" ? "keep" : "warn";
    return { kind: "object", keys: new Map(keys), others };
  }
  if (parts.type === "union") {
    const shapes = (parts.options ?? []).map((option) => keyShapeOf(option as v.GenericSchema)); // a union's options are schemas
    return shapes.find((shape) => shape.kind === "object") ?? ANY;
  }
  return ANY;
}

export interface CanonicalOptions {
  readonly problems: Problems;
  /** Keys that others act on or that are notes for people: no warning for them. Lower case. */
  readonly silent: ReadonlySet<string>;
}

/** `value` with its keys spelled as in the schema; the same object where nothing had to change. */
export function canonicalKeys(value: unknown, shape: KeyShape, options: CanonicalOptions): unknown {
  return visit(value, shape, undefined, options);
}

/** Where the walk is. Text is made of it only when there is something to say: that is most of the cost otherwise. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: PathSegment;
}

function pathOf(place: Place | undefined): string {
  return place === undefined ? "" : joinPath(pathOf(place.parent), place.step);
}

function visit(value: unknown, shape: KeyShape, at: Place | undefined, options: CanonicalOptions): unknown {
  if (shape.kind === "any" || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return shape.kind === "list" ? visitList(value, shape.item, at, options) : value;
  return shape.kind === "object" ? visitObject(value as Readonly<Record<string, unknown>>, shape, at, options) : value; // no list, no null
}

function visitList(items: readonly unknown[], shape: KeyShape, parent: Place | undefined, options: CanonicalOptions): readonly unknown[] {
  let isSame = true;
  const result = items.map((item, step) => {
    const next = visit(item, shape, { parent, step }, options);
    isSame &&= next === item;
    return next;
  });
  return isSame ? items : result;
}

function visitObject(
  value: Readonly<Record<string, unknown>>,
  shape: ObjectShape,
  parent: Place | undefined,
  options: CanonicalOptions,
): unknown {
  const keys = Object.keys(value);
  // Made only from the first difference on: most objects need none, and there may be thousands.
  let result: (readonly [key: string, item: unknown])[] | undefined;
  for (const [index, key] of keys.entries()) {
    const item = value[key];
    const known = shape.keys.get(key) ?? shape.keys.get(key.toLowerCase());
    if (result === undefined && known?.name === key && known.shape.kind === "any" && item !== null) continue;
    const entries = known === undefined ? otherKey(key, item, shape, parent, options) : knownKey(known, item, parent, options);
    const [entry] = entries;
    if (result === undefined && entry?.[0] === key && entry[1] === item) continue;
    result ??= keys.slice(0, index).map((before) => [before, value[before]]);
    result.push(...entries);
  }
  if (result === undefined) return value;
  warnTwice(value, shape, parent, options);
  return Object.fromEntries(result); // of two with one name the last one counts
}

/** Zero or one. */
type Entries = readonly (readonly [key: string, item: unknown])[];

function knownKey({ name, shape }: KnownKey, item: unknown, parent: Place | undefined, options: CanonicalOptions): Entries {
  return item === null ? [] : [[name, visit(item, shape, { parent, step: name }, options)]];
}

function otherKey(key: string, item: unknown, shape: ObjectShape, at: Place | undefined, options: CanonicalOptions): Entries {
  if (shape.others === "keep") return [[key, item]];
  if (shape.others === "lower-case") return [[key.toLowerCase(), lowerCaseKeys(item)]];
  const lower = key.toLowerCase();
  if (options.silent.has(lower) || /^(?:_|\/\/|#)/.test(lower)) return [];
  const near = nearestTo(lower, shape.keys.keys());
  const hint = near === undefined ? "" : `; did you mean "${shape.keys.get(near)?.name}"?`;
  options.problems.warn(joinPath(pathOf(at), key), `unknown key, ignored${hint}`);
  return [];
}

function warnTwice(value: Readonly<Record<string, unknown>>, shape: ObjectShape, at: Place | undefined, options: CanonicalOptions): void {
  const spelled = new Map<string, string>();
  for (const key of Object.keys(value)) {
    const name = shape.keys.get(key.toLowerCase())?.name;
    if (name === undefined) continue;
    const earlier = spelled.get(name);
    if (earlier !== undefined) {
      options.problems.warn(joinPath(pathOf(at), name), `is given twice, as "${earlier}" and as "${key}"; the last one counts`);
    }
    spelled.set(name, key);
  }
}

function lowerCaseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCaseKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const result = entries.map(([key, item]) => [key.toLowerCase(), lowerCaseKeys(item)] as const);
  return result.every(([key, item], index) => key === entries[index]?.[0] && item === entries[index]?.[1])
    ? value
    : Object.fromEntries(result);
}
