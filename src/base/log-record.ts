/** One line of the log as data: what is written, kept and shown. */
import { LOG_LEVELS, type LogFields, type LogLevel } from "./logger.js";

export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  /** Dotted, beginning with "rdk". */
  readonly logger: string;
  readonly message: string;
  /** Safe for JSON. */
  readonly fields: LogFields;
  readonly module?: string;
  /** Full name, or the simple one where only that is known. */
  readonly resource?: string;
}

export interface LogFilter {
  readonly since?: Date;
  /** Lines of this level and the ones above. */
  readonly level?: LogLevel;
  readonly module?: string;
  /** A full name, or a simple one that stands for all APIs. */
  readonly resource?: string;
}

/** 0 for debug to 3 for error. */
export function logLevelRank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}

export function isLogMatch(record: LogRecord, filter: LogFilter): boolean {
  if (filter.level !== undefined && logLevelRank(record.level) < logLevelRank(filter.level)) return false;
  if (filter.module !== undefined && record.module !== filter.module) return false;
  if (filter.since !== undefined && record.time < filter.since) return false;
  if (filter.resource === undefined || record.resource === filter.resource) return true;
  return record.resource?.endsWith(`/${filter.resource}`) === true;
}
