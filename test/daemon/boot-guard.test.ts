import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { bootMoment } from "../../src/base/boot-clock.js";
import { silentLogger } from "../../src/base/logger.js";
import { millis } from "../../src/base/millis.js";
import { BootGuard } from "../../src/daemon/boot-guard.js";
import { openBootRecord, type PendingConfig } from "../../src/store/boot-record.js";
import { sha256Of } from "../../src/store/config-journal.js";
import { tempFolder } from "../support/temp-folder.js";

const OLD = '{"old": 1}';
const NEW = '{"new": 1}';

interface Desk {
  readonly file: string;
  /** What the next supervisor would see. */
  next(): BootGuard;
  inFile(): string;
}

function desk(t: TestContext, text: string): Desk {
  const folder = tempFolder(t);
  const file = path.join(folder, "machine.json");
  writeFileSync(file, text);
  return {
    file,
    next: () => new BootGuard({ file: openBootRecord(folder), logger: silentLogger }),
    inFile: () => readFileSync(file, "utf8"),
  };
}

function pending(change: Partial<PendingConfig> = {}): PendingConfig {
  const { bootId, uptime } = bootMoment();
  return { sha256: sha256Of(NEW), appliedAt: { bootId, uptime }, confirmWithinMs: 60_000, goBackText: OLD, goBackGeneration: 1, ...change };
}

test("the fourth start after three that did not last gives the config up, until it is tried anew", (t) => {
  const { file, next } = desk(t, NEW);
  for (let start = 1; start <= 3; start += 1) assert.equal(next().choose(file, NEW).isGivenUp, false);
  for (let start = 4; start <= 5; start += 1) assert.equal(next().choose(file, NEW).isGivenUp, true);
  next().beginAnew(sha256Of(NEW));
  assert.equal(next().choose(file, NEW).isGivenUp, false);
});

test("a start that lasted, and another config, end the count", (t) => {
  const { file, next } = desk(t, NEW);
  next().choose(file, NEW);
  next().choose(file, NEW);
  const third = next();
  third.choose(file, NEW);
  third.survived(sha256Of(NEW), false);
  for (let start = 1; start <= 3; start += 1) assert.equal(next().choose(file, NEW).isGivenUp, false);
  assert.equal(next().choose(file, OLD).isGivenUp, false);
  assert.equal(next().choose(file, NEW).isGivenUp, false);
});

test("what was good once is tried for ever", (t) => {
  const { file, next } = desk(t, NEW);
  next().survived(sha256Of(NEW), true);
  for (let start = 1; start <= 6; start += 1) assert.equal(next().choose(file, NEW).isGivenUp, false);
});

test("a supervisor that did not end in order is known to the next one, with its last words", (t) => {
  const { next } = desk(t, NEW);
  const first = next();
  first.markRunning();
  first.crash("boom");
  const second = next();
  assert.equal(second.previousRun?.crash, "boom");
  second.markRunning();
  second.end();
  assert.equal(next().previousRun, undefined);
});

test("an unconfirmed config is kept while its time runs", (t) => {
  const { file, next, inFile } = desk(t, NEW);
  next().setPending(pending());
  const choice = next().choose(file, NEW);
  assert.equal(choice.text, NEW);
  assert.ok((next().remaining() ?? 0) > 0);
  assert.equal(inFile(), NEW);
});

test("an unconfirmed config goes back when its time is over, when the system was started anew, and when no start with it lasts", (t) => {
  const { bootId, uptime } = bootMoment();
  const table: Readonly<Record<string, PendingConfig>> = {
    over: pending({ appliedAt: { bootId, uptime: millis(uptime - 61_000) } }),
    "another boot": pending({ appliedAt: { bootId: "another", uptime } }),
    "a later uptime": pending({ appliedAt: { bootId, uptime: millis(uptime + 1_000_000) } }),
  };
  for (const [what, record] of Object.entries(table)) {
    const { file, next, inFile } = desk(t, NEW);
    next().setPending(record);
    const guard = next();
    assert.deepEqual(guard.choose(file, NEW), { isGivenUp: false, text: OLD, via: "unconfirmed" }, what);
    assert.equal(inFile(), OLD, what);
    assert.equal(next().pending, undefined, what);
    assert.match(guard.verdict ?? "", /the one before is back/);
  }
  const { file, next } = desk(t, NEW);
  next().setPending(pending());
  for (let start = 1; start <= 3; start += 1) assert.equal(next().choose(file, NEW).text, NEW);
  assert.equal(next().choose(file, NEW).text, OLD);
});

test("an unconfirmed config whose file somebody changed is left to that person", (t) => {
  const { file, next, inFile } = desk(t, '{"mine": 1}');
  next().setPending(pending({ appliedAt: { bootId: "another", uptime: millis(0) } }));
  assert.deepEqual(next().choose(file, inFile()), { isGivenUp: false, text: '{"mine": 1}', via: "start" });
  assert.equal(next().pending, undefined);
});
