/**
 * Samples of figures (processor, memory, calls …), one a minute, each with all series of its moment. Written many at a time, since losing a
 * quarter of an hour of figures in a power cut matters less than wearing out a card. Bounded in rows and bytes.
 */
import type { JsonObject } from "../base/json.js";
import type { BatchSource, BatchWriter } from "./batch-writer.js";
import { isAfter, type SinceQuery, sinceClause } from "./event-log.js";
import type { Row, SqliteFile } from "./sqlite-file.js";
import { parseDetail } from "./status-records.js";

export interface MetricSample {
  readonly time: Date;
  readonly bootId: string;
  /** Seconds since the boot. */
  readonly uptime: number;
  readonly data: JsonObject;
}

export interface MetricQuery extends SinceQuery {
  readonly limit?: number;
}

export interface MetricLog {
  append(sample: MetricSample): void;
  /** Oldest first; the newest 1,440 unless said. */
  query(query?: MetricQuery): readonly MetricSample[];
  /** What is there is written with the next batch however little it is: the store is about to close. */
  release(): void;
}

export interface MetricLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Reads and writes of the kept rows. */
export interface MetricRows {
  insert(sample: MetricSample): void;
  trim(limits: MetricLimits): void;
  select(query: SinceQuery, limit: number): readonly MetricSample[];
}

/** A week of minutes, as long as a minute takes less than 400 bytes. */
const METRIC_LIMITS: MetricLimits = { rows: 10_080, bytes: 4 * 1024 * 1024 };
export const SAMPLES_PER_WRITE = 15;
const PENDING_KEPT = 240;
const DEFAULT_QUERY_LIMIT = 1440;

export function createMetricLog(rows: MetricRows, batches: BatchWriter, limits: MetricLimits = METRIC_LIMITS): MetricLog {
  const pending: MetricSample[] = [];
  let isReleased = false;
  const source: BatchSource = {
    // Other writes do not take a few samples along: the page would be written anew each time.
    hasPending: () => pending.length >= (isReleased ? 1 : SAMPLES_PER_WRITE),
    write() {
      for (const sample of pending) rows.insert(sample);
      rows.trim(limits);
    },
    commit() {
      pending.length = 0;
    },
  };
  batches.add(source);
  return {
    append(sample) {
      // Nothing is asked of the database here: even reading it would dirty a page of its shared memory.
      pending.push(sample);
      if (pending.length > PENDING_KEPT) pending.shift();
      if (source.hasPending()) batches.schedule();
    },
    query({ limit = DEFAULT_QUERY_LIMIT, ...since } = {}) {
      const fresh = pending.filter((sample) => isAfter(sample, since));
      return [...rows.select(since, limit), ...fresh].slice(-limit);
    },
    release() {
      isReleased = true;
    },
  };
}

/** `end_offset` as in the log ring: the bytes of all rows up to and with this one. */
export function createSqlMetricRows(file: SqliteFile): MetricRows {
  return {
    insert({ time, bootId, uptime, data }) {
      const text = JSON.stringify(data);
      file.run(
        `INSERT INTO metrics (time, boot_id, uptime, data, end_offset) VALUES (?, ?, ?, ?,
           coalesce((SELECT end_offset FROM metrics ORDER BY seq DESC LIMIT 1), 0) + ?)`,
        time.getTime(),
        bootId,
        Math.floor(uptime),
        text,
        text.length,
      );
    },
    trim({ rows, bytes }) {
      const newest = file.get("SELECT seq, end_offset FROM metrics ORDER BY seq DESC LIMIT 1");
      if (newest === undefined) return;
      const firstByBytes = file.get(
        "SELECT seq FROM metrics WHERE end_offset > ? ORDER BY seq LIMIT 1",
        Number(newest["end_offset"]) - bytes,
      );
      const firstKept = Math.max(Number(newest["seq"]) - rows + 1, Number(firstByBytes?.["seq"] ?? 0));
      file.run("DELETE FROM metrics WHERE seq < ?", firstKept);
    },
    select(query, limit) {
      const { clause, values } = sinceClause(query);
      const rows = file.all(`SELECT * FROM metrics WHERE ${clause} ORDER BY seq DESC LIMIT ?`, ...values, limit);
      return rows.map(toSample).toReversed();
    },
  };
}

function toSample(row: Row): MetricSample {
  return {
    time: new Date(Number(row["time"])),
    bootId: String(row["boot_id"]),
    uptime: Number(row["uptime"]),
    data: parseDetail(row["data"]),
  };
}
