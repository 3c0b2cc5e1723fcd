import assert from "node:assert/strict";
import path from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { LogRecord } from "../../src/base/log-record.js";
import { silentLogger } from "../../src/base/logger.js";
import { seconds } from "../../src/base/millis.js";
import { openStore, STORE_FILE, type Store, type StoreOptions } from "../../src/store/open-store.js";
import { listLogger } from "../support/list-logger.js";
import { type ManualClock, manualClock } from "../support/manual-clock.js";
import { tempFolder } from "../support/temp-folder.js";

interface Opened {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly folder: string;
}

async function open(t: TestContext, options: Partial<StoreOptions> = {}): Promise<Opened> {
  const clock = manualClock();
  const folder = tempFolder(t);
  const store = await openStore({ folder, clock, logger: silentLogger, ...options });
  t.after(() => store.close());
  return { store, clock, folder };
}

function line(message: string, extra: Partial<LogRecord> = {}): LogRecord {
  return { time: new Date(1000), level: "info", logger: "rdk.x", message, fields: { a: 1 }, ...extra };
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

test("lines can be read at once, before and after they are written, in order and whole", async (t) => {
  const { store, clock } = await open(t);
  const record = line("one", { level: "warn", module: "m", resource: "rdk:component:sensor/s", fields: { deep: { b: [1, null] } } });
  store.logs.append([record]);
  assert.deepEqual(store.logs.query(), [{ ...record, seq: 1 }]);
  clock.advance(seconds(5));
  store.logs.append([line("two")]);
  assert.deepEqual(store.logs.query()[0], { ...record, seq: 1 });
  assert.deepEqual(messages(store.logs.query()), ["one", "two"]);
});

test("filters by level, module, resource and time, and gives the newest", async (t) => {
  const { store } = await open(t);
  const records = [
    line("debug", { level: "debug" }),
    line("error", { level: "error", time: new Date(5000) }),
    line("of m", { module: "m" }),
    line("of sensor", { resource: "rdk:component:sensor/s" }),
    line("of other", { resource: "rdk:component:motor/xs" }),
  ];
  for (const isFlushed of [false, true]) {
    if (!isFlushed) store.logs.append(records);
    else store.logs.flush();
    assert.deepEqual(messages(store.logs.query({ level: "warn" })), ["error"]);
    assert.deepEqual(messages(store.logs.query({ module: "m" })), ["of m"]);
    assert.deepEqual(messages(store.logs.query({ resource: "s" })), ["of sensor"]);
    assert.deepEqual(messages(store.logs.query({ resource: "rdk:component:sensor/s" })), ["of sensor"]);
    assert.deepEqual(messages(store.logs.query({ since: new Date(2000) })), ["error"]);
    assert.deepEqual(messages(store.logs.query({ limit: 2 })), ["of sensor", "of other"]);
    assert.deepEqual(store.logs.query({ limit: 0 }), []);
  }
});

test("rows and bytes stay within their limits", async (t) => {
  const { store, folder } = await open(t, { logLimits: { rows: 100, bytes: 20_000 } });
  const sums = (): { rows: number; bytes: number } => {
    const database = new Database(path.join(folder, STORE_FILE), { readonly: true });
    const row = database.prepare("SELECT count(*) AS rows, coalesce(sum(length(message)), 0) AS bytes FROM log_ring").get();
    database.close();
    return row as { rows: number; bytes: number };
  };
  for (let round = 0; round < 10; round += 1) {
    store.logs.append(Array.from({ length: 30 }, (_, index) => line(`${round}.${index}`)));
    store.logs.flush();
    assert.ok(sums().rows <= 100);
  }
  assert.equal(sums().rows, 100);
  assert.deepEqual(messages(store.logs.query({ limit: 1 })), ["9.29"]);
  for (let round = 0; round < 10; round += 1) {
    store.logs.append([line("x".repeat(5000))]);
    store.logs.flush();
  }
  // The oldest line may stick out of the limit.
  assert.ok(sums().bytes <= 20_000 + 5000);
  assert.equal(sums().rows, 4);
});

test("numbers go on after a restart", async (t) => {
  const { store, folder, clock } = await open(t);
  store.logs.append([line("one"), line("two")]);
  store.close();
  const again = await openStore({ folder, clock, logger: silentLogger });
  t.after(() => again.close());
  again.logs.append([line("three")]);
  assert.deepEqual(
    again.logs.query().map(({ seq }) => seq),
    [1, 2, 3],
  );
});

test("followers get every matching line once, until they stop", async (t) => {
  const { store } = await open(t);
  store.logs.append([line("before")]);
  const seen: string[] = [];
  const stop = store.logs.follow({ level: "warn" }, ({ message, seq }) => seen.push(`${seq} ${message}`));
  store.logs.append([line("quiet"), line("loud", { level: "error" })]);
  stop();
  store.logs.append([line("late", { level: "error" })]);
  assert.deepEqual(seen, ["3 loud"]);
});

test("a flood is written early instead of filling the memory", async (t) => {
  const { store, folder } = await open(t);
  for (let round = 0; round < 60; round += 1) store.logs.append(Array.from({ length: 100 }, (_, index) => line(`${round}.${index}`)));
  const database = new Database(path.join(folder, STORE_FILE), { readonly: true });
  t.after(() => database.close());
  assert.deepEqual(database.prepare("SELECT count(*) > 4000 AS enough FROM log_ring").get(), { enough: 1 });
  assert.equal(store.logs.query({ limit: 10_000 }).length, 6000);
});

test("while the file is locked the newest lines wait, it is said once, and all is written when the lock goes", async (t) => {
  const logger = listLogger();
  const { store, folder, clock } = await open(t, { logger });
  store.logs.append([line("one")]);
  store.logs.flush();
  const other = new Database(path.join(folder, STORE_FILE));
  t.after(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  for (let round = 0; round < 60; round += 1) store.logs.append(Array.from({ length: 100 }, (_, index) => line(`${round}.${index}`)));
  assert.equal(store.logs.flush(), false);
  assert.deepEqual(
    logger.lines.map(({ level }) => level),
    ["warn"],
  );
  assert.equal(store.logs.query({ limit: 1 })[0]?.message, "59.99");
  other.exec("COMMIT");
  clock.advance(seconds(60));
  assert.deepEqual(
    logger.lines.map(({ level }) => level),
    ["warn", "info"],
  );
  assert.ok(store.logs.query({ level: "warn" }).some(({ message, fields }) => message.includes("were lost") && fields["lines"] === 1000));
});
