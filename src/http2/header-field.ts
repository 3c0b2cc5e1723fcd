/**
 * Header fields as shared objects. One name and value is one object while it is in the pool, so tables compare identity and
 * what was found out about a field (is it well formed?) is found out once.
 */
import { STATIC_TABLE } from "./static-table.js";

export interface HeaderField {
  readonly name: string;
  /** One character a byte. */
  readonly value: string;
  /** RFC 7541 section 4.1: name, value and 32 bytes. */
  readonly size: number;
  /** Index in the static table, 0 for none; and that of an entry with the same name. */
  readonly staticIndex: number;
  readonly staticNameIndex: number;
  /** RFC 9113 section 8.2: lower-case token as name, no control characters or outer blanks in the value. */
  readonly isWellFormed: boolean;
  /** RFC 7541 section 7.1.3: a secret, or marked as one by who sent it. */
  readonly isNeverIndexed: boolean;
}

/** Fields that differ from message to message: not worth a place in any table or pool. */
const TRANSIENT_FIELDS: ReadonlySet<string> = new Set([
  "grpc-timeout",
  "traceparent",
  "tracestate",
  "content-length",
  "date",
  "opid",
  "viam-sid",
]);

/** Secrets, which nobody on the way may keep. */
const SECRETS: ReadonlySet<string> = new Set(["authorization", "cookie", "set-cookie", "proxy-authorization"]);

const MAX_POOLED = 4096;
// Longer values hardly come twice, and a peer could fill the pool's memory with them.
const MAX_POOLED_SIZE = 512;

const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

/** Two generations: what was not seen in the last one is forgotten with it, so values that come once do not push the steady ones out. */
type Pool = Map<string, Map<string, HeaderField>>;
let young: Pool = new Map();
let old: Pool = new Map();
let pooled = 0;

const staticNames = new Map<string, number>();
const staticFields = new Map<string, Map<string, number>>();
for (const [index, [name, value]] of STATIC_TABLE.entries()) {
  if (!staticNames.has(name)) staticNames.set(name, index + 1);
  const values = staticFields.get(name) ?? new Map<string, number>();
  staticFields.set(name, values.set(value, index + 1));
}
export const STATIC_FIELDS: readonly HeaderField[] = STATIC_TABLE.map(([name, value]) => makeField(name, value, false));

/** The shared object for a name and a value. */
export function headerField(name: string, value: string): HeaderField {
  const known = young.get(name)?.get(value);
  if (known !== undefined) return known;
  const field = old.get(name)?.get(value) ?? makeField(name, value, false);
  if (isWorthKeeping(field)) addToPool(field);
  return field;
}

/** The first value under a name. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

/** One that nobody on the way may put into a table (RFC 7541 section 6.2.3). */
export function sensitiveField(name: string, value: string): HeaderField {
  return makeField(name, value, true);
}

/** Whether the same object is to be expected again for the same name and value. */
export function isWorthKeeping(field: HeaderField): boolean {
  return field.size <= MAX_POOLED_SIZE && !field.isNeverIndexed && !TRANSIENT_FIELDS.has(field.name);
}

function makeField(name: string, value: string, isNeverIndexed: boolean): HeaderField {
  return {
    name,
    value,
    size: name.length + value.length + 32,
    staticIndex: isNeverIndexed ? 0 : (staticFields.get(name)?.get(value) ?? 0),
    staticNameIndex: staticNames.get(name) ?? 0,
    isWellFormed: NAME.test(name) && !BAD_VALUE.test(value),
    isNeverIndexed: isNeverIndexed || SECRETS.has(name),
  };
}

function addToPool(field: HeaderField): void {
  if (pooled >= MAX_POOLED / 2) {
    old = young;
    young = new Map();
    pooled = 0;
  }
  const values = young.get(field.name);
  if (values === undefined) young.set(field.name, new Map([[field.value, field]]));
  else values.set(field.value, field);
  pooled += 1;
}
