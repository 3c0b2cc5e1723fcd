/**
 * The daemon's loggers: names, levels, repetition, and where lines go. How a line looks is in log-json.ts and base/log-line.ts.
 * Whoever dies calls `flush` first.
 */
import type { Clock } from "../base/clock.js";
import { formatLogLine } from "../base/log-line.js";
import { type LogRecord, logLevelRank } from "../base/log-record.js";
import type { LogFields, Logger, LogLevel } from "../base/logger.js";
import { LogDedup } from "./log-dedup.js";
import { toSafeFields } from "./log-fields.js";
import { JsonLines } from "./log-json.js";
import { createLevelTable, type LevelTable, type LogLevels, RESOURCE_MANAGER, resourceLoggerName } from "./log-levels.js";
import type { LogOutput } from "./log-output.js";

export interface LoggingOptions {
  readonly format: "pretty" | "json";
  /** Only for pretty lines. */
  readonly color: boolean;
  readonly out: LogOutput;
  readonly clock: Clock;
  /** Debug by the command line: stays, whatever `setLevels` says. */
  readonly isDebug?: boolean;
}

interface LogSettings extends Partial<LogLevels> {
  readonly isDeduplicated?: boolean;
}

/** A line that a module sent or printed. The module has decided by its own levels that it is worth saying. */
export interface ForeignEntry {
  readonly level: LogLevel;
  /** Full dotted name, beginning with "rdk". */
  readonly logger: string;
  readonly message: string;
  readonly fields?: LogFields;
  readonly module?: string;
  readonly resource?: string;
  /** When the module said it, if it says so. */
  readonly time?: Date;
}

export interface Logging {
  /** Named "rdk". */
  readonly logger: Logger;
  /** Repetition is held back from the first call on, unless it says otherwise. */
  setLevels(settings: LogSettings): void;
  /** Not filtered by level. */
  record(entry: ForeignEntry): void;
  /** Hands over every line that is written, until the returned function is called. The first listener also gets the lines before it. */
  tap(listener: (record: LogRecord) => void): () => void;
  flush(): void;
  close(): void;
}

const ROOT = "rdk";
const BACKLOG = 500;
const LATE_MS = 1000;
/** Never held back: what a process says when it dies is worth every line, and jobs and activities are counted by people. */
const NEVER_REPEATED = /\.StdErr$|^rdk\.(job_manager|activity)(\.|$)/;

export function createLogging({ format, color, out, clock, isDebug = false }: LoggingOptions): Logging {
  const json = new JsonLines(clock, (line) => out.write(line));
  const listeners = new Set<(record: LogRecord) => void>();
  const levels = new LoggerLevels(isDebug);
  let backlog: LogRecord[] | undefined = [];
  let isDeduplicated = false;

  const deliver = (record: LogRecord): void => {
    if (format === "json") json.write(record);
    else out.write(`${formatLogLine(record, { color })}\n`);
    for (const listener of listeners) listener(record);
    if (backlog !== undefined && backlog.length < BACKLOG) backlog.push(record);
    const lost = out.takeLost();
    if (lost > 0) deliver(lostRecord(lost, clock));
  };
  const dedup = new LogDedup({ clock, summarize: deliver });
  const emit = (record: LogRecord, isDebugLogger: boolean): void => {
    const admitted = isDeduplicated && !isDebugLogger && !NEVER_REPEATED.test(record.logger) ? dedup.admit(record) : record;
    if (admitted !== undefined) deliver(admitted);
  };
  const logger = createLogger(ROOT, {}, { clock, levels, emit });

  return {
    logger,
    setLevels({ isDeduplicated: wanted = true, ...settings }) {
      if (!wanted) dedup.reset();
      isDeduplicated = wanted;
      for (const pattern of levels.set(settings)) {
        logger.child("config").warn({ pattern }, "a log pattern may only hold letters, digits, and - _ . : / + *; it is left out");
      }
    },
    record({ level, logger: name, message, fields = {}, module, resource, time }) {
      const now = clock.wall();
      const isLate = time !== undefined && Math.abs(now.getTime() - time.getTime()) > LATE_MS;
      const record: LogRecord = {
        time: now,
        level,
        logger: name,
        message,
        fields: toSafeFields(isLate ? { ...fields, log_ts: time.toISOString() } : fields),
        ...(module === undefined ? {} : { module }),
        ...(resource === undefined ? {} : { resource }),
      };
      emit(record, level === "debug");
    },
    tap(listener) {
      for (const record of backlog ?? []) listener(record);
      backlog = undefined;
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    flush() {
      json.flush();
      out.flush();
    },
    close() {
      dedup.reset();
      json.flush();
      out.close();
    },
  };
}

/** Levels by name; what was once looked up is known until the settings change. */
class LoggerLevels {
  readonly #isAlwaysDebug: boolean;
  #table: LevelTable;
  #known = new Map<string, LogLevel>();

  constructor(isAlwaysDebug: boolean) {
    this.#isAlwaysDebug = isAlwaysDebug;
    this.#table = this.#tableOf({});
  }

  /** The patterns that are no good. */
  set(settings: Partial<LogLevels>): readonly string[] {
    this.#table = this.#tableOf(settings);
    this.#known = new Map();
    return this.#table.badPatterns;
  }

  of(logger: string): LogLevel {
    const known = this.#known.get(logger);
    if (known !== undefined) return known;
    const level = this.#table.levelOf(logger);
    this.#known.set(logger, level);
    return level;
  }

  #tableOf({ level = "info", patterns = [], resourceLevels = new Map(), isDebug = false }: Partial<LogLevels>): LevelTable {
    return createLevelTable({ level, patterns, resourceLevels, isDebug: isDebug || this.#isAlwaysDebug });
  }
}

interface LoggerParts {
  readonly clock: Clock;
  readonly levels: LoggerLevels;
  readonly emit: (record: LogRecord, isDebugLogger: boolean) => void;
}

function createLogger(name: string, ownFields: LogFields, parts: LoggerParts): Logger {
  const { clock, levels, emit } = parts;
  const write = (level: LogLevel, fields: LogFields, message: string): void => {
    const about = fields["resource"] ?? ownFields["resource"];
    // What the resource manager says of a resource has that resource's name and level.
    const logger = name === RESOURCE_MANAGER && typeof about === "string" ? resourceLoggerName(about) : name;
    const threshold = levels.of(logger);
    if (logLevelRank(level) < logLevelRank(threshold)) return;
    const { module, resource, ...rest } = toSafeFields({ ...ownFields, ...fields });
    const record: LogRecord = {
      time: clock.wall(),
      level,
      logger,
      message,
      fields: rest,
      ...(typeof module === "string" ? { module } : {}),
      ...(typeof resource === "string" ? { resource } : {}),
    };
    emit(record, threshold === "debug");
  };
  return {
    debug: (fields, message) => write("debug", fields, message),
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
    error: (fields, message) => write("error", fields, message),
    child: (childName, fields) =>
      createLogger(`${name}.${childName}`, fields === undefined ? ownFields : { ...ownFields, ...fields }, parts),
  };
}

function lostRecord(lines: number, clock: Clock): LogRecord {
  return {
    time: clock.wall(),
    level: "warn",
    logger: `${ROOT}.log`,
    message: "lines were not written here, whoever reads them was too slow",
    fields: { lines },
  };
}
