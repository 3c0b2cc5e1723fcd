/**
 * From the text of a machine config to a MachineConfig. Pure. Everything wrong is told at once, each with its JSON path; a bad entry costs
 * only itself. Order: environment variables (substitute-environment.ts), JSON, spelling of keys (canonical-keys.ts), placeholders
 * (placeholders.ts), then one parser for each section. The same text and environment give the same result at start and on every reload.
 */
import { PinionError } from "../base/errors.js";
import { isJsonObject } from "../base/json.js";
import type { ResourceName } from "../resource/resource-name.js";
import { canonicalKeys, type KeyShape, keyShapeOf } from "./canonical-keys.js";
import { decodeJson } from "./decode-json.js";
import { JsonSyntaxError, type Position, positionOf } from "./json-cursor.js";
import { joinPath } from "./json-path.js";
import { pathAt } from "./locate.js";
import type { DefaultedField, MachineConfig, ModuleConfig, ParsedConfig, ResourceConfig } from "./machine-config.js";
import { machineSchema } from "./machine-schema.js";
import { parseAuth } from "./parse-auth.js";
import { packageReferences, parseDormant } from "./parse-dormant.js";
import { parseLogPatterns } from "./parse-log.js";
import { parseModule, withDebugLevel } from "./parse-module.js";
import { parseNetwork } from "./parse-network.js";
import { parseResource, type ResourceKind } from "./parse-resource.js";
import { type PlaceholderContext, replacePlaceholders } from "./placeholders.js";
import { Problems } from "./problems.js";
import { restoreDollars, substituteEnvironment } from "./substitute-environment.js";

export interface ConfigContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** VIAM_HOME. */
  readonly home: string;
  /** For `~` in executable paths. */
  readonly userHome: string;
  fileExists(path: string): boolean;
  /** The debug flag of the command line; the file's is added to it. */
  readonly isDebug?: boolean;
}

/** CONFIG_INVALID: the text is no JSON object. The message begins with the place. */
export class ConfigSyntaxError extends PinionError {
  override readonly name: string = "ConfigSyntaxError";
  readonly position: Position;

  constructor(position: Position, message: string, options?: { readonly cause?: unknown }) {
    super("CONFIG_INVALID", `line ${position.line}, column ${position.column}: ${message}`, options);
    this.position = position;
  }
}

/** Throws a ConfigSyntaxError only when the text is no JSON object at all. */
export function parseConfig(text: string, context: ConfigContext): ParsedConfig {
  const problems = new Problems();
  const root = readRoot(text, context, problems);
  const defaulted = new Set<DefaultedField>();
  const { network, invalidFields } = parseNetwork(root["network"], "network", problems);
  for (const field of invalidFields) defaulted.add(`network.${field}`);
  const auth = parseAuth(root["auth"], "auth", problems);
  if (auth.isInvalid) defaulted.add("auth");
  if (network.bindHost === "" && !auth.isRequired && network.isUnauthenticatedAllowed !== true) {
    problems.warn(
      "network.bind_address",
      "asks for every network interface without authentication; only this host can connect while there are no API keys (auth.handlers, `pinion auth key create`) and network.allow_unauthenticated is not true",
    );
  }
  const logPatterns = parseLogPatterns(root["log"], "log", problems);
  const flag = (key: string, field: DefaultedField): boolean => {
    const value = root[key] ?? false;
    if (typeof value === "boolean") return value;
    problems.error(key, `expected true or false, got ${JSON.stringify(value)}`);
    defaulted.add(field);
    return false;
  };
  const isDebug = flag("debug", "isDebug") || context.isDebug === true;
  const isLogDeduplicated = !flag("disable_log_deduplication", "isLogDeduplicated");

  const collected = new Collected();
  const modules = listOf(root, "modules", problems);
  if (modules === undefined) defaulted.add("modules");
  for (const [index, entry] of (modules ?? []).entries()) {
    collected.addModule(parseModule(entry, `modules[${index}]`, context, problems), `modules[${index}]`, problems);
  }
  for (const kind of ["component", "service"] as const) {
    const entries = listOf(root, `${kind}s`, problems);
    if (entries === undefined) defaulted.add("resources");
    for (const [index, entry] of (entries ?? []).entries()) collected.addResource(kind, entry, `${kind}s[${index}]`, problems);
  }
  const config: MachineConfig = {
    revision: revisionOf(root, problems),
    resources: collected.resources,
    modules: new Map([...collected.modules].map(([name, module]) => [name, withDebugLevel(module, logPatterns, isDebug)])),
    network,
    apiKeys: auth.apiKeys,
    ...(auth.isRequired && { isAuthRequired: true }),
    logPatterns,
    isDebug,
    isLogDeduplicated,
    dormant: parseDormant(root, problems),
    invalidResources: collected.invalidResources,
    invalidModules: collected.invalidModules,
    ...(collected.invalidModuleIds.size > 0 && { invalidModuleIds: collected.invalidModuleIds }),
  };
  return { config, problems: problems.list, defaulted, missingFiles: collected.missingFiles };
}

