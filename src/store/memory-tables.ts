/** The tables without a database: for a home folder that cannot be written, or a machine where SQLite cannot be loaded. Bounded like the real ones. */
import type { Clock } from "../base/clock.js";
import { isLogMatch } from "../base/log-record.js";
import { type ConfigJournal, JOURNAL_LENGTH, type JournalEntry, NO_ORIGIN, sha256Of } from "./config-journal.js";
import { type EventRows, isAfter, isEventMatch, type StoredEvent } from "./event-log.js";
import type { FirstRunRecord, FirstRuns } from "./first-runs.js";
import type { LogRows, StoredLogRecord } from "./log-ring.js";
import type { MetricRows, MetricSample } from "./metric-log.js";
import type { StatusRecord, StatusRows } from "./status-records.js";

// A board that cannot write its card has little memory to spare as well.
const MEMORY_LOG_ROWS = 2000;
const MEMORY_EVENT_ROWS = 500;
const MEMORY_SAMPLES = 120;

export function createMemoryJournal(clock: Clock): ConfigJournal {
  let entries: readonly JournalEntry[] = [];
  const lastKnownGood = (): JournalEntry | undefined => entries.findLast((entry) => entry.isKnownGood);
  return {
    record(text, source, origin = NO_ORIGIN) {
      const sha256 = sha256Of(text);
      const newest = entries.at(-1);
      if (newest !== undefined && newest.sha256 === sha256 && newest.source === source) return newest.generation;
      const generation = (newest?.generation ?? 0) + 1;
      const good = lastKnownGood()?.generation;
      entries = [...entries, { generation, appliedAt: clock.wall(), source, sha256, text, isKnownGood: false, ...origin }].filter(
        (entry) => entry.generation > generation - JOURNAL_LENGTH || entry.generation === good,
      );
      return generation;
    },
    markKnownGood(generation) {
      entries = entries.map((entry) => (entry.generation === generation ? { ...entry, isKnownGood: true } : entry));
    },
    lastKnownGood,
    latest: () => entries.at(-1),
    entry: (generation) => entries.find((entry) => entry.generation === generation),
    entries: () => entries,
  };
}

export function createMemoryFirstRuns(clock: Clock): FirstRuns {
  const records = new Map<string, FirstRunRecord>();
  return {
    record: (run) => void records.set(run.module, { ...run, succeededAt: clock.wall() }),
    find: (module) => records.get(module),
    forget: (module) => void records.delete(module),
  };
}

export function createMemoryStatusRows(): StatusRows {
  const records = new Map<string, StatusRecord>();
  return {
    put: (record) => void records.set(`${record.kind} ${record.name}`, record),
    delete: (kind, name) => void records.delete(`${kind} ${name}`),
    all: () => [...records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record),
  };
}

export function createMemoryLogRows(): LogRows {
  const rows: { readonly record: StoredLogRecord; readonly bytes: number }[] = [];
  let held = 0;
  return {
    lastSeq: () => rows.at(-1)?.record.seq ?? 0,
    insert(record, bytes) {
      rows.push({ record, bytes });
      held += bytes;
    },
    trim(limits) {
      let excess = rows.length - Math.min(limits.rows, MEMORY_LOG_ROWS);
      let bytes = held;
      let count = 0;
      for (const row of rows) {
        if (excess <= 0 && bytes <= limits.bytes) break;
        excess -= 1;
        bytes -= row.bytes;
        count += 1;
      }
      rows.splice(0, count);
      held = bytes;
    },
    select(filter, limit) {
      const matching = rows.map(({ record }) => record).filter((record) => isLogMatch(record, filter));
      return matching.slice(-limit);
    },
  };
}

export function createMemoryEventRows(): EventRows {
  const rows: StoredEvent[] = [];
  return {
    lastSeq: () => rows.at(-1)?.seq ?? 0,
    insert: (event) => void rows.push(event),
    trim: (limit) => void rows.splice(0, Math.max(0, rows.length - Math.min(limit, MEMORY_EVENT_ROWS))),
    select: (query, limit) => rows.filter((event) => isEventMatch(event, query)).slice(-limit),
  };
}

export function createMemoryMetricRows(): MetricRows {
  const rows: MetricSample[] = [];
  return {
    insert: (sample) => void rows.push(sample),
    trim: ({ rows: limit }) => void rows.splice(0, Math.max(0, rows.length - Math.min(limit, MEMORY_SAMPLES))),
    select: (query, limit) => rows.filter((sample) => isAfter(sample, query)).slice(-limit),
  };
}
