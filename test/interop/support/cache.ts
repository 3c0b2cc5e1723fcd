/** Where the suite keeps what it built from the registries, by name and content, so that a second run finds it. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../../src/base/package-root.js";

/** The sources of the suite that are not TypeScript: not copied by the build. */
export function interopSource(...parts: readonly string[]): string {
  return path.join(packageRoot(), "test", "interop", ...parts);
}

/** A folder for `name`, another one whenever `inputs` differ. */
export function cacheFolder(name: string, ...inputs: readonly string[]): string {
  const base = process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
  const digest = createHash("sha256").update(inputs.join("\0")).digest("hex").slice(0, 12);
  return path.join(base, "pinion-interop", `${name}-${digest}`);
}

/** Runs `build` unless it has run to its end in this folder before. */
export async function buildOnce(folder: string, build: () => Promise<void>): Promise<void> {
  const marker = path.join(folder, "complete");
  if (existsSync(marker)) return;
  mkdirSync(folder, { recursive: true });
  await build();
  // The build may have made the folder anew.
  mkdirSync(folder, { recursive: true });
  writeFileSync(marker, "");
}

/** The text of every file below `folder` whose name has one of the endings, names included. */
export function textOf(folder: string, endings: readonly string[]): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .toSorted()
    .map((file) => `${file}\n${readFileSync(path.join(folder, file), "utf8")}`)
    .join("\n");
}
