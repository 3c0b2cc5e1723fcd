/**
 * The modules that ship with Pinion, found through the meta.json of each driver: which one serves a model, so that a config needs no
 * `modules` entry for it.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../base/errors.js";
import type { ModuleConfig } from "./machine-config.js";
import { parseMeta } from "./meta.js";
import { DEFAULT_FIRST_RUN_TIMEOUT } from "./parse-module.js";

export interface Catalogue {
  /**
   * The module that serves this API and model (triplets), or undefined. Its name is "pinion-" and the driver's name. A module that the user
   * configured under the same name takes its place: whoever starts modules leaves this one out then.
   */
  moduleFor(api: string, model: string): ModuleConfig | undefined;
  readonly modules: readonly ModuleConfig[];
  /** Drivers whose meta.json could not be used, one sentence each. */
  readonly failures: readonly string[];
}

/** Nothing is read until the catalogue is asked; then everything, once. */
export function readCatalogue(driversFolder: string): Catalogue {
  let contents: Contents | undefined;
  const read = (): Contents => {
    contents ??= readDrivers(driversFolder);
    return contents;
  };
  return {
    moduleFor: (api, model) => read().byModel.get(`${api} ${model}`),
    get modules() {
      return read().modules;
    },
    get failures() {
      return read().failures;
    },
  };
}

interface Contents {
  readonly byModel: ReadonlyMap<string, ModuleConfig>;
  readonly modules: readonly ModuleConfig[];
  readonly failures: readonly string[];
}

function readDrivers(folder: string): Contents {
  const byModel = new Map<string, ModuleConfig>();
  const modules: ModuleConfig[] = [];
  const failures: string[] = [];
  for (const driver of driverNames(folder)) {
    const file = path.join(folder, driver, "meta.json");
    try {
      const { meta } = parseMeta(readFileSync(file, "utf8"));
      if (meta.entrypoint === undefined) throw new Error("expected an entrypoint, found none");
      const config = builtinModule(driver, meta.moduleId, path.join(folder, driver, meta.entrypoint));
      modules.push(config);
      for (const { api, model } of meta.models) {
        const key = `${api} ${model}`;
        if (!byModel.has(key)) byModel.set(key, config); // the first driver by folder name counts
      }
    } catch (error) {
      if (isMissing(error)) continue; // a folder that is no driver, e.g. one for shared code
      failures.push(`${file}: ${messageOf(error)}`);
    }
  }
  return { byModel, modules, failures };
}

function driverNames(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted();
  } catch {
    return []; // an installation without drivers has none to offer
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function builtinModule(driver: string, moduleId: string | undefined, executablePath: string): ModuleConfig {
  const id = moduleId ?? `pinion:${driver}`;
  const shortName = id.slice(id.indexOf(":") + 1).replace(/[^\w-]/g, "-");
  return {
    name: shortName.startsWith("pinion-") ? shortName : `pinion-${shortName}`,
    executablePath,
    type: "local",
    moduleId: id,
    env: {},
    isTcp: false,
    firstRunTimeout: DEFAULT_FIRST_RUN_TIMEOUT,
    isBuiltin: true,
  };
}
