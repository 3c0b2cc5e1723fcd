import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { isPinionError } from "../../src/base/errors.js";
import { silentLogger } from "../../src/base/logger.js";
import { JOURNAL_LENGTH } from "../../src/store/config-journal.js";
import { openStore, type Store } from "../../src/store/open-store.js";
import { manualClock } from "../support/manual-clock.js";
import { tempFolder } from "../support/temp-folder.js";

/** The real store and the one in memory must behave alike. */
const KINDS: Readonly<Record<string, (t: TestContext) => Promise<Store>>> = {
  "on disk": async (t) => open(t, tempFolder(t)),
  "in memory": async (t) => {
    const file = path.join(tempFolder(t), "file");
    writeFileSync(file, "");
    return open(t, path.join(file, "home"));
  },
};

async function open(t: TestContext, folder: string): Promise<Store> {
  const store = await openStore({ folder, clock: manualClock(), logger: silentLogger });
  t.after(() => store.close());
  return store;
}

for (const [kind, create] of Object.entries(KINDS)) {
  test(`${kind}: generations grow, the same text from the same file is not written again`, async (t) => {
    const { journal } = await create(t);
    assert.equal(journal.record("a", "f"), 1);
    assert.equal(journal.record("a", "f"), 1);
    assert.equal(journal.record("b", "f"), 2);
    assert.equal(journal.record("b", "g"), 3);
    assert.equal(journal.record("a", "f"), 4);
    assert.deepEqual(
      journal.entries().map(({ text, source }) => text + source),
      ["af", "bf", "bg", "af"],
    );
    assert.equal(journal.latest()?.generation, 4);
    assert.equal(journal.entry(2)?.text, "b");
    assert.equal(journal.entry(99), undefined);
    assert.equal(journal.latest()?.sha256.length, 64);
  });

  test(`${kind}: keeps the newest ${JOURNAL_LENGTH} and the last known good however old`, async (t) => {
    const { journal } = await create(t);
    assert.equal(journal.lastKnownGood(), undefined);
    journal.markKnownGood(journal.record("older good", "f"));
    journal.markKnownGood(journal.record("good", "f"));
    for (let round = 0; round < 30; round += 1) journal.record(`bad ${round}`, "f");
    assert.equal(journal.lastKnownGood()?.text, "good");
    assert.equal(journal.entries().length, JOURNAL_LENGTH + 1);
    const last = journal.record("new", "f");
    journal.markKnownGood(last);
    assert.equal(journal.lastKnownGood()?.generation, last);
    journal.record("newer", "f");
    assert.equal(journal.entries().length, JOURNAL_LENGTH);
  });

  test(`${kind}: first runs are remembered by module until forgotten`, async (t) => {
    const { firstRuns } = await create(t);
    assert.equal(firstRuns.find("m"), undefined);
    firstRuns.record({ module: "m", version: "1", scriptSha256: "a" });
    firstRuns.record({ module: "m", version: "2", scriptSha256: "b" });
    assert.equal(firstRuns.find("m")?.version, "2");
    firstRuns.forget("m");
    assert.equal(firstRuns.find("m"), undefined);
  });

  test(`${kind}: statuses and events come back as they went in`, async (t) => {
    const { statuses, events } = await create(t);
    const status = { kind: "module" as const, name: "m", state: "ready", changedAt: new Date(9), detail: { pid: 7 } };
    statuses.set({ ...status, state: "starting" });
    statuses.set(status);
    statuses.set({ ...status, name: "n" });
    statuses.forget("module", "n");
    assert.deepEqual(statuses.all(), [status]);

    const event = {
      time: new Date(9),
      bootId: "b",
      uptime: 3,
      kind: "restarted",
      module: "m",
      message: "again",
      detail: { cause: "exit" },
    };
    events.append(event);
    events.append({ ...event, module: "n" });
    assert.deepEqual(events.query({ module: "m" }), [{ ...event, seq: 1 }]);
    assert.equal(events.query({ limit: 1 })[0]?.seq, 2);
  });
}

test("a store that was closed answers with an error of its own", async (t) => {
  const folder = tempFolder(t);
  mkdirSync(folder, { recursive: true });
  const store = await open(t, folder);
  store.close();
  assert.throws(
    () => store.journal.record("{}", "f"),
    (error) => isPinionError(error, "STORE_FAILED"),
  );
});
