/** Puts log lines into the store's ring once it is open, and answers StreamLogs from it. */
import type { LogFilter } from "../base/log-record.js";
import { parseLogLevel } from "../base/logger.js";
import type { LogRecord, StreamLogsRequest } from "../proto/gen/pinion/control/v1/control.js";
import type { LogRing, StoredLogRecord } from "../store/log-ring.js";
import type { Logging } from "./logging.js";

const DEFAULT_LINES = 200;
/** A follower that reads slower than the log grows loses the oldest of what waits for it. */
const MAX_WAITING = 10_000;

/** Every line from now on, and those written before, goes into the ring. */
export function archiveLogs(logging: Logging, ring: LogRing): () => void {
  return logging.tap((record) => ring.append([record]));
}

/** Old lines, oldest first, then, when asked to follow, each new one until the signal. */
export async function* streamLogs(ring: LogRing, request: StreamLogsRequest, signal: AbortSignal): AsyncGenerator<LogRecord> {
  const filter = toFilter(request);
  const waiting: StoredLogRecord[] = [];
  let wake: () => void = () => undefined;
  const stop = request.follow
    ? ring.follow(filter, (record) => {
        waiting.push(record);
        if (waiting.length > MAX_WAITING) waiting.shift();
        wake();
      })
    : () => undefined;
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    for (const record of ring.query({ ...filter, limit: request.limit === 0 ? DEFAULT_LINES : request.limit })) yield toMessage(record);
    while (request.follow && !signal.aborted) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield toMessage(next);
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}

function toFilter(request: StreamLogsRequest): LogFilter {
  const level = parseLogLevel(request.minLevel);
  return {
    ...(request.sinceUnixMs === 0n ? {} : { since: new Date(Number(request.sinceUnixMs)) }),
    ...(level === undefined ? {} : { level }),
    ...(request.module === "" ? {} : { module: request.module }),
    ...(request.resource === "" ? {} : { resource: request.resource }),
  };
}

function toMessage(record: StoredLogRecord): LogRecord {
  return {
    seq: BigInt(record.seq),
    time: record.time,
    level: record.level,
    logger: record.logger,
    message: record.message,
    fieldsJson: Object.keys(record.fields).length === 0 ? "" : JSON.stringify(record.fields),
    module: record.module ?? "",
    resource: record.resource ?? "",
  };
}
