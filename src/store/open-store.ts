/** Opens what Pinion remembers between starts. Whatever is wrong with the disk, a store comes out of it, at worst one that forgets. */
import path from "node:path";
import type { Clock } from "../base/clock.js";
import { messageOf, PinionError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import { type AuthKeys, createAuthKeys, createMemoryAuthKeys } from "./auth-keys.js";
import { BatchWriter } from "./batch-writer.js";
import { type ConfigJournal, createConfigJournal } from "./config-journal.js";
import { createEventLog, createSqlEventRows, type EventLog, type EventRows } from "./event-log.js";
import { createFirstRuns, type FirstRuns } from "./first-runs.js";
import { createLogRing, createSqlLogRows, LOG_RING_LIMITS, type LogRing, type LogRingLimits, type LogRows } from "./log-ring.js";
import {
  createMemoryEventRows,
  createMemoryFirstRuns,
  createMemoryJournal,
  createMemoryLogRows,
  createMemoryMetricRows,
  createMemoryStatusRows,
} from "./memory-tables.js";
import { createMetricLog, createSqlMetricRows, type MetricLog, type MetricRows } from "./metric-log.js";
import { SqliteFile } from "./sqlite-file.js";
import { createSqlStatusRows, createStatusRecords, type StatusRecords, type StatusRows } from "./status-records.js";

export interface StoreOptions {
  /** VIAM_HOME; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a log line may wait for its write. */
  readonly batchInterval?: Millis;
  readonly logLimits?: LogRingLimits;
}

export interface Store extends AsyncDisposable {
  /** Why nothing outlives this process, when that is so. */
  readonly problem: string | undefined;
  readonly journal: ConfigJournal;
  readonly firstRuns: FirstRuns;
  readonly authKeys: AuthKeys;
  readonly statuses: StatusRecords;
  readonly logs: LogRing;
  readonly events: EventLog;
  readonly metrics: MetricLog;
  /** Writes what waits and closes the file. Closing twice is harmless. */
  close(): void;
}

export const STORE_FILE = "pinion.db";

/** Never rejects: a store kept in memory stands in for one that cannot be opened, and the log says so once. */
export async function openStore(options: StoreOptions): Promise<Store> {
  try {
    return storeOn(await SqliteFile.open(path.join(options.folder, STORE_FILE), options.logger), options);
  } catch (error) {
    const problem = `${path.join(options.folder, STORE_FILE)} cannot be used: ${messageOf(error)}`;
    options.logger.warn(
      { folder: options.folder, error: messageOf(error) },
      "the store cannot be opened; logs and records are kept in memory until the next start. Make the folder writable and restart",
    );
    return storeInMemory(problem, options);
  }
}

function storeOn(file: SqliteFile, options: StoreOptions): Store {
  const batches = batchWriter(options, (work) => file.transaction("batched", work));
  return assemble({
    problem: undefined,
    options,
    batches,
    journal: guarded("the config journal", createConfigJournal(file, options.clock)),
    firstRuns: guarded("the first-run records", createFirstRuns(file, options.clock)),
    authKeys: guarded("the API keys", createAuthKeys(file, options.clock)),
    statusRows: createSqlStatusRows(file),
    logRows: createSqlLogRows(file),
    eventRows: createSqlEventRows(file),
    metricRows: createSqlMetricRows(file),
    closeFile: () => file.close(),
  });
}

function storeInMemory(problem: string, options: StoreOptions): Store {
  return assemble({
    problem,
    options,
    batches: batchWriter(options, (work) => work()),
    journal: createMemoryJournal(options.clock),
    firstRuns: createMemoryFirstRuns(options.clock),
    authKeys: createMemoryAuthKeys(options.clock),
    statusRows: createMemoryStatusRows(),
    logRows: createMemoryLogRows(),
    eventRows: createMemoryEventRows(),
    metricRows: createMemoryMetricRows(),
    closeFile: () => undefined,
  });
}

function batchWriter({ clock, logger, batchInterval }: StoreOptions, transaction: (work: () => void) => void): BatchWriter {
  return new BatchWriter({ clock, logger, transaction, ...(batchInterval === undefined ? {} : { interval: batchInterval }) });
}

interface Parts {
  readonly problem: string | undefined;
  readonly options: StoreOptions;
  readonly batches: BatchWriter;
  readonly journal: ConfigJournal;
  readonly firstRuns: FirstRuns;
  readonly authKeys: AuthKeys;
  readonly statusRows: StatusRows;
  readonly logRows: LogRows;
  readonly eventRows: EventRows;
  readonly metricRows: MetricRows;
  readonly closeFile: () => void;
}

function assemble(parts: Parts): Store {
  const { problem, options, batches, journal, firstRuns, authKeys, statusRows, logRows, eventRows, metricRows, closeFile } = parts;
  const metrics = createMetricLog(metricRows, batches);
  const close = (): void => {
    metrics.release();
    batches.close();
    closeFile();
  };
  return {
    problem,
    journal,
    firstRuns,
    authKeys,
    statuses: createStatusRecords(statusRows, batches),
    logs: createLogRing(logRows, batches, options.clock, options.logLimits ?? LOG_RING_LIMITS),
    events: createEventLog(eventRows, batches),
    metrics,
    close,
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  };
}

/** The same methods, each of which throws STORE_FAILED with what it is about instead of SQLite's own errors. */
function guarded<T extends object>(what: string, table: T): T {
  const wrap = (method: unknown): unknown => {
    if (typeof method !== "function") return method;
    return (...args: readonly unknown[]): unknown => {
      try {
        return Reflect.apply(method, table, args);
      } catch (error) {
        throw new PinionError("STORE_FAILED", `${what} could not be read or written: ${messageOf(error)}`, { cause: error });
      }
    };
  };
  // The same keys with functions of the same signatures.
  return Object.fromEntries(Object.entries(table).map(([key, method]) => [key, wrap(method)])) as T;
}
