/** The few things of a package's meta.json that matter for running it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { isJsonObject } from "../base/json.js";

export interface PackageMeta {
  /** The folder that holds meta.json. */
  readonly folder: string;
  readonly entrypoint?: string;
  readonly firstRun?: string;
  readonly version?: string;
}

/** The meta.json in the folder; undefined when there is none, or none that can be read as such. */
export async function readPackageMeta(folder: string): Promise<PackageMeta | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path.join(folder, "meta.json"), "utf8"));
  } catch {
    return undefined; // documented: a missing or broken meta.json counts as none
  }
  if (!isJsonObject(value)) return undefined;
  const { entrypoint, first_run: firstRun, version } = value;
  return {
    folder,
    ...(isText(entrypoint) ? { entrypoint } : {}),
    ...(isText(firstRun) ? { firstRun } : {}),
    ...(isText(version) ? { version } : {}),
  };
}

/** A path of meta.json inside its folder: absolute ones are taken from there too. Undefined when it climbs out. */
export function pathInPackage(folder: string, relative: string): string | undefined {
  const joined = path.join(folder, relative);
  const inside = path.relative(folder, joined);
  return inside === "" || inside === ".." || inside.startsWith(`..${path.sep}`) ? undefined : joined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
