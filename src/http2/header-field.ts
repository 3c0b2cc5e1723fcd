/**
 * Header fields as shared objects. One name and value is one object while it is in the pool, so tables compare identity and
 * what was found out about a field (is it well formed?) is found out once.
 */
import { STATIC_TABLE } from "./static-table.js";

/** What holds for all fields under a name; one object for each. */
export interface FieldName {
  readonly text: string;
  /** Index in the static table of an entry with this name, 0 for none. */
  readonly staticIndex: number;
  readonly isPseudo: boolean;
  /** RFC 9113 section 8.2: a lower-case token. */
  readonly isWellFormed: boolean;
  /** Other values in every message, or secrets: not worth a place in any table or pool. */
  readonly isVarying: boolean;
  /** Nobody on the way may keep the values. */
  readonly isSecret: boolean;
}

export interface HeaderField {
  readonly name: string;
  /** One character a byte. */
  readonly value: string;
  readonly about: FieldName;
  /** RFC 7541 section 4.1: name, value and 32 bytes. */
  readonly size: number;
  /** Index in the static table, 0 for none. */
  readonly staticIndex: number;
  /** RFC 9113 section 8.2: the name is, and the value has no control characters or outer blanks. */
  readonly isWellFormed: boolean;
  /** RFC 7541 section 7.1.3: a secret, or marked as one by who sent it. */
  readonly isNeverIndexed: boolean;
  /** The same object is to be expected again for the same name and value. */
  readonly isWorthKeeping: boolean;
}

const TRANSIENT_NAMES: ReadonlySet<string> = new Set([
  "grpc-timeout",
  "traceparent",
  "tracestate",
  "content-length",
  "date",
  "opid",
  "viam-sid",
]);
const SECRET_NAMES: ReadonlySet<string> = new Set(["authorization", "cookie", "set-cookie", "proxy-authorization"]);

const MAX_NAMES = 2048;
const MAX_POOLED = 4096;
// Longer values hardly come twice, and a peer could fill the pool's memory with them.
const MAX_POOLED_SIZE = 512;

const WELL_FORMED_NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const COLON = 0x3a;
const BLANK = 0x20;
const TAB = 0x09;

/** Two generations: what was not seen in the last one is forgotten with it, so values that come once do not push the steady ones out. */
type Pool = Map<FieldName, Map<string, HeaderField>>;
let young: Pool = new Map();
let old: Pool = new Map();
let pooled = 0;
const names = new Map<string, FieldName>();

const staticNames = new Map<string, number>();
const staticFields = new Map<string, Map<string, number>>();
for (const [index, [name, value]] of STATIC_TABLE.entries()) {
  if (!staticNames.has(name)) staticNames.set(name, index + 1);
  const values = staticFields.get(name) ?? new Map<string, number>();
  staticFields.set(name, values.set(value, index + 1));
}
export const STATIC_FIELDS: readonly HeaderField[] = STATIC_TABLE.map(([name, value]) => makeField(fieldName(name), value, false));

/** The shared object for a name and a value. */
export function headerField(name: string, value: string): HeaderField {
  return fieldUnder(fieldName(name), value);
}

/** The same, where what is known of the name is at hand. */
export function fieldUnder(about: FieldName, value: string): HeaderField {
  if (about.isVarying) return makeField(about, value, false);
  const known = young.get(about)?.get(value);
  if (known !== undefined) return known;
  const field = old.get(about)?.get(value) ?? makeField(about, value, false);
  if (field.isWorthKeeping) addToPool(field);
  return field;
}

/** The first value under a name. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

/** One that nobody on the way may put into a table (RFC 7541 section 6.2.3). */
export function sensitiveField(name: string, value: string): HeaderField {
  return makeField(fieldName(name), value, true);
}

export function isVaryingName(name: string): boolean {
  return TRANSIENT_NAMES.has(name) || SECRET_NAMES.has(name);
}

/** The shared object for a name. */
export function fieldName(text: string): FieldName {
  const known = names.get(text);
  if (known !== undefined) return known;
  const isSecret = SECRET_NAMES.has(text);
  const about: FieldName = {
    text,
    staticIndex: staticNames.get(text) ?? 0,
    isPseudo: text.charCodeAt(0) === COLON,
    isWellFormed: WELL_FORMED_NAME.test(text),
    isVarying: isVaryingName(text),
    isSecret,
  };
  if (names.size >= MAX_NAMES) names.clear();
  names.set(text, about);
  return about;
}

function makeField(about: FieldName, value: string, isSensitive: boolean): HeaderField {
  const name = about.text;
  const size = name.length + value.length + 32;
  const isNeverIndexed = isSensitive || about.isSecret;
  return {
    name,
    value,
    about,
    size,
    staticIndex: isSensitive || about.staticIndex === 0 ? 0 : (staticFields.get(name)?.get(value) ?? 0),
    isWellFormed: about.isWellFormed && isWellFormedValue(value),
    isNeverIndexed,
    isWorthKeeping: !about.isVarying && !isNeverIndexed && size <= MAX_POOLED_SIZE,
  };
}

function isWellFormedValue(value: string): boolean {
  const { length } = value;
  if (length === 0) return true;
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1))) return false;
  for (let index = 0; index < length; index += 1) {
    const code = value.charCodeAt(index);
    if (code === 0 || code === 0x0a || code === 0x0d) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

function addToPool(field: HeaderField): void {
  if (pooled >= MAX_POOLED / 2) {
    old = young;
    young = new Map();
    pooled = 0;
  }
  const values = young.get(field.about);
  if (values === undefined) young.set(field.about, new Map([[field.value, field]]));
  else values.set(field.value, field);
  pooled += 1;
}
