/** The header fields of a gRPC call: what those of a request, a response and a status mean, and how ours are written. */

import { FactsOf } from "../../http2/facts-of.js";
import { fieldValue, type HeaderField, headerField, sensitiveField } from "../../http2/header-field.js";
import { HeaderList, singleList, sizeOf, steadyList } from "../../http2/header-list.js";
import { decodeGrpcMessage, encodeGrpcMessage, formatGrpcTimeout, parseGrpcTimeout } from "../../proto/grpc-text.js";
import { RpcError, Status } from "../../proto/status-code.js";

const CONTENT_TYPE = headerField("content-type", "application/grpc");
const STATUS_200 = headerField(":status", "200");
const ACCEPT_ENCODING = headerField("grpc-accept-encoding", "identity,deflate,gzip");

/** Some peers refuse headers and trailers of more than 8 KiB, and one that is far too long can cost the connection. */
const MAX_STATUS_BYTES = 7500;
const MAX_TEXT_BYTES = 6000;
/** What peers of this make, and others, take as all fields of a request together. */
const MAX_REQUEST_BYTES = 65_536;

/** Before the first message. */
export const RESPONSE_FIELDS: HeaderList = steadyList([STATUS_200, CONTENT_TYPE]);
export const OK_TRAILERS: HeaderList = steadyList([headerField("grpc-status", "0")]);
/** Of an answer without messages. */
export const OK_ALONE: HeaderList = steadyList([STATUS_200, CONTENT_TYPE, headerField("grpc-status", "0")]);

/** Fields of the protocol itself, which are nobody's metadata. */
const PROTOCOL_FIELDS: ReadonlySet<string> = new Set([
  "te",
  "content-type",
  "content-length",
  "accept-encoding",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status",
  "grpc-message",
]);
/** RFC 9113 section 8.2.2: a peer would refuse the whole call. */
const FORBIDDEN_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "host",
]);
const METADATA_KEY = /^[0-9a-z_.-]+$/;
const METADATA_VALUE = /^[ -~]*$/;

// ---- requests as they come ----

export interface RequestHead {
  readonly path: string;
  /** How compressed messages are compressed. */
  readonly encoding: string;
  /** An HTTP status for what is no gRPC call. */
  readonly refusal: HeaderList | undefined;
}

const NOT_POST: HeaderList = singleList([headerField(":status", "405"), headerField("allow", "POST")]);
const NOT_GRPC: HeaderList = singleList([headerField(":status", "415"), headerField("accept", "application/grpc")]);

const HEADS = new FactsOf<RequestHead>(({ fields }) => {
  const type = fieldValue(fields, "content-type") ?? "";
  const isGrpc = type.startsWith("application/grpc") && !type.startsWith("application/grpc-web");
  return {
    path: fieldValue(fields, ":path") ?? "",
    encoding: fieldValue(fields, "grpc-encoding") ?? "identity",
    refusal: fieldValue(fields, ":method") !== "POST" ? NOT_POST : isGrpc ? undefined : NOT_GRPC,
  };
});

/** The same object for all requests of a kind. */
export function readRequest({ steady }: HeaderList): RequestHead {
  return HEADS.of(steady);
}

/** Milliseconds. */
export function timeoutOf(list: HeaderList): number | undefined {
  return parseGrpcTimeout(list.value("grpc-timeout"));
}

