/** Headers from one leg to the other: what is passed, what is dropped, repeated fields kept apart. */
import type { OutgoingHttpHeaders } from "node:http2";

/** Name, value, name, value, … as node:http2 hands them over. */
export type RawHeaders = readonly string[];

/** Belong to one connection, or are set anew. */
const HOP_BY_HOP = new Set([
  "connection",
  "content-length",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Secrets and session ids end at the supervisor. */
const KEPT_FROM_MODULES = new Set(["authorization", "viam-sid"]);

/** Names only the router may use: they tell our own services who calls. */
const TRUSTED_PREFIX = "pinion-";

/** The headers of a request as the upstream is to see them. */
export function toUpstreamHeaders(path: string, raw: RawHeaders, added: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const headers = emptyHeaders();
  headers[":method"] = "POST";
  headers[":path"] = path;
  headers[":scheme"] = "http";
  headers[":authority"] = "localhost";
  copy(raw, headers, (name) => !HOP_BY_HOP.has(name) && !KEPT_FROM_MODULES.has(name) && !name.startsWith(TRUSTED_PREFIX));
  headers["te"] = "trailers";
  Object.assign(headers, added);
  return headers;
}

/** The headers of a response, or trailers, as the client is to see them. */
export function toClientHeaders(raw: RawHeaders, added?: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const headers = emptyHeaders();
  copy(raw, headers, (name) => !HOP_BY_HOP.has(name));
  return Object.assign(headers, added);
}

/** The same with the first value only of what was repeated: some names may stand once. */
export function withoutRepeats(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const result = emptyHeaders();
  for (const [name, value] of Object.entries(headers)) result[name] = Array.isArray(value) ? value[0] : value;
  return result;
}

/** Header names come from outside, so no prototype. */
function emptyHeaders(): OutgoingHttpHeaders {
  return Object.create(null) as OutgoingHttpHeaders; // Object.create is untyped
}

function copy(raw: RawHeaders, headers: OutgoingHttpHeaders, isPassed: (name: string) => boolean): void {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    if (name.startsWith(":") || !isPassed(name)) {
      if (name === ":status") headers[":status"] = Number(value);
      continue;
    }
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [String(known), value];
  }
}
