/** Why a program could not be started, in a sentence: the system's own message names the program even when its folder is missing. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { messageOf } from "../base/errors.js";
import type { ProcessSpec } from "./managed-process.js";

export function explainSpawnFailure(spec: ProcessSpec, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "EACCES":
    case "ENOTDIR":
      return folderProblem(spec.cwd) ?? programProblem(spec.command) ?? messageOf(error);
    case "EAGAIN":
    case "ENOMEM":
      return `the system has no memory or no process left for ${spec.command} (${code})`;
    case "EMFILE":
    case "ENFILE":
      return `too many files are open to start ${spec.command} (${code}); raise the limit of open files`;
    case "E2BIG":
      return `the arguments and environment for ${spec.command} are too long (E2BIG)`;
    default:
      return `${spec.command}: ${messageOf(error)}`;
  }
}

function folderProblem(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return `the working directory ${folder} does not exist`;
  return stats.isDirectory() ? undefined : `the working directory ${folder} is not a folder`;
}

/** Undefined when nothing is wrong with the file as such. */
export function programProblem(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return `the executable ${file} does not exist`;
  if (!stats.isFile()) return `expected an executable file at ${file}, found ${stats.isDirectory() ? "a folder" : "something else"}`;
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return `${file} is not executable; try: chmod +x ${file}`; // access says no more than that
  }
  const interpreter = interpreterOf(file);
  if (interpreter !== undefined && statSync(interpreter, { throwIfNoEntry: false }) === undefined) {
    return `the first line of ${file} names ${interpreter}, which does not exist`;
  }
  return undefined;
}

// The kernel looks no further either.
const MAX_FIRST_LINE = 256;

function interpreterOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return undefined; // executable but unreadable: no script then
  }
  try {
    const start = Buffer.alloc(MAX_FIRST_LINE);
    const length = readSync(descriptor, start);
    return /^#!\s*(\S+)/.exec(start.toString("latin1", 0, length))?.[1];
  } finally {
    closeSync(descriptor);
  }
}
