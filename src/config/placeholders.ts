/**
 * `${packages.…}` and `${environment.…}` in attributes of resources, in executable paths and in the environment of modules. Runs after
 * decoding and after substituteEnvironment, which leaves these forms alone.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import path from "node:path";
import { joinPath } from "./json-path.js";
import type { Problems } from "./problems.js";

export interface PackageReference {
  readonly name: string;
  /** ml_model, module, slam_map or archive. */
  readonly type: string;
  /** As in the config: "org/name". */
  readonly package: string;
  readonly version: string;
}

export interface PlaceholderContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** VIAM_HOME. */
  readonly home: string;
  readonly packages: readonly PackageReference[];
}

const PLACEHOLDER = /\$\{([^{}]*)\}/g;
const NAME = /^[\w:/-]+$/;

/** `value` with the placeholders in all its strings replaced; the same object when there are none. What is not known stays as it is, with a warning. */
export function replacePlaceholders(value: unknown, at: string, context: PlaceholderContext, problems: Problems): unknown {
  if (typeof value === "string") return value.includes("${") ? replaceInText(value, at, context, problems) : value;
  if (Array.isArray(value)) {
    return keepUnchanged(
      value,
      value.map((item, index) => replacePlaceholders(item, joinPath(at, index), context, problems)),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const replaced = entries.map(([key, item]) => [key, replacePlaceholders(item, joinPath(at, key), context, problems)] as const);
  return replaced.every(([, item], index) => item === entries[index]?.[1]) ? value : Object.fromEntries(replaced);
}

function keepUnchanged(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((item, index) => item === before[index]) ? before : after;
}

function replaceInText(text: string, at: string, context: PlaceholderContext, problems: Problems): string {
  return text.replace(PLACEHOLDER, (placeholder, body: string) => {
    const result = resolve(body, context);
    if (result.value !== undefined) return result.value;
    problems.warn(at, `${placeholder} ${result.reason}; kept as text`);
    return placeholder;
  });
}

type Resolution = { readonly value: string } | { readonly value?: undefined; readonly reason: string };

function resolve(body: string, context: PlaceholderContext): Resolution {
  const [kind, ...rest] = body.split(".");
  if (kind === "environment") {
    const [name] = rest;
    if (name === undefined || rest.length !== 1 || !NAME.test(name)) return { reason: "is no placeholder of the form ${environment.NAME}" };
    const value = context.env[name];
    return value === undefined ? { reason: "names an environment variable that is not set" } : { value };
  }
  if (kind === "packages" && (rest.length === 1 || rest.length === 2) && rest.every((part) => NAME.test(part))) {
    const [type, name] = rest.length === 1 ? ["ml_model", rest[0]] : rest;
    const found = context.packages.find((entry) => entry.name === name);
    if (found === undefined) return { reason: "names a package that is not in this config" };
    if (found.type !== type) return { reason: `names a package of type ${found.type}` };
    return { value: packageFolder(found, context.home) };
  }
  return { reason: "is no placeholder that Pinion knows (${packages.NAME}, ${packages.TYPE.NAME}, ${environment.NAME})" };
}

function packageFolder(reference: PackageReference, home: string): string {
  const folder = `${reference.package.replaceAll("/", "-")}-${reference.version.replaceAll(".", "_")}`;
  return path.join(home, "packages", "data", reference.type, folder);
}
