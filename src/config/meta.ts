/** meta.json of a module: what it is called, how it is started, which models it has. Tolerant: one that is here already should start. */
import { PinionError } from "../base/errors.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { parseApi } from "../resource/api.js";
import { formatModel, parseModel } from "../resource/model.js";
import { decodeJson } from "./decode-json.js";
import { JsonSyntaxError, positionOf } from "./json-cursor.js";
import { joinPath } from "./json-path.js";
import type { ConfigProblem } from "./machine-config.js";
import { Problems } from "./problems.js";

interface MetaModel {
  /** API triplet. */
  readonly api: string;
  /** Model triplet. */
  readonly model: string;
  readonly shortDescription?: string;
}

/** An empty text counts as absent everywhere. */
interface ModuleMeta {
  /** "namespace:name". */
  readonly moduleId?: string;
  readonly visibility?: string;
  readonly url?: string;
  readonly description?: string;
  /** Path of the program, relative to the folder of meta.json. */
  readonly entrypoint?: string;
  /** Path of the script to run once, relative to the folder of meta.json. */
  readonly firstRun?: string;
  readonly models: readonly MetaModel[];
}

export interface ParsedMeta {
  readonly meta: ModuleMeta;
  /** What was left out, and why. */
  readonly problems: readonly ConfigProblem[];
}

/** CONFIG_INVALID, with line and column, when the text is no JSON object. Keys match without regard to case; unknown ones do not matter. */
export function parseMeta(text: string): ParsedMeta {
  const root = decodeObject(text);
  const problems = new Problems();
  const read = (key: string): string | undefined => readText(root, key, "", problems);
  const moduleId = read("module_id");
  if (moduleId !== undefined && !/^[^:]+:[^:]+$/.test(moduleId)) problems.warn("module_id", `expected "namespace:name", got "${moduleId}"`);
  const fields = {
    moduleId,
    visibility: read("visibility"),
    url: read("url"),
    description: read("description"),
    entrypoint: read("entrypoint"),
    firstRun: read("first_run"),
  };
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { meta: { ...present, models: readModels(memberOf(root, "models"), problems) }, problems: problems.list };
}

function decodeObject(text: string): JsonObject {
  try {
    const { value } = decodeJson(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = positionOf(text, error.offset);
    throw new PinionError("CONFIG_INVALID", `meta.json: line ${line}, column ${column}: ${error.message}`, { cause: error });
  }
  throw new PinionError("CONFIG_INVALID", "meta.json: expected an object in braces");
}

function memberOf(object: JsonObject, key: string): unknown {
  if (object[key] !== undefined) return object[key];
  const spelled = Object.keys(object).find((candidate) => candidate.toLowerCase() === key);
  return spelled === undefined ? undefined : object[spelled];
}

function readText(object: JsonObject, key: string, path: string, problems: Problems): string | undefined {
  const value = memberOf(object, key) ?? "";
  if (typeof value === "string") return value === "" ? undefined : value;
  problems.error(joinPath(path, key), `expected a text, got ${JSON.stringify(value)}`);
  return undefined;
}

function readModels(value: unknown, problems: Problems): readonly MetaModel[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.error("models", "expected a list");
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const at = joinPath("models", index);
    if (!isJsonObject(entry)) {
      problems.error(at, 'expected an object with "api" and "model"');
      return [];
    }
    const api = readText(entry, "api", at, problems) ?? "";
    const model = parseModel(readText(entry, "model", at, problems) ?? "");
    const shortDescription = readText(entry, "short_description", at, problems);
    if (parseApi(api) === undefined) problems.error(joinPath(at, "api"), `expected an API such as "rdk:component:sensor", got "${api}"`);
    if (model === undefined) problems.error(joinPath(at, "model"), 'expected a model such as "acme:demo:thermo"');
    if (parseApi(api) === undefined || model === undefined) return [];
    return [{ api, model: formatModel(model), ...(shortDescription !== undefined && { shortDescription }) }];
  });
}
