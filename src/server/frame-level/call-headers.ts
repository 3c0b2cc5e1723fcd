/** Header fields from one leg to the other: what is passed, what is dropped, what is added. */
import { fieldValue, type HeaderField, headerField } from "../../http2/header-field.js";

/** Belong to one hop, or are set anew. Connection-specific ones never come this far: they make a message malformed. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "content-length",
  "host",
  "http2-settings",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
]);
/** Secrets and session ids end at the supervisor. */
const KEPT_FROM_MODULES: ReadonlySet<string> = new Set(["authorization", "viam-sid"]);
/** Names only the router may use: they tell our own services who calls. */
const TRUSTED_PREFIX = "pinion-";

const POST = headerField(":method", "POST");
const HTTP = headerField(":scheme", "http");
const LOCALHOST = headerField(":authority", "localhost");
const TE = headerField("te", "trailers");

/** Added to a message, in place of what the sender said under these names. */
export type AddedFields = readonly HeaderField[];

export function toFields(headers: Readonly<Record<string, string>>): AddedFields {
  return Object.keys(headers).map((name) => headerField(name, latin1(headers[name] ?? "")));
}

/** One character a byte, as header fields are kept. */
function latin1(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}

/** The fields of a request as the upstream is to see them. */
export function toUpstreamFields(path: string, fields: readonly HeaderField[], added: AddedFields): readonly HeaderField[] {
  const result = [POST, HTTP, headerField(":path", path), LOCALHOST, TE];
  for (const field of fields) if (isForModules(field) && fieldValue(added, field.name) === undefined) result.push(field);
  for (const field of added) result.push(field);
  return result;
}

/** The fields of a response, or trailers, as the client is to see them. */
export function toClientFields(fields: readonly HeaderField[], added: AddedFields): readonly HeaderField[] {
  // Trailers mostly pass as they are: the same object, which the encoder knows.
  if (added.length === 0 && !fields.some(({ name }) => HOP_BY_HOP.has(name))) return fields;
  const result: HeaderField[] = [];
  for (const field of fields) if (!HOP_BY_HOP.has(field.name) && fieldValue(added, field.name) === undefined) result.push(field);
  for (const field of added) result.push(field);
  return result;
}

function isForModules({ name }: HeaderField): boolean {
  if (name.charCodeAt(0) === 0x3a || HOP_BY_HOP.has(name) || KEPT_FROM_MODULES.has(name)) return false;
  return !name.startsWith(TRUSTED_PREFIX);
}
