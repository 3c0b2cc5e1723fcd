/** The logger of a resource or module: filters by level, hands lines to a sink. */
import type { LogLevel } from "../base/logger.js";

/** One method a level. `fields` are shown beside the message and can be searched. */
export interface ResourceLogger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Errors are written with their text, stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogLine {
  readonly level: LogLevel;
  /** Full resource name, or the module's name. */
  readonly logger: string;
  readonly message: string;
  readonly fields: LogFields;
}

export type LogSink = (line: LogLine) => void;

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLogger(name: string, level: LogLevel, sink: LogSink): ResourceLogger {
  const write =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (RANK[of] >= RANK[level]) sink({ level: of, logger: name, message, fields });
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
