/** What is thrown when a library of native code cannot be loaded. */
import { PinionError } from "../../base/errors.js";

export function libraryMissing(name: string, purpose: string, cause: unknown): PinionError {
  return new PinionError(
    "HARDWARE_LIBRARY_MISSING",
    `the package "${name}", needed for ${purpose}, cannot be loaded: run "npm install ${name}" where pinion is installed (with install scripts allowed, and a compiler where there is no prebuilt binary)`,
    { cause },
  );
}
