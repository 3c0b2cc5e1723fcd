import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { silentLogger } from "../../src/base/logger.js";
import { seconds } from "../../src/base/millis.js";
import { BatchWriter } from "../../src/store/batch-writer.js";
import { createMetricLog, createSqlMetricRows, type MetricSample, SAMPLES_PER_WRITE } from "../../src/store/metric-log.js";
import { openStore, STORE_FILE } from "../../src/store/open-store.js";
import { SqliteFile } from "../../src/store/sqlite-file.js";
import { manualClock } from "../support/manual-clock.js";
import { tempFolder } from "../support/temp-folder.js";

function sample(uptime: number, bootId: string = "b", time: number = uptime * 1000): MetricSample {
  return { time: new Date(time), bootId, uptime, data: { n: uptime } };
}

test("samples are written fifteen at a time, or at the close, and told before they are written", async (t) => {
  const folder = tempFolder(t);
  const clock = manualClock();
  const store = await openStore({ folder, clock, logger: silentLogger });
  t.after(() => store.close());
  const written = (): number => {
    const database = new Database(path.join(folder, STORE_FILE), { readonly: true });
    const row = database.prepare("SELECT count(*) AS n FROM metrics").get() as { n: number };
    database.close();
    return row.n;
  };
  for (let minute = 1; minute < SAMPLES_PER_WRITE; minute += 1) store.metrics.append(sample(minute));
  store.events.append({ time: new Date(0), bootId: "b", uptime: 1, kind: "k", message: "m", detail: {} });
  clock.advance(seconds(10));
  assert.equal(written(), 0);
  assert.equal(store.metrics.query().length, SAMPLES_PER_WRITE - 1);
  store.metrics.append(sample(SAMPLES_PER_WRITE));
  clock.advance(seconds(10));
  assert.equal(written(), SAMPLES_PER_WRITE);
  store.metrics.append(sample(99));
  store.close();
  assert.equal(written(), SAMPLES_PER_WRITE + 1);
});

test("what was asked for since a moment of this boot comes by its uptime, whatever the wall clock did", async (t) => {
  for (const store of [await openStore({ folder: tempFolder(t), clock: manualClock(), logger: silentLogger }), await inMemory(t)]) {
    t.after(() => store.close());
    const hour = 3_600_000;
    for (const one of [
      sample(10, "old", 9 * hour),
      sample(20, "old", hour),
      sample(1, "b", 10 * hour),
      sample(50, "b", 0),
      sample(60, "b", 2),
    ]) {
      store.metrics.append(one);
      store.events.append({ ...one, kind: "k", message: String(one.uptime), detail: {} });
    }
    const query = { since: new Date(5 * hour), sinceMoment: { bootId: "b", uptime: seconds(50) } };
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(
        store.metrics.query(query).map(({ uptime }) => uptime),
        [10, 50, 60],
      );
      assert.deepEqual(
        store.events.query(query).map(({ uptime }) => uptime),
        [10, 50, 60],
      );
      store.metrics.release();
      store.logs.flush();
    }
  }
});

test("rows and bytes are bounded", async (t) => {
  const file = await SqliteFile.open(path.join(tempFolder(t), "x.db"), silentLogger);
  t.after(() => file.close());
  const clock = manualClock();
  const batches = (): BatchWriter =>
    new BatchWriter({ clock, logger: silentLogger, transaction: (work) => file.transaction("batched", work) });
  const fill = (limits: { rows: number; bytes: number }): number => {
    const writer = batches();
    const log = createMetricLog(createSqlMetricRows(file), writer, limits);
    for (let minute = 0; minute < 60; minute += 1) log.append(sample(minute));
    writer.flush();
    return log.query().length;
  };
  assert.equal(fill({ rows: 20, bytes: 1_000_000 }), 20);
  assert.ok(fill({ rows: 1000, bytes: 100 }) <= 13);
});

async function inMemory(t: TestContext): ReturnType<typeof openStore> {
  const file = path.join(tempFolder(t), "file");
  writeFileSync(file, "");
  return openStore({ folder: path.join(file, "home"), clock: manualClock(), logger: silentLogger });
}
