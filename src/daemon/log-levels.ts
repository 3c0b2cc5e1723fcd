/** Which level a logger has, by its name: patterns in order, the last match wins. */
import type { LogLevel } from "../base/logger.js";
import type { LogPattern } from "../config/machine-config.js";
import type { ResourceName } from "../resource/resource-name.js";

export interface LogLevels {
  /** Of loggers that nothing matches. */
  readonly level: LogLevel;
  readonly patterns: readonly LogPattern[];
  /** `log_configuration` of services and components; these come after the patterns. */
  readonly resourceLevels: ReadonlyMap<ResourceName, LogLevel>;
  /** Everything at debug, whatever else is said. */
  readonly isDebug: boolean;
}

export interface LevelTable {
  levelOf(logger: string): LogLevel;
  /** Patterns that cannot match any logger. */
  readonly badPatterns: readonly string[];
}

/** The logger of whoever builds resources. */
export const RESOURCE_MANAGER = "rdk.resource_manager";

/** The logger of a resource. */
export function resourceLoggerName(resource: string): string {
  return `${RESOURCE_MANAGER}.${resource}`;
}

export function createLevelTable({ level, patterns, resourceLevels, isDebug }: LogLevels): LevelTable {
  const byLogger = new Map([...resourceLevels].map(([name, own]) => [resourceLoggerName(name), own]));
  const matchers = patterns
    .filter(({ pattern }) => isUsable(pattern))
    .map((entry) => ({ matches: matcherOf(entry.pattern), level: entry.level }));
  return {
    badPatterns: patterns.map(({ pattern }) => pattern).filter((pattern) => !isUsable(pattern)),
    levelOf(logger) {
      if (isDebug) return "debug";
      return byLogger.get(logger) ?? matchers.findLast(({ matches }) => matches.test(logger))?.level ?? level;
    },
  };
}

/** Names of loggers consist of dotted words and full resource names. */
function isUsable(pattern: string): boolean {
  return /^[\w\-.:/+*]+$/.test(pattern);
}

/** `*` stands for anything, all else for itself, from the first character to the last. */
function matcherOf(pattern: string): RegExp {
  const source = pattern
    .split(/\*+/)
    .map((literal) => literal.replace(/[.+/]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`);
}
