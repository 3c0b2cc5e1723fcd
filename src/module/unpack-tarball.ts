/**
 * Unpacks a module that is configured as an archive into VIAM_HOME, once for each content of the archive.
 * The system's tar does the work; it refuses members that climb out, and links are checked afterwards.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readdir, readlink, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf, PinionError } from "../base/errors.js";
import { runProgram } from "./run-program.js";

export interface TarballInput {
  readonly archive: string;
  readonly module: string;
  readonly home: string;
  readonly signal: AbortSignal;
}

/** The folder with the archive's content. */
export async function unpackTarball({ archive, module, home, signal }: TarballInput): Promise<string> {
  try {
    const parent = path.join(home, "packages-local", "data", "module");
    const folder = path.join(parent, `synthetic-${module}-${await contentVersion(archive, signal)}`);
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.tmp`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    await runProgram("tar", ["-xzf", archive, "-C", unfinished, "--no-same-owner"], signal);
    await assertLinksInside(unfinished);
    await rename(unfinished, folder);
    await removeOthers(parent, module, folder);
    return folder;
  } catch (error) {
    signal.throwIfAborted();
    throw new PinionError("MODULE_START_FAILED", `module "${module}": ${archive} could not be unpacked: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function contentVersion(archive: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(archive, { signal })) hash.update(chunk);
  return hash.digest("hex").slice(0, 16);
}

async function assertLinksInside(folder: string): Promise<void> {
  const root = await realpath(folder);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = path.join(entry.parentPath, entry.name);
    const target = await readlink(link);
    const relative = path.relative(root, path.resolve(await realpath(entry.parentPath), target));
    if (path.isAbsolute(target) || relative === ".." || relative.startsWith(`..${path.sep}`)) {
      throw new PinionError("MODULE_START_FAILED", `expected links that stay inside, got ${path.relative(folder, link)} -> ${target}`);
    }
  }
}

async function removeOthers(parent: string, module: string, kept: string): Promise<void> {
  const name = new RegExp(`^synthetic-${module}-[0-9a-f]{16}$`);
  for (const entry of await readdir(parent)) {
    const folder = path.join(parent, entry);
    // The marker of first_run lies beside the folder and goes with it.
    if (!name.test(entry) || folder === kept) continue;
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}.first_run_succeeded`, { force: true });
  }
}
