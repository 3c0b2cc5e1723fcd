/** A logger that keeps what it is told. */
import type { LogFields, Logger, LogLevel } from "../../src/base/logger.js";

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface ListLogger extends Logger {
  readonly lines: readonly LoggedLine[];
}

export function listLogger(): ListLogger {
  const lines: LoggedLine[] = [];
  const log =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ level, message, fields });
  const logger: ListLogger = { lines, debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error"), child: () => logger };
  return logger;
}
