/** Header fields from one leg to the other: what is passed, what is dropped, what is added. What holds for calls of a kind is found out once. */

import { FactsOf } from "../../http2/facts-of.js";
import { fieldName, fieldUnder, fieldValue, type HeaderField, headerField } from "../../http2/header-field.js";
import { HeaderList, SteadyFields } from "../../http2/header-list.js";
import { GRPC_CONTENT_TYPE } from "../grpc-headers.js";

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
const OPID = fieldName("opid");
const TIMEOUT = fieldName("grpc-timeout");
const NONE: readonly HeaderField[] = [];

/** Added to a message, in place of what the sender said under these names. */
export type AddedFields = readonly HeaderField[];

/** What all requests with the same steady fields have in common. */
export interface RequestFacts {
  readonly path: string;
  readonly isGrpc: boolean;
  /** As the upstream is to see them. */
  readonly forUpstream: SteadyFields;
}

interface ResponseFacts {
  /** As the client is to see them. */
  readonly forClient: SteadyFields;
}

const REQUESTS = new FactsOf<RequestFacts>(({ fields, isShared }) => {
  const path = fieldValue(fields, ":path") ?? "";
  return { path, isGrpc: isGrpc(fields), forUpstream: new SteadyFields(upstreamFields(path, fields), isShared) };
});

const RESPONSES = new FactsOf<ResponseFacts>((steady) => ({
  // Mostly they pass as they are: the same object, which the encoder knows.
  forClient: steady.fields.some(isHopByHop)
    ? new SteadyFields(
        steady.fields.filter((field) => !isHopByHop(field)),
        steady.isShared,
      )
    : steady,
}));

export function requestFacts({ steady }: HeaderList): RequestFacts {
  return REQUESTS.of(steady);
}

export function toFields(headers: Readonly<Record<string, string>> | undefined): AddedFields {
  if (headers === undefined) return NONE;
  return Object.keys(headers).map((name) => headerField(name, latin1(headers[name] ?? "")));
}

export function operationFields(id: string | undefined): AddedFields {
  return id === undefined ? NONE : [fieldUnder(OPID, id)];
}

/** One character a byte, as header fields are kept. */
function latin1(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}

/** A request as the upstream is to see it. */
export function toUpstream({ forUpstream }: RequestFacts, { varying }: HeaderList, added: AddedFields): HeaderList {
  return new HeaderList(forUpstream, replaced(varying, added, isForModules));
}

/** A request of our own. */
export function ownRequest(path: string, added: AddedFields): HeaderList {
  return new HeaderList(new SteadyFields(upstreamFields(path, NONE), false), added);
}

/** A response, or trailers, as the client is to see it. */
export function toClient(list: HeaderList, added: AddedFields): HeaderList {
  const { steady, varying } = list;
  const { forClient } = RESPONSES.of(steady);
  if (added.length === 0 && varying.length === 0) return forClient.alone;
  return new HeaderList(forClient, replaced(varying, added, isForClients));
}

function upstreamFields(path: string, fields: readonly HeaderField[]): readonly HeaderField[] {
  return [POST, HTTP, headerField(":path", path), LOCALHOST, TE, ...fields.filter(isForModules)];
}

/** The added names are such that they never are among steady fields. */
function replaced(varying: readonly HeaderField[], added: AddedFields, isPassed: (field: HeaderField) => boolean): readonly HeaderField[] {
  if (varying.length === 0) return added;
  const [first] = varying;
  const [own] = added;
  // How nearly all requests come.
  if (varying.length === 1 && added.length === 1 && first?.about === TIMEOUT && own?.about === OPID) return [first, own];
  const result: HeaderField[] = [];
  for (const field of varying) if (isPassed(field) && fieldValue(added, field.name) === undefined) result.push(field);
  for (const field of added) result.push(field);
  return result;
}

function isForModules(field: HeaderField): boolean {
  const { name, about } = field;
  return !about.isPseudo && !isHopByHop(field) && !KEPT_FROM_MODULES.has(name) && !name.startsWith(TRUSTED_PREFIX);
}

function isForClients(field: HeaderField): boolean {
  return !isHopByHop(field);
}

function isHopByHop({ name }: HeaderField): boolean {
  return HOP_BY_HOP.has(name);
}

function isGrpc(fields: readonly HeaderField[]): boolean {
  const type = fieldValue(fields, "content-type") ?? "";
  return fieldValue(fields, ":method") === "POST" && type.startsWith(GRPC_CONTENT_TYPE) && !type.startsWith("application/grpc-web");
}
