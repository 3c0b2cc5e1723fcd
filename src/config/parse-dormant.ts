/** Sections that are checked and kept, but that nothing acts on yet. */
import type * as v from "valibot";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import { cloudSchema, jobSchema, maintenanceSchema, packageSchema, processSchema, remoteSchema, tracingSchema } from "./machine-schema.js";
import type { PackageReference } from "./placeholders.js";
import type { Problems } from "./problems.js";

interface DormantSection {
  readonly schema: v.GenericSchema;
  readonly note: string;
}

const NOT_YET = "is checked and kept, but Pinion does not act on it yet";

const LISTS: Readonly<Record<string, DormantSection>> = {
  remotes: { schema: remoteSchema, note: NOT_YET },
  packages: { schema: packageSchema, note: "serves for placeholders; Pinion downloads nothing yet" },
  jobs: { schema: jobSchema, note: NOT_YET },
  processes: { schema: processSchema, note: "is not supported; run the program as a module or a service of the system" },
};

const OBJECTS: Readonly<Record<string, DormantSection>> = {
  cloud: { schema: cloudSchema, note: "is kept, but this machine is configured by this file alone" },
  maintenance: { schema: maintenanceSchema, note: NOT_YET },
  tracing: { schema: tracingSchema, note: NOT_YET },
};

export type DormantSections = Readonly<Record<string, JsonObject | readonly JsonObject[]>>;

export function parseDormant(root: Readonly<Record<string, unknown>>, problems: Problems): DormantSections {
  const kept: Record<string, JsonObject | readonly JsonObject[]> = {};
  for (const [key, section] of Object.entries(LISTS)) {
    const raw = root[key];
    if (raw === undefined) continue;
    if (!Array.isArray(raw)) {
      problems.error(key, "expected a list");
      continue;
    }
    if (raw.length === 0) continue;
    problems.warn(key, section.note);
    kept[key] = checkedItems(raw, key, section.schema, problems);
  }
  for (const [key, section] of Object.entries(OBJECTS)) {
    const raw = root[key];
    if (raw === undefined || (isJsonObject(raw) && Object.keys(raw).length === 0)) continue;
    const value = checkShape(section.schema, raw, key, problems);
    if (value === undefined || !isJsonObject(value)) continue;
    problems.warn(key, section.note);
    if (key === "cloud") checkCloud(value, problems);
    kept[key] = value;
  }
  return kept;
}

/** Packages that placeholders may name. Bad entries are told by parseDormant. */
export function packageReferences(packages: unknown): readonly PackageReference[] {
  if (!Array.isArray(packages)) return [];
  return packages.flatMap((entry: unknown) => {
    if (!isJsonObject(entry)) return [];
    const { name, package: id, type, version } = entry;
    if (typeof name !== "string" || typeof id !== "string") return [];
    return [
      {
        name,
        package: id,
        type: typeof type === "string" ? type : "",
        version: typeof version === "string" && version !== "" ? version : "latest",
      },
    ];
  });
}

function checkedItems(items: readonly unknown[], key: string, schema: v.GenericSchema, problems: Problems): readonly JsonObject[] {
  const names = new Set<string>();
  return items.flatMap((item, index) => {
    const at = joinPath(key, index);
    const value = checkShape(schema, item, at, problems);
    if (value === undefined || !isJsonObject(value)) return [];
    const { name, status } = value;
    const failure = isJsonObject(status) ? status["error"] : undefined;
    if (typeof failure === "string" && failure !== "") {
      problems.error(joinPath(at, "status"), failure);
      return [];
    }
    if (typeof name === "string" && key !== "processes") {
      if (names.has(name)) {
        problems.error(joinPath(at, "name"), `expected a name of its own, "${name}" is taken by an earlier entry, which counts`);
        return [];
      }
      names.add(name);
    }
    return [value];
  });
}

function checkCloud(cloud: JsonObject, problems: Problems): void {
  const { id, secret, api_key: apiKey } = cloud;
  if (typeof id !== "string" || id === "") problems.error("cloud.id", "missing; expected the id of the machine part");
  const isWhole = isJsonObject(apiKey) && apiKey["id"] !== undefined && apiKey["key"] !== undefined;
  if (apiKey !== undefined && !isWhole) problems.error("cloud.api_key", 'expected both "id" and "key"');
  if (apiKey === undefined && secret === undefined) problems.warn("cloud", 'has neither "secret" nor "api_key"');
}
