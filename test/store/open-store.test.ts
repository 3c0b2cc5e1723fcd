import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { LogRecord } from "../../src/base/log-record.js";
import { silentLogger } from "../../src/base/logger.js";
import { seconds } from "../../src/base/millis.js";
import { openStore, STORE_FILE, type Store } from "../../src/store/open-store.js";
import { listLogger } from "../support/list-logger.js";
import { manualClock } from "../support/manual-clock.js";
import { tempFolder } from "../support/temp-folder.js";

const clock = manualClock();

async function store(t: TestContext, folder: string, logger = silentLogger): Promise<Store> {
  const opened = await openStore({ folder, clock, logger });
  t.after(() => opened.close());
  return opened;
}

function line(message: string, extra: Partial<LogRecord> = {}): LogRecord {
  return { time: clock.wall(), level: "info", logger: "rdk", message, fields: {}, ...extra };
}

/** The files as a power cut would leave them: copied while the database is open. */
function copyAsIs(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!name.endsWith("-shm")) copyFileSync(path.join(from, name), path.join(to, name));
  }
}

test("makes its folder, and a database only its owner may read", async (t) => {
  const folder = path.join(tempFolder(t), "deep", "home");
  const { problem } = await store(t, folder);
  assert.equal(problem, undefined);
  assert.equal(statSync(path.join(folder, STORE_FILE)).mode & 0o777, 0o600);
});

test("an acknowledged config and first run survive a power cut, waiting log lines may not", async (t) => {
  const folder = tempFolder(t);
  const before = await store(t, path.join(folder, "a"));
  const generation = before.journal.record("{}", "/etc/machine.json");
  before.journal.markKnownGood(generation);
  before.firstRuns.record({ module: "gpio", version: "1.2", scriptSha256: "abc" });
  before.logs.append([line("written")]);
  before.logs.flush();
  before.logs.append([line("waiting")]);
  copyAsIs(path.join(folder, "a"), path.join(folder, "b"));

  const logger = listLogger();
  const after = await store(t, path.join(folder, "b"), logger);
  assert.deepEqual(logger.lines, []);
  assert.equal(after.journal.lastKnownGood()?.text, "{}");
  assert.equal(after.firstRuns.find("gpio")?.scriptSha256, "abc");
  assert.deepEqual(
    after.logs.query().map(({ message }) => message),
    ["written"],
  );
});

test("a power cut in the middle of a write leaves a database that opens", async (t) => {
  const folder = tempFolder(t);
  const before = await store(t, path.join(folder, "a"));
  for (let round = 0; round < 50; round += 1) before.journal.record(`{"round": ${round}}`, "x");
  const log = readFileSync(path.join(folder, "a", `${STORE_FILE}-wal`));
  const main = readFileSync(path.join(folder, "a", STORE_FILE));
  for (const [index, share] of [0.1, 0.35, 0.5, 0.77, 0.99].entries()) {
    const torn = path.join(folder, `torn-${index}`);
    mkdirSync(torn);
    writeFileSync(path.join(torn, STORE_FILE), main);
    writeFileSync(path.join(torn, `${STORE_FILE}-wal`), log.subarray(0, Math.floor(log.length * share)));
    const logger = listLogger();
    const after = await store(t, torn, logger);
    assert.deepEqual(logger.lines, []);
    assert.equal(after.problem, undefined);
    const entries = after.journal.entries();
    // What is there is a beginning of what was written.
    assert.deepEqual(
      entries.map(({ text }) => text),
      before.journal.entries().length === 0 ? [] : entries.map(({ generation }) => `{"round": ${generation - 1}}`),
    );
  }
});

test("a file that is no database is set aside and said once", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(path.join(folder, STORE_FILE), "this is no database, and long enough to have a header of its own. ".repeat(50));
  const logger = listLogger();
  const opened = await store(t, folder, logger);
  assert.equal(opened.problem, undefined);
  assert.equal(opened.journal.record("{}", "x"), 1);
  assert.ok(existsSync(path.join(folder, `${STORE_FILE}.corrupt-1`)));
  assert.equal(logger.lines.length, 1);
  assert.match(logger.lines[0]?.message ?? "", /set aside/);
});

test("damage in the middle of the file is noticed after a crash, and the control tables are saved where they can be read", async (t) => {
  const folder = tempFolder(t);
  const good = await openStore({ folder: path.join(folder, "a"), clock, logger: silentLogger });
  good.journal.markKnownGood(good.journal.record('{"kept": true}', "machine.json"));
  for (let round = 0; round < 40; round += 1)
    good.logs.append(Array.from({ length: 100 }, (_, index) => line(`line ${round} ${index} ${"x".repeat(200)}`)));
  good.close();
  mkdirSync(path.join(folder, "b"));
  const bytes = readFileSync(path.join(folder, "a", STORE_FILE));
  bytes.fill(0xaa, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 20_000);
  writeFileSync(path.join(folder, "b", STORE_FILE), bytes);
  // The crash: a write-ahead log was left behind.
  writeFileSync(path.join(folder, "b", `${STORE_FILE}-wal`), Buffer.alloc(32));

  const logger = listLogger();
  const opened = await store(t, path.join(folder, "b"), logger);
  assert.equal(logger.lines.length, 1);
  assert.equal(opened.journal.lastKnownGood()?.text, '{"kept": true}');
});

