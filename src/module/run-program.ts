/** Runs a short-lived program of the system, such as tar, to its end. */
import { execFile } from "node:child_process";
import { PinionError } from "../base/errors.js";

/** Resolves when it ended well; rejects with what it said otherwise. Aborting ends it. */
export function runProgram(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { signal, maxBuffer: 1024 * 1024 }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new PinionError("MODULE_START_FAILED", `${program}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}
