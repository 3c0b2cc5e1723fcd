/** The suite's module in each language, laid out as a user would: a folder with a meta.json, a program and a first_run. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { JsonObject } from "../../../src/base/json.js";
import { interopSource } from "./cache.js";
import { goProgram, pythonProgram } from "./toolchains.js";

export const LANGUAGES = ["python", "go", "typescript"] as const;
export type Language = (typeof LANGUAGES)[number];
/** Also the module that has no SDK: the protocol on gRPC's C core. */
export type ModuleKind = Language | "ccore";

/** Degrees above 20 that the language's thermo and dial show. */
export const OFFSETS: Readonly<Record<Language, number>> = { python: 1, go: 2, typescript: 3 };

/** The language whose thermo the winch of this one depends on: a ring, so that every pair of neighbours meets. */
export function nextLanguage(language: Language, languages: readonly Language[]): Language {
  return languages[(languages.indexOf(language) + 1) % languages.length] ?? language;
}

export interface InstalledModule<K extends ModuleKind = Language> {
  readonly language: K;
  /** VIAM_MODULE_ROOT. */
  readonly folder: string;
  /** first_run appends a line to it. */
  readonly firstRuns: string;
  readonly firstRunMarker: string;
  /** The entry for `modules` of a machine config. */
  readonly config: JsonObject;
}

/** Lays the module out below `folder`. Without a first_run there is no meta.json either. */
export function installModule<K extends ModuleKind>(
  folder: string,
  language: K,
  options: { readonly hasFirstRun?: boolean } = {},
): InstalledModule<K> {
  const root = path.join(folder, language);
  const firstRuns = path.join(folder, `${language}-first-runs.txt`);
  mkdirSync(root, { recursive: true });
  const executable = path.join(root, "run");
  if (language === "python") script(executable, `exec "${pythonProgram()}" -B "${interopSource("python", "module.py")}" "$@"`);
  else if (language === "ccore") script(executable, `exec "${pythonProgram()}" -B "${interopSource("python", "grpcio_module.py")}" "$@"`);
  else if (language === "typescript")
    script(executable, `exec "${process.execPath}" "${path.join(import.meta.dirname, "../typescript/module.js")}" "$@"`);
  else symlinkSync(goProgram("module"), executable);
  if (options.hasFirstRun !== false) addFirstRun(root, language);
  return {
    language,
    folder: root,
    firstRuns,
    firstRunMarker: `${root}.first_run_succeeded`,
    config: { type: "local", name: language, executable_path: executable, env: { ACME_FIRST_RUNS: firstRuns } },
  };
}

function addFirstRun(root: string, language: ModuleKind): void {
  script(
    path.join(root, "first_run.sh"),
    `echo "first run of $VIAM_MODULE_NAME"\necho "$VIAM_MODULE_NAME in $VIAM_MODULE_ROOT" >> "$ACME_FIRST_RUNS"`,
  );
  const meta = { module_id: `acme:${language}`, visibility: "private", entrypoint: "run", first_run: "first_run.sh", models: [] };
  writeFileSync(path.join(root, "meta.json"), JSON.stringify(meta));
}

function script(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
