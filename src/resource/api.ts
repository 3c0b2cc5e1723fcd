/** An API such as rdk:component:sensor: what can be asked of a resource. */
import { isNamePart } from "./names.js";

export interface Api {
  readonly namespace: string;
  readonly type: string;
  readonly subtype: string;
}

/** The API, or undefined when the text is no triplet. */
export function parseApi(text: string): Api | undefined {
  const [namespace, type, subtype, ...rest] = text.split(":");
  if (namespace === undefined || type === undefined || subtype === undefined || rest.length > 0) return undefined;
  if (![namespace, type, subtype].every(isNamePart)) return undefined;
  return { namespace, type, subtype };
}

export function formatApi(api: Api): string {
  return `${api.namespace}:${api.type}:${api.subtype}`;
}
