/** Limits that the environment may change, under the names that users of viam-server know. */
import type { Logger } from "../base/logger.js";
import { type Millis, minutes } from "../base/millis.js";
import { durationFrom } from "../module/module-limits.js";

export interface DaemonLimits {
  /** For one AddResource or ReconfigureResource. */
  readonly buildLimit: Millis;
  /** Calls in flight per resource and service. */
  readonly requestLimit: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_BUILD_LIMIT: Millis = minutes(2);
const DEFAULT_REQUEST_LIMIT = 100;

/** What cannot be read leaves the default, with a warning. */
export function readLimits(env: Env, logger: Logger): DaemonLimits {
  return {
    buildLimit: durationFrom(env, "VIAM_RESOURCE_CONFIGURATION_TIMEOUT", DEFAULT_BUILD_LIMIT, logger),
    requestLimit: requestLimit(env, logger),
  };
}

function requestLimit(env: Env, logger: Logger): number {
  const text = env["VIAM_RESOURCE_REQUESTS_LIMIT"];
  if (text === undefined || text === "") return DEFAULT_REQUEST_LIMIT;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  logger.warn({ value: text }, `VIAM_RESOURCE_REQUESTS_LIMIT: expected a positive whole number; using ${DEFAULT_REQUEST_LIMIT}`);
  return DEFAULT_REQUEST_LIMIT;
}
