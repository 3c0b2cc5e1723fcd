/** One entry of `modules`, and the effect of log patterns and the debug flag on modules' levels. */
import path from "node:path";
import { parseGoDuration } from "../base/go-duration.js";
import { LOG_LEVELS, type LogLevel, parseLogLevel } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import { moduleNameProblem } from "../resource/names.js";
import { checkShape } from "./check-shape.js";
import { joinPath } from "./json-path.js";
import type { LogPattern, ModuleConfig } from "./machine-config.js";
import { moduleSchema } from "./machine-schema.js";
import { parseLimits } from "./parse-limits.js";
import type { Problems } from "./problems.js";
import type { RawModule } from "./raw-config.js";

/** How long a first_run script may take unless the config says so. */
export const DEFAULT_FIRST_RUN_TIMEOUT: Millis = millis(3_600_000);

export interface ModuleContext {
  /** For `~` in executable paths. */
  readonly userHome: string;
  fileExists(path: string): boolean;
}

export type ParsedModule =
  | { readonly config: ModuleConfig }
  | {
      readonly config?: undefined;
      readonly name?: string;
      readonly moduleId?: string;
      readonly error: string;
      readonly missingFile?: string;
    };

export function parseModule(entry: unknown, at: string, context: ModuleContext, problems: Problems): ParsedModule {
  const mark = problems.mark();
  const raw = checkShape(moduleSchema, entry, at, problems);
  if (raw !== undefined) checkRules(raw, at, problems);
  const executablePath = raw === undefined ? "" : resolveExecutable(raw, joinPath(at, "executable_path"), context, problems);
  const isMissing = raw?.type === "local" && problems.errorsSince(mark) === undefined && !context.fileExists(executablePath);
  if (isMissing)
    problems.error(
      joinPath(at, "executable_path"),
      `expected a file, found nothing at ${executablePath}; build the module or correct the path`,
    );

  const limits = raw === undefined ? undefined : parseLimits(raw.limits, joinPath(at, "limits"), problems);
  const error = problems.errorsSince(mark);
  if (raw === undefined || error !== undefined) {
    const name = guessText(entry, "name");
    const moduleId = guessText(entry, "module_id");
    return {
      ...(name !== undefined && { name }),
      ...(moduleId !== undefined && { moduleId }),
      error: error ?? at,
      ...(isMissing && { missingFile: executablePath }),
    };
  }
  const logLevel = parseModuleLevel(raw.log_level, joinPath(at, "log_level"), problems);
  return {
    config: {
      name: raw.name,
      executablePath,
      type: raw.type ?? "",
      ...(raw.module_id !== undefined && raw.module_id !== "" && { moduleId: raw.module_id }),
      ...(logLevel !== undefined && { logLevel }),
      env: raw.env ?? {},
      isTcp: raw.tcp_mode ?? false,
      firstRunTimeout: firstRunTimeout(raw.first_run_timeout),
      ...(limits !== undefined && { limits }),
      isBuiltin: false,
    },
  };
}

function checkRules(raw: RawModule, at: string, problems: Problems): void {
  if (raw.name === "parent") problems.error(joinPath(at, "name"), moduleNameProblem(raw.name) ?? "reserved");
  const status = raw.status?.error;
  if (status !== undefined && status !== "") problems.error(joinPath(at, "status"), status);
  const id = raw.module_id ?? "";
  if (id !== "" && !/^[^:]+:[^:]+$/.test(id)) problems.error(joinPath(at, "module_id"), `expected "namespace:name", got "${id}"`);
}

function resolveExecutable(raw: RawModule, at: string, context: ModuleContext, problems: Problems): string {
  const written = raw.executable_path ?? "";
  if (written === "") {
    const hint = raw.type === "registry" ? "; Pinion downloads nothing from a registry yet, so install the module and say where it is" : "";
    problems.error(at, `missing; expected the absolute path of the module's program${hint}`);
    return "";
  }
  const expanded = written === "~" || written.startsWith("~/") ? path.join(context.userHome, written.slice(1)) : written;
  if (path.isAbsolute(expanded)) return path.normalize(expanded);
  const wrong = `expected an absolute path, got "${written}"`;
  if (written.startsWith("${")) problems.error(at, `${wrong}, a placeholder that names nothing in this config`);
  else
    problems.error(
      at,
      `${wrong}; write it from the root, e.g. "${path.join(context.userHome, written)}" or "~/${path.normalize(written)}"`,
    );
  return "";
}

function parseModuleLevel(level: string | undefined, at: string, problems: Problems): LogLevel | undefined {
  if (level === undefined || level === "") return undefined;
  const parsed = parseLogLevel(level);
  if (parsed === undefined)
    problems.warn(at, `expected one of ${LOG_LEVELS.join(", ")}, got "${level}"; the module logs at its default level`);
  return parsed;
}

function firstRunTimeout(text: string | undefined): Millis {
  const parsed = text === undefined ? undefined : parseGoDuration(text);
  return parsed !== undefined && parsed > 0 ? parsed : DEFAULT_FIRST_RUN_TIMEOUT; // only a positive one counts
}

function guessText(entry: unknown, key: "name" | "module_id"): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const value = (entry as Readonly<Record<string, unknown>>)[key]; // an object of some sort
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * The level of a module that has none of its own: debug with the machine's debug flag, or when a debug pattern names the module
 * ("rdk.modmanager.thermo", "*thermo*"); a pattern that would match any module ("*", "rdk.*") names none.
 */
export function withDebugLevel(module: ModuleConfig, patterns: readonly LogPattern[], isDebug: boolean): ModuleConfig {
  if (module.logLevel !== undefined) return module;
  const isNamed = patterns.some(({ level, pattern }) => level === "debug" && namesModule(pattern, module.name));
  return isDebug || isNamed ? { ...module, logLevel: "debug" } : module;
}

function namesModule(pattern: string, name: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"))
    .join(".*");
  const matcher = new RegExp(`^${source}$`);
  const matches = (module: string): boolean => ["", "rdk.modmanager."].some((prefix) => matcher.test(prefix + module));
  return matches(name) && !matches("?"); // no module is called that
}
