/** What everybody logs to. The daemon hands out one that writes; this file only says what a logger is. */

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose name is this one's, a dot and `name`. `fields` are added to every line. */
  child(name: string, fields?: LogFields): Logger;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** The level of any spelling that official SDKs and configs use, or undefined. */
export function parseLogLevel(text: string): LogLevel | undefined {
  switch (text.toLowerCase()) {
    case "trace":
    case "debug":
      return "debug";
    case "info":
      return "info";
    case "warn":
    case "warning":
      return "warn";
    case "error":
    case "critical":
    case "fatal":
    case "panic":
    case "dpanic":
      return "error";
    default:
      return undefined;
  }
}
