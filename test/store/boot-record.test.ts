import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { millis } from "../../src/base/millis.js";
import { BOOT_RECORD_FILE, type BootRecord, openBootRecord } from "../../src/store/boot-record.js";
import { tempFolder } from "../support/temp-folder.js";

const WHOLE: Required<BootRecord> = {
  running: { bootId: "b", uptime: millis(5), pid: 7, crash: "boom" },
  trial: { sha256: "s", attempts: 2 },
  goodSha256: "g",
  pending: { sha256: "s", appliedAt: { bootId: "b", uptime: millis(9) }, confirmWithinMs: 1000, goBackText: "{}", goBackGeneration: 3 },
};

test("comes back as it was written, member by member, readable by its owner only", (t) => {
  const folder = tempFolder(t);
  const record = openBootRecord(folder);
  assert.deepEqual(record.record, {});
  record.update(WHOLE);
  assert.deepEqual(openBootRecord(folder).record, WHOLE);
  record.update({ pending: undefined, running: undefined });
  assert.deepEqual(openBootRecord(folder).record, { trial: WHOLE.trial, goodSha256: "g" });
  assert.equal(statSync(path.join(folder, BOOT_RECORD_FILE)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), [BOOT_RECORD_FILE]);
});

test("the same again is not written again", (t) => {
  const folder = tempFolder(t);
  const record = openBootRecord(folder);
  record.update(WHOLE);
  const before = statSync(path.join(folder, BOOT_RECORD_FILE)).ino;
  record.update({ trial: WHOLE.trial });
  assert.equal(statSync(path.join(folder, BOOT_RECORD_FILE)).ino, before);
});

test("what a foreign hand broke counts as nothing", (t) => {
  for (const text of ["", "{", "[]", '{"running": 7, "trial": {"sha256": 1}, "pending": {"sha256": "s"}}']) {
    const folder = tempFolder(t);
    writeFileSync(path.join(folder, BOOT_RECORD_FILE), text);
    assert.deepEqual(openBootRecord(folder).record, {}, text);
  }
});
