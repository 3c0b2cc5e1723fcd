/** RFC 9113 section 8: what makes a request, a response or trailers well formed. */

import { FactsOf } from "./facts-of.js";
import { type HeaderField, headerField } from "./header-field.js";
import type { HeaderList } from "./header-list.js";
import { ListBuilder } from "./list-builder.js";

/** Section 8.2.2: fields of one connection, which have no place in HTTP/2. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Section 8.3.1. */
const METHOD = 1;
const SCHEME = 2;
const PATH = 4;
const REQUEST_PSEUDO: ReadonlyMap<string, number> = new Map([
  [":method", METHOD],
  [":scheme", SCHEME],
  [":path", PATH],
  [":authority", 8],
]);

/** What is wrong with a request's fields, or undefined. */
export function requestProblem({ steady, varying }: HeaderList): string | undefined {
  return REQUESTS.of(steady).problem ?? varyingProblem(varying);
}

/** What is wrong with a response's fields, or undefined. */
export function responseProblem({ steady, varying }: HeaderList): string | undefined {
  return RESPONSES.of(steady).problem ?? varyingProblem(varying);
}

/** What is wrong with trailers, or undefined. */
export function trailersProblem({ steady, varying }: HeaderList): string | undefined {
  return TRAILERS.of(steady).problem ?? varyingProblem(varying);
}

interface Verdict {
  readonly problem: string | undefined;
}

const REQUESTS = new FactsOf<Verdict>(({ fields }) => ({ problem: problemOfRequest(fields) }));
const RESPONSES = new FactsOf<Verdict>(({ fields }) => ({ problem: problemOfResponse(fields) }));
const TRAILERS = new FactsOf<Verdict>(({ fields }) => ({ problem: problemOfTrailers(fields) }));

function problemOfRequest(fields: readonly HeaderField[]): string | undefined {
  let seen = 0;
  let isRegular = false;
  for (const field of fields) {
    const { name, value } = field;
    if (!field.about.isPseudo) {
      isRegular = true;
    } else {
      const bit = REQUEST_PSEUDO.get(name);
      if (isRegular) return afterRegular(field);
      if (bit === undefined) return `unknown pseudo-field ${name}`;
      if ((seen & bit) !== 0) return `${name} twice`;
      if (bit === METHOD && value === "CONNECT") return "CONNECT is not served";
      if (bit === PATH && !value.startsWith("/") && value !== "*") return ":path does not start with a slash";
      seen |= bit;
    }
    const problem = fieldProblem(field);
    if (problem !== undefined) return problem;
  }
  if ((seen & METHOD) === 0) return ":method is missing";
  if ((seen & SCHEME) === 0) return ":scheme is missing";
  return (seen & PATH) === 0 ? ":path is missing" : undefined;
}

function problemOfResponse(fields: readonly HeaderField[]): string | undefined {
  let hasStatus = false;
  let isFirst = true;
  for (const field of fields) {
    if (field.about.isPseudo) {
      if (field.name !== ":status" || !isFirst) return `${field.name} where it must not be`;
      if (!/^[1-9]\d\d$/.test(field.value)) return `:status is "${field.value}"`;
      hasStatus = true;
    }
    isFirst = false;
    const problem = fieldProblem(field);
    if (problem !== undefined) return problem;
  }
  return hasStatus ? undefined : ":status is missing";
}

function problemOfTrailers(fields: readonly HeaderField[]): string | undefined {
  for (const field of fields) {
    if (field.about.isPseudo) return `${field.name} in trailers`;
    const problem = fieldProblem(field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function varyingProblem(fields: readonly HeaderField[]): string | undefined {
  for (const field of fields) {
    // Pseudo-fields are only counted among these behind another one.
    const problem = field.about.isPseudo ? afterRegular(field) : fieldProblem(field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function afterRegular({ name }: HeaderField): string {
  return `${name} after a regular field`;
}

function fieldProblem(field: HeaderField): string | undefined {
  if (!field.isWellFormed) return `the field ${JSON.stringify(field.name)} is not well formed`;
  if (CONNECTION_SPECIFIC.has(field.name)) return `${field.name} belongs to one connection`;
  if (field.name === "te" && field.value !== "trailers") return 'te is not "trailers"';
  return undefined;
}

/**
 * Section 8.2.1 forbids blanks around a value. Some libraries of modules send them all the same, in metadata that their users wrote;
 * rather than lose the call, the blanks are taken off.
 */
export function withoutOuterBlanks(list: HeaderList): HeaderList {
  if (list.isWellFormed) return list;
  const trimmed = list.fields.map(({ name, value }) => headerField(name, value.replace(/^[ \t]+|[ \t]+$/g, "")));
  return new ListBuilder().listOf(trimmed);
}

/** Section 8.1.1: what content-length promises, -1 without one, undefined when it is no number or there are two opinions. */
export function contentLength({ varying }: HeaderList): number | undefined {
  let length = -1;
  for (const { name, value } of varying) {
    if (name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(value) || (length >= 0 && length !== Number(value))) return undefined;
    length = Number(value);
  }
  return length;
}