test("damage that shows only while running starts a new file and the work goes on", async (t) => {
  const folder = tempFolder(t);
  const first = await openStore({ folder, clock, logger: silentLogger });
  for (let round = 0; round < 40; round += 1)
    first.logs.append(Array.from({ length: 100 }, (_, index) => line(`line ${round} ${index} ${"x".repeat(200)}`)));
  first.close();
  const file = path.join(folder, STORE_FILE);
  const bytes = readFileSync(file);
  bytes.fill(0xaa, 8192, bytes.length);
  writeFileSync(file, bytes);

  const logger = listLogger();
  const opened = await store(t, folder, logger);
  opened.logs.append([line("after")]);
  assert.ok(opened.logs.query().some(({ message }) => message === "after"));
  assert.equal(opened.logs.flush(), true);
  assert.equal(opened.journal.record("{}", "x") > 0, true);
  assert.ok(existsSync(`${file}.corrupt-1`));
  assert.equal(logger.lines.length, 1);
});

test("only the last few damaged files are kept", async (t) => {
  const folder = tempFolder(t);
  for (let round = 0; round < 5; round += 1) {
    writeFileSync(path.join(folder, STORE_FILE), "garbage ".repeat(1000));
    (await openStore({ folder, clock, logger: silentLogger })).close();
  }
  const aside = readdirSync(folder).filter((name) => name.includes("corrupt"));
  assert.deepEqual(aside.toSorted(), [`${STORE_FILE}.corrupt-3`, `${STORE_FILE}.corrupt-4`, `${STORE_FILE}.corrupt-5`]);
});

test("a database of a newer version is set aside rather than misread", async (t) => {
  const folder = tempFolder(t);
  const { default: Database } = await import("better-sqlite3");
  const newer = new Database(path.join(folder, STORE_FILE));
  newer.pragma("user_version = 999");
  newer.close();
  const logger = listLogger();
  await store(t, folder, logger);
  assert.match(String(logger.lines[0]?.fields["error"]), /version 999 of a newer Pinion/);
});

test("where the folder cannot be made a store in memory stands in, and the log says so once", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(path.join(folder, "file"), "");
  const logger = listLogger();
  const opened = await store(t, path.join(folder, "file", "home"), logger);
  assert.match(opened.problem ?? "", /cannot be used/);
  assert.equal(logger.lines.length, 1);
  opened.journal.markKnownGood(opened.journal.record("{}", "x"));
  opened.firstRuns.record({ module: "m", version: "1", scriptSha256: "s" });
  opened.logs.append([line("kept")]);
  assert.equal(opened.logs.flush(), true);
  assert.equal(opened.journal.lastKnownGood()?.generation, 1);
  assert.equal(opened.firstRuns.find("m")?.version, "1");
  assert.equal(opened.logs.query()[0]?.message, "kept");
});

test("an idle store has no timer and writes nothing", async (t) => {
  const folder = tempFolder(t);
  const still = manualClock();
  const opened = await openStore({ folder, clock: still, logger: silentLogger });
  t.after(() => opened.close());
  opened.logs.append([line("one")]);
  assert.equal(still.pending, 1);
  still.advance(seconds(10));
  assert.equal(still.pending, 0);
  const generation = opened.journal.record("{}", "x");
  const before = readdirSync(folder).map((name) => [
    name,
    statSync(path.join(folder, name)).mtimeMs,
    statSync(path.join(folder, name)).size,
  ]);
  // The same config again, as at each start, and reads.
  assert.equal(opened.journal.record("{}", "x"), generation);
  opened.logs.query();
  opened.firstRuns.forget("unknown");
  still.advance(seconds(100));
  const after = readdirSync(folder).map((name) => [
    name,
    statSync(path.join(folder, name)).mtimeMs,
    statSync(path.join(folder, name)).size,
  ]);
  assert.deepEqual(after, before);
});

test("closing writes what waits, leaves one file, and may be done twice", async (t) => {
  const folder = tempFolder(t);
  const opened = await openStore({ folder, clock, logger: silentLogger });
  opened.logs.append([line("last words")]);
  opened.close();
  await opened[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder), [STORE_FILE]);
  const again = await store(t, folder);
  assert.equal(again.logs.query()[0]?.message, "last words");
});
