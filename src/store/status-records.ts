/** The last known state of every module and resource, for those who look after a crash. Written in batches, only what changed. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import type { BatchSource, BatchWriter } from "./batch-writer.js";
import type { Row, SqliteFile } from "./sqlite-file.js";

export interface StatusRecord {
  readonly kind: "module" | "resource";
  readonly name: string;
  readonly state: string;
  readonly changedAt: Date;
  readonly detail: JsonObject;
}

export interface StatusRecords {
  set(record: StatusRecord): void;
  forget(kind: StatusRecord["kind"], name: string): void;
  all(): readonly StatusRecord[];
}

/** Reads and writes of the kept rows. */
export interface StatusRows {
  put(record: StatusRecord): void;
  delete(kind: string, name: string): void;
  all(): readonly StatusRecord[];
}

export function createStatusRecords(rows: StatusRows, batches: BatchWriter): StatusRecords {
  const pending = new Map<string, StatusRecord | { readonly kind: string; readonly name: string; readonly state: undefined }>();
  const put = (kind: string, name: string, change: StatusRecord | undefined): void => {
    pending.set(`${kind} ${name}`, change ?? { kind, name, state: undefined });
    batches.schedule();
  };
  const source: BatchSource = {
    hasPending: () => pending.size > 0,
    write() {
      for (const change of pending.values()) {
        if (change.state === undefined) rows.delete(change.kind, change.name);
        else rows.put(change);
      }
    },
    commit: () => pending.clear(),
  };
  batches.add(source);
  return {
    set: (record) => put(record.kind, record.name, record),
    forget: (kind, name) => put(kind, name, undefined),
    all() {
      batches.flush();
      return rows.all();
    },
  };
}

export function createSqlStatusRows(file: SqliteFile): StatusRows {
  return {
    put({ kind, name, state, changedAt, detail }) {
      file.run("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?)", kind, name, state, changedAt.getTime(), JSON.stringify(detail));
    },
    delete: (kind, name) => void file.run("DELETE FROM statuses WHERE kind = ? AND name = ?", kind, name),
    all: () => file.all("SELECT * FROM statuses ORDER BY kind, name").map(toRecord),
  };
}

function toRecord(row: Row): StatusRecord {
  return {
    kind: row["kind"] === "module" ? "module" : "resource",
    name: String(row["name"]),
    state: String(row["state"]),
    changedAt: new Date(Number(row["changed_at"])),
    detail: parseDetail(row["detail"]),
  };
}

/** The object that was written; an empty one for anything else. */
export function parseDetail(text: unknown): JsonObject {
  try {
    const value: unknown = JSON.parse(String(text));
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // a damaged cell must not hide the row
  }
}
