/**
 * The newest log lines: bounded in rows and bytes, written in batches, readable at once. What was appended and not yet written is
 * part of every answer.
 */
import type { Clock } from "../base/clock.js";
import { isLogMatch, type LogFilter, type LogRecord, logLevelRank } from "../base/log-record.js";
import { LOG_LEVELS } from "../base/logger.js";
import type { BatchSource, BatchWriter } from "./batch-writer.js";
import type { Row, SqliteFile, SqlValue } from "./sqlite-file.js";
import { parseDetail } from "./status-records.js";

export interface StoredLogRecord extends LogRecord {
  /** Grows by one with every line, also over restarts. */
  readonly seq: number;
}

interface LogQuery extends LogFilter {
  /** The newest so many lines that match; 1,000 unless said. */
  readonly limit?: number;
}

export interface LogRing {
  append(records: readonly LogRecord[]): void;
  /** Oldest first. */
  query(query?: LogQuery): readonly StoredLogRecord[];
  /**
   * Hands over every line appended from now on that matches, until the returned function is called. Together with a `query` in
   * the same turn of the event loop nothing is missed and nothing told twice.
   */
  follow(filter: LogFilter, listener: (record: StoredLogRecord) => void): () => void;
  /** Writes what is pending; false when that failed. */
  flush(): boolean;
}

export interface LogRingLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Reads and writes of the kept rows. */
export interface LogRows {
  lastSeq(): number;
  insert(record: StoredLogRecord, bytes: number): void;
  /** Deletes the oldest rows beyond the limits. */
  trim(limits: LogRingLimits): void;
  /** The newest `limit` that match, oldest first. */
  select(filter: LogFilter, limit: number): readonly StoredLogRecord[];
}

export const LOG_RING_LIMITS: LogRingLimits = { rows: 20_000, bytes: 8 * 1024 * 1024 };
const PENDING_LIMITS: LogRingLimits = { rows: 5000, bytes: 1024 * 1024 };
const DEFAULT_QUERY_LIMIT = 1000;

