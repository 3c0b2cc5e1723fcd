/** A module's own persistent folder. It is made before anything of the module runs, and kept as long as the module is configured. */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { PinionError } from "../base/errors.js";

const MODE = 0o750;

export function dataFolderOf(home: string, robotId: string, module: string): string {
  const parent = path.resolve(home, "module-data", robotId);
  const folder = path.join(parent, module);
  if (path.dirname(folder) !== parent) {
    throw new PinionError("MODULE_START_FAILED", `expected a data folder of module "${module}" directly in ${parent}, got ${folder}`);
  }
  return folder;
}

export function ensureDataFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: MODE }) !== undefined) chmodSync(folder, MODE); // the umask may have taken bits away
  if (!statSync(folder).isDirectory()) throw new PinionError("MODULE_START_FAILED", `expected a folder at ${folder}, found a file`);
}
