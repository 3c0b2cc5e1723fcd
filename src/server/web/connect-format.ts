/** The Connect protocol's content types, and its names for status codes. */
import type { OutgoingHttpHeaders } from "node:http";
import { decodeGrpcMessage, formatGrpcTimeout } from "../../proto/grpc-text.js";
import { Status } from "../../proto/status-code.js";

export interface ConnectFormat {
  readonly contentType: string;
  readonly isJson: boolean;
  readonly isStream: boolean;
}

const FORMATS: Readonly<Record<string, ConnectFormat>> = Object.fromEntries(
  [
    { contentType: "application/json", isJson: true, isStream: false },
    { contentType: "application/proto", isJson: false, isStream: false },
    { contentType: "application/connect+json", isJson: true, isStream: true },
    { contentType: "application/connect+proto", isJson: false, isStream: true },
  ].map((format) => [format.contentType, format]),
);

export function connectFormat(contentType: string | undefined): ConnectFormat | undefined {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
}

/** Names of the codes, and the HTTP status of a unary answer that failed with them. */
const ERRORS: Readonly<Record<number, readonly [name: string, http: number]>> = {
  [Status.CANCELLED]: ["canceled", 499],
  [Status.UNKNOWN]: ["unknown", 500],
  [Status.INVALID_ARGUMENT]: ["invalid_argument", 400],
  [Status.DEADLINE_EXCEEDED]: ["deadline_exceeded", 504],
  [Status.NOT_FOUND]: ["not_found", 404],
  [Status.ALREADY_EXISTS]: ["already_exists", 409],
  [Status.PERMISSION_DENIED]: ["permission_denied", 403],
  [Status.RESOURCE_EXHAUSTED]: ["resource_exhausted", 429],
  [Status.FAILED_PRECONDITION]: ["failed_precondition", 400],
  [Status.ABORTED]: ["aborted", 409],
  [Status.OUT_OF_RANGE]: ["out_of_range", 400],
  [Status.UNIMPLEMENTED]: ["unimplemented", 501],
  [Status.INTERNAL]: ["internal", 500],
  [Status.UNAVAILABLE]: ["unavailable", 503],
  [Status.DATA_LOSS]: ["data_loss", 500],
  [Status.UNAUTHENTICATED]: ["unauthenticated", 401],
};

export interface ConnectError {
  readonly http: number;
  readonly body: { readonly code: string; readonly message: string };
}

/** Undefined when the trailers say that all went well. */
export function errorOf(trailers: OutgoingHttpHeaders): ConnectError | undefined {
  const code = Number(trailers["grpc-status"] ?? Status.UNKNOWN);
  if (code === Status.OK) return undefined;
  const [name, http] = ERRORS[code] ?? ["unknown", 500];
  return { http, body: { code: name, message: decodeGrpcMessage(String(trailers["grpc-message"] ?? "")) } };
}

/** Headers or trailers without those that only gRPC knows. */
export function metadataOf(headers: OutgoingHttpHeaders, prefix: string = ""): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !/^(:|grpc-|content-)/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [prefix + name, value]));
}

/** `connect-timeout-ms` as `grpc-timeout`. */
export function timeoutOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const ms = Number(text);
  // Our own calls have some time at least; a client may ask for none.
  return ms === 0 ? "0m" : formatGrpcTimeout(ms);
}
