/** The database is damaged or gone: the machine runs all the same, says so once, and remembers anew. */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";

const CONFIG = { components: [{ name: "sensor", api: "rdk:component:sensor", model: "pinion:simulated:sensor" }] };

const linesAbout = (logs: string, words: RegExp): number => logs.split("\n").filter((line) => words.test(line)).length;

test("a database full of rubbish is set aside, said so once, and the machine runs and remembers anew", async (t) => {
  const home = path.join(tempFolder(t), "home");
  const first = await startDaemon(t, { config: CONFIG, home, args: ["--log-format", "json"] });
  await first.untilReady(["sensor"]);
  assert.equal(await first.stop(), 0);
  writeFileSync(path.join(home, "pinion.db"), Buffer.alloc(50_000, "rubbish"));
  for (const suffix of ["-wal", "-shm"]) rmSync(path.join(home, `pinion.db${suffix}`), { force: true });
  const second = await startDaemon(t, { config: CONFIG, home, args: ["--log-format", "json"] });
  await second.untilReady(["sensor"]);
  assert.equal(await second.stop(), 0);
  assert.ok(existsSync(path.join(home, "pinion.db.corrupt-1")), "the damaged file is kept");
  assert.equal(linesAbout(second.logs(), /set aside/), 1, second.logs());
  const third = await startDaemon(t, { config: CONFIG, home, args: ["--log-format", "json"] });
  await third.untilReady(["sensor"]);
  assert.equal(await third.stop(), 0);
  assert.equal(linesAbout(third.logs(), /set aside/), 0, "all is well again");
});

test("a database that is gone is made anew", async (t) => {
  const home = path.join(tempFolder(t), "home");
  const first = await startDaemon(t, { config: CONFIG, home });
  await first.untilReady(["sensor"]);
  assert.equal(await first.stop(), 0);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path.join(home, `pinion.db${suffix}`), { force: true });
  const second = await startDaemon(t, { config: CONFIG, home });
  await second.untilReady(["sensor"]);
  assert.equal(await second.stop(), 0);
  assert.ok(existsSync(path.join(home, "pinion.db")));
});