/** Keys of other programs that live in the same file, and of the web app. They are left alone. */
const FOREIGN_KEYS: ReadonlySet<string> = new Set([
  ...["agent", "triggers", "disable_partial_start", "fragment_mods", "fragments", "comment"],
  ...["notes", "ui_folder", "version", "reload_path", "reload_enabled"],
]);

// Built on first use and kept: it depends on the schema alone.
let machineShape: KeyShape | undefined;

/** The decoded file with keys spelled as the schema does and all texts final. */
function readRoot(text: string, context: ConfigContext, problems: Problems): Readonly<Record<string, unknown>> {
  const decoded = decode(text, context, problems);
  machineShape ??= keyShapeOf(machineSchema);
  const canonical = canonicalKeys(decoded.value, machineShape, { problems, silent: FOREIGN_KEYS });
  if (!isJsonObject(canonical)) throw notAnObject(text, decoded.value);
  if (hasFragments(decoded.value)) problems.warn("fragments", "are merged by the cloud only; what they would add is not in this machine");
  if (!decoded.mayHavePlaceholders) return canonical;
  const placeholders = { env: context.env, home: context.home, packages: packageReferences(canonical["packages"]) };
  const resolved = resolvePlaceholders(canonical, placeholders, problems);
  if (!decoded.hasHiddenDollars) return resolved;
  const restored = restoreDollars(resolved);
  return isJsonObject(restored) ? restored : resolved;
}

interface Decoded {
  readonly value: unknown;
  readonly mayHavePlaceholders: boolean;
  readonly hasHiddenDollars: boolean;
}

function decode(text: string, context: ConfigContext, problems: Problems): Decoded {
  const substituted = substituteEnvironment(text, context.env);
  for (const note of substituted.notes) problems.warn(pathAt(text, note.offset), note.message);
  try {
    const { value, trailingOffset } = decodeJson(substituted.text);
    if (trailingOffset !== undefined) {
      const { line, column } = positionOf(text, substituted.originalOffset(trailingOffset));
      problems.warn("", `everything from line ${line}, column ${column} on is ignored: the config ends before it`);
    }
    return { value, mayHavePlaceholders: text.includes("$"), hasHiddenDollars: substituted.hasHiddenDollars };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ConfigSyntaxError(positionOf(text, substituted.originalOffset(error.offset)), error.message, { cause: error });
  }
}

function notAnObject(text: string, value: unknown): ConfigSyntaxError {
  const found = Array.isArray(value) ? "a list" : JSON.stringify(value);
  return new ConfigSyntaxError(positionOf(text, text.search(/[^\s\uFEFF]/)), `expected an object in braces, found ${found}`);
}

function hasFragments(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, item]) => key.toLowerCase() === "fragments" && Array.isArray(item) && item.length > 0);
}

