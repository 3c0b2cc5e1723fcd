/** The database's schema as a list of steps. A step is never edited once released; a change is a new step at the end. */

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE config_journal (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    applied_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    text TEXT NOT NULL,
    is_known_good INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE first_runs (
    module TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    script_sha256 TEXT NOT NULL,
    succeeded_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE statuses (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE TABLE log_ring (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    level INTEGER NOT NULL,
    logger TEXT NOT NULL,
    message TEXT NOT NULL,
    fields TEXT NOT NULL,
    module TEXT,
    resource TEXT,
    end_offset INTEGER NOT NULL
  );
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    uptime INTEGER NOT NULL,
    kind TEXT NOT NULL,
    module TEXT,
    resource TEXT,
    message TEXT NOT NULL,
    detail TEXT NOT NULL
  );
  `,
  `
  ALTER TABLE config_journal ADD COLUMN via TEXT NOT NULL DEFAULT '';
  ALTER TABLE config_journal ADD COLUMN who TEXT NOT NULL DEFAULT '';
  ALTER TABLE config_journal ADD COLUMN summary TEXT NOT NULL DEFAULT '';
  CREATE TABLE metrics (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    uptime INTEGER NOT NULL,
    data TEXT NOT NULL,
    end_offset INTEGER NOT NULL
  );
  `,
  `
  CREATE TABLE auth_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
];

/** Tables whose rows are worth saving from a damaged file. */
export const CONTROL_TABLES = ["config_journal", "first_runs", "auth_keys"] as const;

export interface MigratableDatabase {
  /** The `user_version` of the file: how many steps it has had. */
  version(): number;
  exec(sql: string): void;
}

/** Applies the steps that the file lacks, each in a transaction of its own together with its number. */
export function migrate(database: MigratableDatabase, migrations: readonly string[] = MIGRATIONS): void {
  for (let done = database.version(); done < migrations.length; done += 1) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(migrations[done] ?? "");
      database.exec(`PRAGMA user_version = ${done + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}