export function createLogRing(rows: LogRows, batches: BatchWriter, clock: Clock, limits: LogRingLimits = LOG_RING_LIMITS): LogRing {
  const pending: { readonly record: StoredLogRecord; readonly bytes: number }[] = [];
  const followers = new Set<{ readonly filter: LogFilter; readonly listener: (record: StoredLogRecord) => void }>();
  let pendingBytes = 0;
  let dropped = 0;
  let seq: number | undefined;

  /** Logging never fails: where the rows cannot be read, the wall clock gives a number beyond any count of lines. */
  const lastSeq = (): number => {
    try {
      return rows.lastSeq();
    } catch {
      return clock.wall().getTime();
    }
  };
  const append = (record: LogRecord): void => {
    seq = (seq ?? lastSeq()) + 1;
    const stored = { ...record, seq };
    const bytes = sizeOf(record);
    pending.push({ record: stored, bytes });
    pendingBytes += bytes;
    for (const { filter, listener } of followers) if (isLogMatch(record, filter)) listener(stored);
  };
  const isOverfull = (): boolean => pending.length > PENDING_LIMITS.rows || pendingBytes > PENDING_LIMITS.bytes;
  /** A flood is written early; what cannot be written loses its oldest lines, since the newest are worth more. */
  const shrink = (): void => {
    if (isOverfull() && !batches.isFailing) batches.flush();
    while (isOverfull()) {
      pendingBytes -= pending.shift()?.bytes ?? 0;
      dropped += 1;
    }
  };
  const source: BatchSource = {
    hasPending: () => pending.length > 0,
    write() {
      for (const { record, bytes } of pending) rows.insert(record, bytes);
      rows.trim(limits);
    },
    commit() {
      pending.length = 0;
      pendingBytes = 0;
      if (dropped === 0) return;
      const fields = { lines: dropped };
      dropped = 0;
      append({
        time: clock.wall(),
        level: "warn",
        logger: "rdk.store",
        message: "log lines were lost while the store could not be written",
        fields,
      });
      batches.schedule();
    },
  };
  batches.add(source);

  return {
    append(records) {
      for (const record of records) append(record);
      shrink();
      if (pending.length > 0) batches.schedule();
    },
    query({ limit = DEFAULT_QUERY_LIMIT, ...filter } = {}) {
      if (limit <= 0) return [];
      const fresh = pending.map(({ record }) => record).filter((record) => isLogMatch(record, filter));
      if (fresh.length >= limit) return fresh.slice(-limit);
      return [...rows.select(filter, limit - fresh.length), ...fresh];
    },
    follow(filter, listener) {
      const follower = { filter, listener };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    flush: () => batches.flush(),
  };
}

/** About what the line takes on the disk. */
function sizeOf(record: LogRecord): number {
  return 64 + record.message.length + record.logger.length + JSON.stringify(record.fields).length;
}

/**
 * `end_offset` is the sum of all lines' bytes up to and including the row's own, so that what the ring holds is known from two rows
 * and trimming reads no more than it deletes. The oldest line kept may stick out of the limit.
 */
export function createSqlLogRows(file: SqliteFile): LogRows {
  return {
    lastSeq: () => Number(file.get("SELECT coalesce(max(seq), 0) AS seq FROM log_ring")?.["seq"] ?? 0),
    insert({ seq, time, level, logger, message, fields, module, resource }, bytes) {
      file.run(
        `INSERT OR REPLACE INTO log_ring VALUES (?, ?, ?, ?, ?, ?, ?, ?,
           coalesce((SELECT end_offset FROM log_ring ORDER BY seq DESC LIMIT 1), 0) + ?)`,
        seq,
        time.getTime(),
        logLevelRank(level),
        logger,
        message,
        JSON.stringify(fields),
        module ?? null,
        resource ?? null,
        bytes,
      );
    },
    trim(limits) {
      const newest = file.get("SELECT seq, end_offset FROM log_ring ORDER BY seq DESC LIMIT 1");
      if (newest === undefined) return;
      const firstByBytes = file.get(
        "SELECT seq FROM log_ring WHERE end_offset > ? ORDER BY seq LIMIT 1",
        Number(newest["end_offset"]) - limits.bytes,
      );
      const firstKept = Math.max(Number(newest["seq"]) - limits.rows + 1, Number(firstByBytes?.["seq"] ?? 0));
      file.run("DELETE FROM log_ring WHERE seq < ?", firstKept);
    },
    select: (filter, limit) => selectRows(file, filter, limit),
  };
}

function selectRows(file: SqliteFile, { since, level, module, resource }: LogFilter, limit: number): readonly StoredLogRecord[] {
  const clauses: string[] = ["1"];
  const values: SqlValue[] = [];
  const where = (clause: string, ...args: readonly SqlValue[]): void => {
    clauses.push(clause);
    values.push(...args);
  };
  if (since !== undefined) where("time >= ?", since.getTime());
  if (level !== undefined) where("level >= ?", logLevelRank(level));
  if (module !== undefined) where("module = ?", module);
  if (resource !== undefined) where("(resource = ? OR substr(resource, -length(?)) = ?)", resource, `/${resource}`, `/${resource}`);
  const rows = file.all(`SELECT * FROM log_ring WHERE ${clauses.join(" AND ")} ORDER BY seq DESC LIMIT ?`, ...values, limit);
  return rows.map(toRecord).toReversed();
}

function toRecord(row: Row): StoredLogRecord {
  const module = row["module"];
  const resource = row["resource"];
  return {
    seq: Number(row["seq"]),
    time: new Date(Number(row["time"])),
    level: LOG_LEVELS[Number(row["level"])] ?? "info",
    logger: String(row["logger"]),
    message: String(row["message"]),
    fields: parseDetail(row["fields"]),
    ...(typeof module === "string" ? { module } : {}),
    ...(typeof resource === "string" ? { resource } : {}),
  };
}
