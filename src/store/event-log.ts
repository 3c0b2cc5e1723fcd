/** What happened to the machine and when: state changes, restarts with their cause, config changes. Bounded, written in batches. */
import type { BootMoment } from "../base/boot-clock.js";
import type { JsonObject } from "../base/json.js";
import type { BatchSource, BatchWriter } from "./batch-writer.js";
import type { Row, SqliteFile, SqlValue } from "./sqlite-file.js";
import { parseDetail } from "./status-records.js";

export interface MachineEvent {
  readonly time: Date;
  /** Together with the uptime it orders events even where the wall clock jumped. */
  readonly bootId: string;
  /** Seconds since the boot. */
  readonly uptime: number;
  /** For example `module-restarted`. */
  readonly kind: string;
  readonly module?: string;
  readonly resource?: string;
  readonly message: string;
  readonly detail: JsonObject;
}

export interface StoredEvent extends MachineEvent {
  readonly seq: number;
}

export interface SinceQuery {
  readonly since?: Date;
  /**
   * A moment of this boot. What happened in this boot is then judged by its uptime, whatever the wall clock did; what happened before it by
   * `since`.
   */
  readonly sinceMoment?: BootMoment;
}

export interface EventQuery extends SinceQuery {
  readonly module?: string;
  readonly resource?: string;
  readonly limit?: number;
}

export interface EventLog {
  append(event: MachineEvent): void;
  /** Oldest first; the newest 1,000 unless said. */
  query(query?: EventQuery): readonly StoredEvent[];
  /** Hands over every matching event appended from now on, until the returned function is called. */
  follow(query: EventQuery, listener: (event: StoredEvent) => void): () => void;
}

/** Reads and writes of the kept rows. */
export interface EventRows {
  lastSeq(): number;
  insert(event: StoredEvent): void;
  trim(rows: number): void;
  select(query: EventQuery, limit: number): readonly StoredEvent[];
}

const EVENTS_KEPT = 5000;
const PENDING_KEPT = 1000;
const DEFAULT_QUERY_LIMIT = 1000;

export function createEventLog(rows: EventRows, batches: BatchWriter): EventLog {
  const pending: StoredEvent[] = [];
  const followers = new Set<{ readonly query: EventQuery; readonly listener: (event: StoredEvent) => void }>();
  let seq: number | undefined;
  const source: BatchSource = {
    hasPending: () => pending.length > 0,
    write() {
      for (const event of pending) rows.insert(event);
      rows.trim(EVENTS_KEPT);
    },
    commit() {
      pending.length = 0;
    },
  };
  batches.add(source);
  /** Telling of an event never fails: where the rows cannot be read, its time gives a number beyond any count. */
  const lastSeq = (event: MachineEvent): number => {
    try {
      return rows.lastSeq();
    } catch {
      return event.time.getTime();
    }
  };
  return {
    append(event) {
      seq = (seq ?? lastSeq(event)) + 1;
      const stored = { ...event, seq };
      pending.push(stored);
      if (pending.length > PENDING_KEPT) pending.shift();
      batches.schedule();
      for (const { query, listener } of followers) if (isEventMatch(event, query)) listener(stored);
    },
    query(query = {}) {
      const limit = query.limit ?? DEFAULT_QUERY_LIMIT;
      // What is not written yet is told all the same; asking is no reason to write.
      const fresh = pending.filter((event) => isEventMatch(event, query));
      return [...rows.select(query, limit), ...fresh].slice(-limit);
    },
    follow(query, listener) {
      const follower = { query, listener };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
  };
}

export function isEventMatch(event: MachineEvent, { module, resource, ...since }: EventQuery): boolean {
  if (!isAfter(event, since) || (module !== undefined && event.module !== module)) return false;
  return resource === undefined || event.resource === resource || event.resource?.endsWith(`/${resource}`) === true;
}

type Dated = Pick<MachineEvent, "time" | "bootId" | "uptime">;

export function isAfter({ time, bootId, uptime }: Dated, { since, sinceMoment }: SinceQuery): boolean {
  if (sinceMoment !== undefined && sinceMoment.bootId === bootId) return uptime * 1000 >= sinceMoment.uptime;
  return since === undefined || time >= since;
}

/** The same as a clause of SQL and its values. */
export function sinceClause({ since, sinceMoment }: SinceQuery): { readonly clause: string; readonly values: readonly SqlValue[] } {
  if (sinceMoment !== undefined) {
    const { bootId, uptime } = sinceMoment;
    const values = [bootId, Math.ceil(uptime / 1000), bootId, since?.getTime() ?? 0];
    return { clause: "((boot_id = ? AND uptime >= ?) OR (boot_id <> ? AND time >= ?))", values };
  }
  return since === undefined ? { clause: "1", values: [] } : { clause: "time >= ?", values: [since.getTime()] };
}

export function createSqlEventRows(file: SqliteFile): EventRows {
  return {
    lastSeq: () => Number(file.get("SELECT coalesce(max(seq), 0) AS seq FROM events")?.["seq"] ?? 0),
    insert({ seq, time, bootId, uptime, kind, module, resource, message, detail }) {
      file.run(
        "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        time.getTime(),
        bootId,
        Math.floor(uptime),
        kind,
        module ?? null,
        resource ?? null,
        message,
        JSON.stringify(detail),
      );
    },
    trim: (rows) => void file.run("DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?", rows),
    select({ module, resource, ...since }, limit) {
      const after = sinceClause(since);
      const clauses: string[] = [after.clause];
      const values: SqlValue[] = [...after.values];
      const where = (clause: string, ...given: readonly SqlValue[]): void => {
        clauses.push(clause);
        values.push(...given);
      };
      if (module !== undefined) where("module = ?", module);
      if (resource !== undefined) where("(resource = ? OR substr(resource, -length(?)) = ?)", resource, `/${resource}`, `/${resource}`);
      const sql = `SELECT * FROM events WHERE ${clauses.join(" AND ")} ORDER BY seq DESC LIMIT ?`;
      return file
        .all(sql, ...values, limit)
        .map(toEvent)
        .toReversed();
    },
  };
}

function toEvent(row: Row): StoredEvent {
  const module = row["module"];
  const resource = row["resource"];
  return {
    seq: Number(row["seq"]),
    time: new Date(Number(row["time"])),
    bootId: String(row["boot_id"]),
    uptime: Number(row["uptime"]),
    kind: String(row["kind"]),
    message: String(row["message"]),
    detail: parseDetail(row["detail"]),
    ...(typeof module === "string" ? { module } : {}),
    ...(typeof resource === "string" ? { resource } : {}),
  };
}