/** Which texts may hold placeholders is part of the format. */
const PLACEHOLDER_KEYS: Readonly<Record<string, readonly string[]>> = {
  components: ["attributes"],
  services: ["attributes"],
  modules: ["executable_path", "env"],
};

function resolvePlaceholders(
  root: Readonly<Record<string, unknown>>,
  context: PlaceholderContext,
  problems: Problems,
): Readonly<Record<string, unknown>> {
  const resolved: Record<string, unknown> = { ...root };
  for (const [section, keys] of Object.entries(PLACEHOLDER_KEYS)) {
    const entries = root[section];
    if (!Array.isArray(entries)) continue;
    resolved[section] = entries.map((entry: unknown, index) => {
      if (!isJsonObject(entry)) return entry;
      const present = keys.filter((key) => entry[key] !== undefined);
      const replaced = present.map((key) => {
        const at = joinPath(joinPath(section, index), key);
        return [key, replacePlaceholders(entry[key], at, context, problems)] as const;
      });
      return { ...entry, ...Object.fromEntries(replaced) };
    });
  }
  return resolved;
}

/** The entries of a list, or undefined when it is something else. */
function listOf(root: Readonly<Record<string, unknown>>, key: string, problems: Problems): readonly unknown[] | undefined {
  const value = root[key] ?? [];
  if (Array.isArray(value)) return value;
  problems.error(key, "expected a list");
  return undefined;
}

function revisionOf(root: Readonly<Record<string, unknown>>, problems: Problems): string {
  const revision = root["revision"] ?? "";
  if (typeof revision === "string") return revision;
  problems.error("revision", `expected a text, got ${JSON.stringify(revision)}`);
  return "";
}

/** Resources and modules as they come; of two with one name the first good one counts. */
class Collected {
  readonly resources = new Map<ResourceName, ResourceConfig>();
  readonly modules = new Map<string, ModuleConfig>();
  readonly invalidResources = new Map<ResourceName, string>();
  readonly invalidModules = new Map<string, string>();
  readonly invalidModuleIds = new Map<string, string>();
  readonly missingFiles: string[] = [];
  readonly #resourcePaths = new Map<ResourceName, string>();
  readonly #modulePaths = new Map<string, string>();

  addResource(kind: ResourceKind, entry: unknown, path: string, problems: Problems): void {
    const parsed = parseResource(kind, entry, path, problems);
    const name = parsed.config === undefined ? parsed.name : parsed.config.name;
    if (name === undefined) return;
    const taken = this.#resourcePaths.get(name);
    if (parsed.config === undefined) {
      if (taken === undefined && !this.invalidResources.has(name)) this.invalidResources.set(name, parsed.error);
      return;
    }
    if (taken !== undefined) {
      problems.error(joinPath(path, "name"), `expected a name of its own, but ${taken} is ${name} already and counts`);
      return;
    }
    this.#resourcePaths.set(name, path);
    this.resources.set(name, parsed.config);
    this.invalidResources.delete(name);
  }

  addModule(parsed: ReturnType<typeof parseModule>, path: string, problems: Problems): void {
    const name = parsed.config === undefined ? parsed.name : parsed.config.name;
    if (parsed.config === undefined && parsed.missingFile !== undefined) this.missingFiles.push(parsed.missingFile);
    if (name === undefined) return;
    const taken = this.#modulePaths.get(name);
    if (parsed.config === undefined) {
      if (taken !== undefined || this.invalidModules.has(name)) return;
      this.invalidModules.set(name, parsed.error);
      if (parsed.moduleId !== undefined) this.invalidModuleIds.set(name, parsed.moduleId);
      return;
    }
    if (taken !== undefined) {
      problems.error(joinPath(path, "name"), `expected a name of its own, but ${taken} is the module ${name} already and counts`);
      return;
    }
    this.#modulePaths.set(name, path);
    this.modules.set(name, parsed.config);
    this.invalidModules.delete(name);
  }
}
