/** One entry of `components` or `services`: short and legacy spellings resolved, defaults filled in. */
import type { JsonObject } from "../base/json.js";
import { type LogLevel, parseLogLevel } from "../base/logger.js";
import { type Api, formatApi, parseApi } from "../resource/api.js";
import { type Model, parseModel } from "../resource/model.js";
import { type ResourceName, resourceName } from "../resource/resource-name.js";
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import type { AssociatedConfig, ResourceConfig } from "./machine-config.js";
import { componentSchema, serviceSchema } from "./machine-schema.js";
import type { Problems } from "./problems.js";
import type { RawApi, RawComponent, RawModel, RawService } from "./raw-config.js";

export type ResourceKind = "component" | "service";

/** The resource, or what is wrong with the entry under the name it would have had, when that can be told. */
export type ParsedResource =
  | { readonly config: ResourceConfig }
  | { readonly config?: undefined; readonly name?: ResourceName; readonly error: string };

export function parseResource(kind: ResourceKind, entry: unknown, path: string, problems: Problems): ParsedResource {
  const mark = problems.mark();
  const config = build(kind, entry, path, problems);
  const error = problems.errorsSince(mark);
  if (error === undefined && config !== undefined) return { config };
  const name = guessName(kind, entry);
  return { ...(name !== undefined && { name }), error: error ?? `${path}: not understood` };
}

function build(kind: ResourceKind, entry: unknown, path: string, problems: Problems): ResourceConfig | undefined {
  const schema = kind === "component" ? componentSchema : serviceSchema;
  const raw: RawComponent | RawService | undefined = checkShape<RawComponent | RawService>(schema, entry, path, problems);
  // The name of the API is told apart from the rest, so that all problems of an entry come at once.
  const api = parseEntryApi(kind, raw ?? entry, path, problems);
  if (raw === undefined || api === undefined) return undefined;
  const model = toModel(raw.model ?? "builtin");
  if (model === undefined) return undefined; // the schema told why
  if (raw.frame !== undefined) checkFrame(raw.frame, raw.name, joinPath(path, "frame"), problems);
  const logLevel = toLogLevel(raw.log_configuration?.level);
  return {
    name: resourceName(api, raw.name ?? "builtin"),
    model,
    attributes: toJsonObject(raw.attributes),
    dependsOn: raw.depends_on ?? [],
    ...(raw.frame !== undefined && { frame: toJsonObject(raw.frame) }),
    associatedConfigs: (raw.service_configs ?? []).flatMap((one, index) => {
      const at = joinPath(joinPath(path, "service_configs"), index);
      const serviceApi = parseAssociatedApi(one.type, joinPath(at, "type"), problems);
      return serviceApi === undefined ? [] : [{ api: serviceApi, attributes: toJsonObject(one.attributes) } satisfies AssociatedConfig];
    }),
    ...(logLevel !== undefined && { logLevel }),
  };
}

interface ApiKeys {
  readonly api?: unknown;
  readonly type?: unknown;
  readonly namespace?: unknown;
}

/** Reports only what the schema cannot: a missing or misspelled legacy type. */
function parseEntryApi(kind: ResourceKind, entry: unknown, path: string, problems: Problems): Api | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return undefined;
  const { api, type, namespace }: ApiKeys = entry;
  if (api !== undefined) return toApi(api);
  if (type === undefined) {
    problems.error(
      path,
      `expected "api" (e.g. "rdk:${kind}:${kind === "component" ? "sensor" : "generic"}"), found neither "api" nor "type"`,
    );
    return undefined;
  }
  if (typeof type !== "string" || (namespace !== undefined && typeof namespace !== "string")) return undefined;
  const legacy = parseApi(`${namespace === undefined || namespace === "" ? "rdk" : namespace}:${kind}:${type}`);
  if (legacy !== undefined) return legacy;
  const hint = parseApi(type) === undefined ? "" : '; a triplet belongs into "api"';
  problems.error(joinPath(path, "type"), `expected the last part of an API such as "sensor", got "${type}"${hint}`);
  return undefined;
}

function guessName(kind: ResourceKind, entry: unknown): ResourceName | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { api, type, namespace, name }: ApiKeys & { readonly name?: unknown } = entry;
  const known =
    api === undefined
      ? parseApi(`${typeof namespace === "string" && namespace !== "" ? namespace : "rdk"}:${kind}:${String(type)}`)
      : toApi(api);
  const simple = name === undefined && kind === "service" ? "builtin" : name;
  if (known === undefined || (type === undefined && api === undefined)) return undefined;
  return typeof simple === "string" && simple !== "" ? resourceName(known, simple) : undefined;
}

function toApi(raw: unknown): Api | undefined {
  if (typeof raw === "string") return parseApi(raw);
  if (typeof raw !== "object" || raw === null) return undefined;
  const { namespace, type, subtype }: Partial<Exclude<RawApi, string>> = raw;
  return parseApi(`${namespace}:${type}:${subtype}`);
}

function toModel(raw: RawModel): Model | undefined {
  return parseModel(typeof raw === "string" ? raw : `${raw.namespace}:${raw.model_family}:${raw.name}`);
}

function parseAssociatedApi(type: string, path: string, problems: Problems): string | undefined {
  const api = parseApi(type.includes(":") ? type : `rdk:service:${type}`);
  if (api !== undefined) return formatApi(api);
  problems.error(path, `expected a service such as "data_manager" or "rdk:service:data_manager", got "${type}"`);
  return undefined;
}

function checkFrame(frame: Readonly<Record<string, unknown>>, name: string | undefined, path: string, problems: Problems): void {
  const { id, parent } = frame as { readonly id?: string; readonly parent?: string }; // checked by the schema
  if (parent === undefined || parent === "") {
    problems.warn(path, 'has no "parent"; the resource is left out of the frame system (write "parent": "world")');
  } else if (id === "world" || name === "world") {
    problems.warn(path, 'a frame named "world" is left out of the frame system; that name is its root');
  }
}

export function toLogLevel(level: string | undefined): LogLevel | undefined {
  return level === undefined ? undefined : parseLogLevel(level);
}

/** What came out of JSON.parse and is known to be an object. */
function toJsonObject(value: Readonly<Record<string, unknown>> | undefined): JsonObject {
  return (value ?? {}) as JsonObject; // decoded JSON by construction
}
