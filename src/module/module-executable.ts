/** Which file is started for a module, and which folder is the module's own. */
import path from "node:path";
import { PinionError } from "../base/errors.js";
import type { ModuleConfig } from "../config/machine-config.js";
import { programProblem } from "../process/spawn-failure.js";
import { pathInPackage, readPackageMeta } from "./package-meta.js";
import { unpackTarball } from "./unpack-tarball.js";

export interface ModuleExecutable {
  /** Absolute. */
  readonly file: string;
  /** Where the module was unpacked to, or the folder of the executable. */
  readonly root: string;
}

/** The executable, checked to be there. Rejects with MODULE_START_FAILED. Unpacks a module that is an archive. */
export async function resolveExecutable(config: ModuleConfig, home: string, signal: AbortSignal): Promise<ModuleExecutable> {
  const { name, executablePath } = config;
  if (!path.isAbsolute(executablePath)) throw wrong(name, `expected an absolute executable_path, got "${executablePath}"`);
  const executable = await locate(config, home, signal);
  const problem = programProblem(executable.file);
  if (problem !== undefined) throw wrong(name, problem);
  return executable;
}

async function locate(config: ModuleConfig, home: string, signal: AbortSignal): Promise<ModuleExecutable> {
  const { name, executablePath, type } = config;
  const folder = path.dirname(executablePath);
  if (type === "local") {
    if (!/\.(tgz|tar\.gz)$/i.test(executablePath)) return { file: executablePath, root: folder };
    const root = await unpackTarball({ archive: executablePath, module: name, home, signal });
    const file = await entrypointIn(name, root);
    if (file === undefined) throw wrong(name, `expected a meta.json with an "entrypoint" in ${executablePath}, found none`);
    return { file, root };
  }
  return { file: (await entrypointIn(name, folder)) ?? executablePath, root: folder };
}

async function entrypointIn(module: string, folder: string): Promise<string | undefined> {
  const entrypoint = (await readPackageMeta(folder))?.entrypoint;
  if (entrypoint === undefined) return undefined;
  const file = pathInPackage(folder, entrypoint);
  if (file === undefined) throw wrong(module, `expected an entrypoint inside ${folder}, got "${entrypoint}" in its meta.json`);
  return file;
}

function wrong(module: string, text: string): PinionError {
  return new PinionError("MODULE_START_FAILED", `module "${module}": ${text}`);
}
