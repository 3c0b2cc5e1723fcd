/** Where this installation of Pinion lies, for files that are shipped beside the code. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

let found: string | undefined;

/** The folder of Pinion's own package.json. */
export function packageRoot(): string {
  found ??= search(import.meta.dirname);
  return found;
}

function search(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const file = path.join(folder, "package.json");
    if (existsSync(file) && readFileSync(file, "utf8").includes('"name": "pinion"')) return folder;
    if (folder === path.dirname(folder)) return start;
  }
}
