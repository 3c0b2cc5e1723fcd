/** The full name of a resource: its API, a slash and its own name, e.g. rdk:component:sensor/thermo. */
import { type Api, formatApi, parseApi } from "./api.js";

declare const fullNameBrand: unique symbol;
/** A checked full name as text: the key of every map of resources. */
export type ResourceName = string & { readonly [fullNameBrand]: true };

export function resourceName(api: Api, name: string): ResourceName {
  return `${formatApi(api)}/${name}` as ResourceName; // the brand's constructor
}

/** The full name, or undefined when the text is not of the form ns:type:subtype/name. */
export function parseResourceName(text: string): ResourceName | undefined {
  const slash = text.indexOf("/");
  if (slash < 0 || slash === text.length - 1) return undefined;
  return parseApi(text.slice(0, slash)) === undefined ? undefined : (text as ResourceName); // checked above
}

/** The API as text, e.g. rdk:component:sensor. */
export function apiTextOf(name: ResourceName): string {
  return name.slice(0, name.indexOf("/"));
}

export function apiOf(name: ResourceName): Api {
  const [namespace = "", type = "", subtype = ""] = apiTextOf(name).split(":");
  return { namespace, type, subtype };
}

/** The part after the slash: what clients put into requests. */
export function simpleNameOf(name: ResourceName): string {
  return name.slice(name.indexOf("/") + 1);
}
