import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { silentLogger } from "../../src/base/logger.js";
import { MIGRATIONS, migrate } from "../../src/store/migrations.js";
import { openStore, STORE_FILE } from "../../src/store/open-store.js";
import { manualClock } from "../support/manual-clock.js";
import { tempFolder } from "../support/temp-folder.js";

function port(database: Database.Database): { version: () => number; exec: (sql: string) => void } {
  return { version: () => Number(database.pragma("user_version", { simple: true })), exec: (sql) => void database.exec(sql) };
}

function schemaOf(database: Database.Database): unknown[] {
  return database.prepare("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
}

for (let version = 0; version <= MIGRATIONS.length; version += 1) {
  test(`brings a database of version ${version} to the newest with its config journal`, async (t) => {
    const folder = tempFolder(t);
    const old = new Database(path.join(folder, STORE_FILE));
    migrate(port(old), MIGRATIONS.slice(0, version));
    if (version > 0)
      old.exec("INSERT INTO config_journal (applied_at, source, sha256, text, is_known_good) VALUES (1, 's', 'h', 'old', 1)");
    old.close();

    const store = await openStore({ folder, clock: manualClock(), logger: silentLogger });
    t.after(() => store.close());
    assert.equal(store.problem, undefined);
    assert.equal(store.journal.lastKnownGood()?.text, version > 0 ? "old" : undefined);

    const fresh = new Database(":memory:");
    const migrated = new Database(path.join(folder, STORE_FILE), { readonly: true });
    t.after(() => fresh.close());
    t.after(() => migrated.close());
    migrate(port(fresh));
    assert.deepEqual(schemaOf(migrated), schemaOf(fresh));
  });
}

test("a step that fails leaves the database as it was before that step", (t) => {
  const database = new Database(":memory:");
  t.after(() => database.close());
  const steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"];
  assert.throws(() => migrate(port(database), steps), /nowhere/);
  assert.equal(port(database).version(), 1);
  assert.deepEqual(
    schemaOf(database).map((row) => (row as { name: string }).name),
    ["a"],
  );
  migrate(port(database), ["CREATE TABLE a (x)", "CREATE TABLE b (x)"]);
  assert.equal(port(database).version(), 2);
});
