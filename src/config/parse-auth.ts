/** The `auth` section: who may connect. */
import { isJsonObject } from "../base/json.js";
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import type { ApiKey } from "./machine-config.js";
import { apiKeyConfigSchema, authSchemas } from "./machine-schema.js";
import type { Problems } from "./problems.js";

export interface ParsedAuth {
  /** Sorted by id: the first one is what modules are given. */
  readonly apiKeys: readonly ApiKey[];
  /** The section asks for authentication, be its handlers good or bad. */
  readonly isRequired: boolean;
  /** Something in it is bad: what ran before stays (carry-over.ts). */
  readonly isInvalid: boolean;
}

const NO_AUTH: ParsedAuth = { apiKeys: [], isRequired: false, isInvalid: false };

export function parseAuth(section: unknown, path: string, problems: Problems): ParsedAuth {
  if (section === undefined) return NO_AUTH;
  const mark = problems.mark();
  if (!isJsonObject(section)) {
    problems.error(path, "expected an object");
    return { apiKeys: [], isRequired: true, isInvalid: true };
  }
  for (const key of ["tls_auth_entities", "external_auth_config"] as const) {
    const raw = section[key];
    if (raw === undefined) continue;
    const value = checkShape<unknown>(authSchemas[key], raw, joinPath(path, key), problems);
    if (value !== undefined) problems.warn(joinPath(path, key), "is kept but not acted on yet");
  }
  const keys = new Map<string, string>();
  const handlers = section["handlers"];
  const at = joinPath(path, "handlers");
  const hasHandlers = handlers !== undefined && !(Array.isArray(handlers) && handlers.length === 0);
  if (hasHandlers && !Array.isArray(handlers)) problems.error(at, "expected a list of handlers");
  const types = new Set<string>();
  for (const [index, handler] of (Array.isArray(handlers) ? handlers : []).entries()) {
    readHandler(handler, joinPath(at, index), types, keys, problems);
  }
  const apiKeys = [...keys].map(([id, key]) => ({ id, key })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { apiKeys, isRequired: hasHandlers, isInvalid: problems.errorsSince(mark) !== undefined };
}

function readHandler(handler: unknown, at: string, types: Set<string>, keys: Map<string, string>, problems: Problems): void {
  const type = isJsonObject(handler) ? handler["type"] : undefined;
  if (!isJsonObject(handler) || typeof type !== "string") {
    problems.error(at, 'expected an object with the type "api-key"');
    return;
  }
  if (type !== "api-key") {
    problems.error(joinPath(at, "type"), `expected "api-key", the only type a config file may name, got "${type}"`);
    return;
  }
  if (types.has(type)) {
    problems.error(at, `expected one handler of the type "${type}", this is another; put all keys into the first`);
    return;
  }
  types.add(type);
  const configPath = joinPath(at, "config");
  const config = checkShape(apiKeyConfigSchema, handler["config"], configPath, problems);
  if (config === undefined) return;
  for (const [index, id] of config.keys.entries()) {
    if (id === "key" || id === "keys") continue; // never ids of keys
    const key = config[id];
    // The value itself is a secret and stays out of the message.
    if (typeof key !== "string" || key === "")
      problems.error(joinPath(joinPath(configPath, "keys"), index), `expected a member "${id}" whose value is the key`);
  }
  for (const [id, key] of Object.entries(config)) {
    if (id !== "key" && id !== "keys" && typeof key === "string" && key !== "") keys.set(id, key);
  }
  if (keys.size === 0) problems.error(configPath, "expected at least one key, found none; nobody could connect");
}
