/** Which set-up scripts of modules have run with success, so that a new version or a changed script runs again. */
import type { Clock } from "../base/clock.js";
import type { Row, SqliteFile } from "./sqlite-file.js";

interface FirstRun {
  readonly module: string;
  readonly version: string;
  readonly scriptSha256: string;
}

export interface FirstRunRecord extends FirstRun {
  readonly succeededAt: Date;
}

/** One record for each module. Writes are durable when they return. */
export interface FirstRuns {
  /** STORE_FAILED. */
  record(run: FirstRun): void;
  find(module: string): FirstRunRecord | undefined;
  /** STORE_FAILED. */
  forget(module: string): void;
}

export function createFirstRuns(file: SqliteFile, clock: Clock): FirstRuns {
  return {
    record({ module, version, scriptSha256 }) {
      file.transaction("durable", () =>
        file.run("INSERT OR REPLACE INTO first_runs VALUES (?, ?, ?, ?)", module, version, scriptSha256, clock.wall().getTime()),
      );
    },
    find: (module) => toRecord(file.get("SELECT * FROM first_runs WHERE module = ?", module)),
    forget(module) {
      if (file.get("SELECT 1 FROM first_runs WHERE module = ?", module) === undefined) return;
      file.transaction("durable", () => file.run("DELETE FROM first_runs WHERE module = ?", module));
    },
  };
}

function toRecord(row: Row | undefined): FirstRunRecord | undefined {
  if (row === undefined) return undefined;
  return {
    module: String(row["module"]),
    version: String(row["version"]),
    scriptSha256: String(row["script_sha256"]),
    succeededAt: new Date(Number(row["succeeded_at"])),
  };
}
