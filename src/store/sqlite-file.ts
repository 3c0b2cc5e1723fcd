/**
 * One SQLite file through better-sqlite3, which only this file names and which is loaded when the first file is opened.
 * A file that turns out to be damaged, at boot or later, is set aside and a new one begun.
 *
 * One connection serves both kinds of writes: `PRAGMA synchronous` is switched per transaction, FULL for what must survive a power
 * cut once it was acknowledged, NORMAL (no fsync at commit) for batched data. A second connection would cost memory and could make
 * Pinion wait for its own lock; and a FULL commit syncs the whole log, so that earlier batched writes become durable with it.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type SqliteDatabase from "better-sqlite3";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { CONTROL_TABLES, MIGRATIONS, migrate } from "./migrations.js";

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

type Connection = SqliteDatabase.Database;
type Driver = typeof SqliteDatabase;

// The wait blocks everything; readers never hold the lock, so whoever does is rare.
const LOCK_WAIT_MS = 250;
const CACHE_KIB = 256;
const SET_ASIDE_KEPT = 3;

export class SqliteFile {
  readonly path: string;
  readonly #driver: Driver;
  readonly #logger: Logger;
  #connection: Connection;
  #statements = new Map<string, SqliteDatabase.Statement>();
  #isInTransaction = false;

  /** Opens or creates the file. Rejects when the folder or the library cannot be used, never because of the file's content. */
  static async open(file: string, logger: Logger): Promise<SqliteFile> {
    const { default: driver } = await import("better-sqlite3");
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return new SqliteFile(file, driver, logger);
  }

  private constructor(file: string, driver: Driver, logger: Logger) {
    this.path = file;
    this.#driver = driver;
    this.#logger = logger;
    try {
      this.#connection = openConnection(driver, file);
    } catch (error) {
      if (!isDamage(error)) throw error;
      const { connection, report } = this.#beginAnew(error);
      this.#connection = connection;
      report();
    }
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    // Rows hold what was asked for; integers are read as numbers, blobs are not used.
    return this.#guard(() => this.#prepare(sql).all(...values) as Row[]);
  }

  get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values) as Row | undefined);
  }

  /** Only inside `transaction`. */
  run(sql: string, ...values: readonly SqlValue[]): { readonly lastId: number; readonly changes: number } {
    const { lastInsertRowid, changes } = this.#prepare(sql).run(...values);
    return { lastId: Number(lastInsertRowid), changes };
  }

  /** Durable: on the disk when this returns. Batched: on the disk some time later, yet never half. */
  transaction<T>(durability: "durable" | "batched", work: () => T): T {
    return this.#guard(() => {
      this.#isInTransaction = true;
      try {
        if (durability === "durable") this.#connection.pragma("synchronous = FULL");
        return this.#connection.transaction(work).immediate();
      } finally {
        this.#isInTransaction = false;
        if (durability === "durable" && this.#connection.open) this.#connection.pragma("synchronous = NORMAL");
      }
    });
  }

  close(): void {
    this.#statements.clear();
    if (this.#connection.open) this.#connection.close();
  }

  #prepare(sql: string): SqliteDatabase.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Runs the work; when the file proves damaged, once more on a new one. */
  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (this.#isInTransaction || !isDamage(error)) throw error;
      this.#statements.clear();
      this.#connection.close();
      const { connection, report } = this.#beginAnew(error);
      this.#connection = connection;
      report();
      return work();
    }
  }

  /** The report may itself end in this file, so it is made only after the new connection is in place. */
  #beginAnew(cause: unknown): { readonly connection: Connection; readonly report: () => void } {
    const aside = setAside(this.path);
    const connection = openConnection(this.#driver, this.path);
    const savedRows = salvage(this.#driver, aside, connection);
    const fields = { file: this.path, set_aside_as: aside, saved_rows: savedRows, error: messageOf(cause) };
    return { connection, report: () => this.#logger.error(fields, "the database is damaged; it was set aside and a new one begun") };
  }
}

/** A damaged or foreign file, or one that a newer Pinion wrote: nothing that this program can work with. */
class UnusableDatabaseError extends Error {
  override readonly name: string = "UnusableDatabaseError";
}

function openConnection(driver: Driver, file: string): Connection {
  // Configs hold secrets. SQLite gives its side files the mode of the main file.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  // A clean close removes the write-ahead log; one that is left tells of a crash, and only then is the check worth its time.
  const isUnclean = existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;
  const connection = new driver(file, { timeout: LOCK_WAIT_MS });
  try {
    connection.pragma(`cache_size = -${CACHE_KIB}`);
    connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = FULL");
    connection.pragma("journal_size_limit = 4194304");
    if (isUnclean) checkContent(connection);
    const version = Number(connection.pragma("user_version", { simple: true }));
    if (version > MIGRATIONS.length) {
      throw new UnusableDatabaseError(
        `expected a database of version ${MIGRATIONS.length} or older, got version ${version} of a newer Pinion`,
      );
    }
    migrate({ version: () => version, exec: (sql) => void connection.exec(sql) });
    connection.pragma("synchronous = NORMAL");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function checkContent(connection: Connection): void {
  const verdict = connection.pragma("quick_check(1)", { simple: true });
  if (verdict !== "ok") throw new UnusableDatabaseError(`the integrity check failed: ${String(verdict)}`);
}

function isDamage(error: unknown): boolean {
  if (error instanceof UnusableDatabaseError) return true;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // A schema that lacks our tables although its version is right was made by something else.
  return (
    /^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code) ||
    (code === "SQLITE_ERROR" && /no such (table|column)|already exists/.test(messageOf(error)))
  );
}

/** Renames the file and its side files out of the way; keeps only the last few of such files. */
function setAside(file: string): string {
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.corrupt-`;
  const numbers = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .toSorted((a, b) => a - b);
  const aside = path.join(folder, `${prefix}${(numbers.at(-1) ?? 0) + 1}`);
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - SET_ASIDE_KEPT))) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path.join(folder, `${prefix}${number}${suffix}`), { force: true });
  }
  return aside;
}

/** Copies what can still be read of the control tables; the number of rows saved. */
function salvage(driver: Driver, aside: string, target: Connection): number {
  let saved = 0;
  try {
    const source = new driver(aside, { readonly: true, timeout: LOCK_WAIT_MS });
    try {
      for (const table of CONTROL_TABLES) saved += salvageTable(source, target, table);
    } finally {
      source.close();
    }
    chmodSync(aside, 0o600);
  } catch {
    // It is damaged; whatever could be read was a gift.
  }
  return saved;
}

function salvageTable(source: Connection, target: Connection, table: string): number {
  let saved = 0;
  try {
    for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) {
      // better-sqlite3 yields objects by column name unless told otherwise.
      const columns = Object.keys(row as object);
      const values = Object.values(row as object);
      target.prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`).run(...values);
      saved += 1;
    }
  } catch {
    // The rest of this table cannot be read.
  }
  return saved;
}