/** Keys in lower case, several values joined by ", ", binary ones left out. */
export function metadataOf(fields: readonly HeaderField[]): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const { name, value } of fields) {
    // What could not be sent on is left out: handlers hand what they got to those they call.
    if (PROTOCOL_FIELDS.has(name) || !isMetadata(name, value)) continue;
    const before = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    metadata[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return metadata;
}

// ---- answers ----

/**
 * Behind the messages, or, where none was sent, all there is (trailers-only). Never throws: what cannot travel is cut or left out, so
 * that it does not cost the caller the status.
 */
export function statusFields(error: RpcError, isOnly: boolean): HeaderList {
  const fields = isOnly ? [STATUS_200, CONTENT_TYPE] : [];
  // Thrown is thrown: as OK the call would have an answer that never came.
  const code = Number.isInteger(error.code) && error.code > Status.OK ? error.code : Status.UNKNOWN;
  fields.push(headerField("grpc-status", String(code)));
  const text = statusText(error.message);
  if (text !== "") fields.push(headerField("grpc-message", text));
  if (code === Status.UNIMPLEMENTED) fields.push(ACCEPT_ENCODING);
  let left = MAX_STATUS_BYTES - text.length;
  for (const [name, value] of Object.entries(error.trailers ?? {})) {
    const key = name.toLowerCase();
    if (typeof value !== "string" || !isMetadata(key, value) || PROTOCOL_FIELDS.has(key)) continue;
    const field = headerField(key, value.trim());
    if (field.size > left) continue;
    left -= field.size;
    fields.push(field);
  }
  return singleList(fields);
}

/** Percent-encoded, and not longer than its share. */
function statusText(message: unknown): string {
  if (typeof message !== "string") return "";
  const whole = message.length <= MAX_TEXT_BYTES ? encodeGrpcMessage(message) : undefined;
  if (whole !== undefined && whole.length <= MAX_TEXT_BYTES) return whole;
  for (let length = MAX_TEXT_BYTES; ; length = Math.floor(length / 2)) {
    const cut = encodeGrpcMessage(`${message.slice(0, length)} ... (cut: ${message.length} characters)`);
    if (cut.length <= MAX_TEXT_BYTES + 100) return cut;
  }
}

/** How a response that has begun to come must look. An RpcError says why it is none of gRPC. */
export function responseError({ steady: { fields } }: HeaderList): RpcError | undefined {
  const httpStatus = fields[0]?.value ?? "";
  const type = fieldValue(fields, "content-type") ?? "";
  if (httpStatus === "200" && type.startsWith("application/grpc")) return undefined;
  if (httpStatus === "200") return new RpcError(Status.UNKNOWN, `expected an answer of gRPC, got one of the type "${type}"`);
  return new RpcError(HTTP_STATUSES[httpStatus] ?? Status.UNKNOWN, `expected a gRPC server, got HTTP status ${httpStatus}`);
}

/** As the gRPC protocol maps HTTP statuses. */
const HTTP_STATUSES: Readonly<Record<string, Status>> = {
  "400": Status.INTERNAL,
  "401": Status.UNAUTHENTICATED,
  "403": Status.PERMISSION_DENIED,
  "404": Status.UNIMPLEMENTED,
  "429": Status.UNAVAILABLE,
  "502": Status.UNAVAILABLE,
  "503": Status.UNAVAILABLE,
  "504": Status.UNAVAILABLE,
};

/** What trailers, or a response without messages, say: undefined for OK. */
export function readStatus(list: HeaderList): RpcError | undefined {
  const text = list.value("grpc-status");
  if (text === "0") return undefined;
  if (text === undefined || !/^[1-9]\d{0,2}$/.test(text)) return new RpcError(Status.UNKNOWN, "the answer ended without a status");
  const message = decodeGrpcMessage(list.value("grpc-message") ?? "");
  return new RpcError(Number(text), message, { trailers: metadataOf(list.fields) });
}

// ---- requests of ours ----

const REQUEST_START: readonly HeaderField[] = [headerField(":method", "POST"), headerField(":scheme", "http")];
const REQUEST_END: readonly HeaderField[] = [
  headerField(":authority", "localhost"),
  headerField("te", "trailers"),
  CONTENT_TYPE,
  headerField("user-agent", "pinion-sdk"),
  ACCEPT_ENCODING,
];

/** Of a call without metadata and deadline: to be kept with its method. */
export function plainRequest(path: string): HeaderList {
  return steadyList([...REQUEST_START, headerField(":path", path), ...REQUEST_END]);
}

/** INVALID_ARGUMENT for metadata that cannot travel. */
export function requestWith(
  plain: HeaderList,
  timeout: number | undefined,
  metadata: Readonly<Record<string, string>> | undefined,
): HeaderList {
  if (timeout === undefined && metadata === undefined) return plain;
  const fields: HeaderField[] = [];
  if (timeout !== undefined) fields.push(headerField("grpc-timeout", formatGrpcTimeout(timeout)));
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const key = name.toLowerCase();
    // Of whoever called the caller.
    if (key === "user-agent") continue;
    if (typeof value !== "string" || !isMetadata(key, value) || PROTOCOL_FIELDS.has(key)) {
      const expected = "expected a key of small letters, digits, _ . and - that gRPC does not use itself, and a value of printable ASCII";
      throw new RpcError(Status.INVALID_ARGUMENT, `metadata "${name}": ${expected}`);
    }
    fields.push(key === "authorization" ? sensitiveField(key, value.trim()) : headerField(key, value.trim()));
  }
  const size = plain.steady.size + sizeOf(fields);
  if (size <= MAX_REQUEST_BYTES) return new HeaderList(plain.steady, fields);
  throw new RpcError(
    Status.INVALID_ARGUMENT,
    `metadata: with the rest of the headers ${size} bytes, at most ${MAX_REQUEST_BYTES} can travel`,
  );
}

function isMetadata(key: string, value: string): boolean {
  return METADATA_KEY.test(key) && METADATA_VALUE.test(value) && !key.endsWith("-bin") && !FORBIDDEN_FIELDS.has(key);
}
