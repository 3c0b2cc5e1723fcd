/** The waits of the module protocol, and the two environment variables that change what modules get. */
import { parseGoDuration } from "../base/go-duration.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis, minutes, seconds } from "../base/millis.js";

export const VALIDATE_LIMIT: Millis = seconds(5);
export const READY_CALL_LIMIT: Millis = seconds(3);
/** All removals together, before a module is stopped. */
export const DRAIN_LIMIT: Millis = seconds(20);
/** For the removal after an AddResource that took too long. */
export const CLEANUP_LIMIT: Millis = seconds(5);
const STARTUP_LIMIT: Millis = minutes(5);

export interface ModuleLimits {
  /** From the start to a listening module, and again from there to a ready one. */
  readonly startup: Millis;
  /** Every module listens on TCP. */
  readonly isTcpForced: boolean;
}

export function moduleLimits(env: Readonly<Record<string, string | undefined>>, logger: Logger): ModuleLimits {
  return {
    startup: durationFrom(env, "VIAM_MODULE_STARTUP_TIMEOUT", STARTUP_LIMIT, logger),
    isTcpForced: isTcpForced(env),
  };
}

export function isTcpForced(env: Readonly<Record<string, string | undefined>>): boolean {
  return ["true", "yes", "1", "TRUE", "YES"].includes(env["VIAM_TCP_SOCKETS"] ?? "");
}

/** Of a variable in Go's notation; what cannot be read leaves `fallback`, with a warning. */
export function durationFrom(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  fallback: Millis,
  logger: Logger,
): Millis {
  const text = env[variable];
  if (text === undefined || text === "") return fallback;
  const duration = parseGoDuration(text);
  if (duration !== undefined && duration > 0) return millis(duration);
  logger.warn({ variable, value: text, expected: 'a duration such as "90s" or "5m"' }, "environment variable ignored");
  return fallback;
}
