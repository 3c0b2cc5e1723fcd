import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../src/base/logger.js";
import { LeftDataFolders } from "../../src/module/left-data-folders.js";
import { FakeClock } from "../support/fake-clock.js";
import { tempFolder } from "../support/temp-folder.js";

const HOUR = 3_600_000;

interface Machine {
  readonly state: { readonly clock: FakeClock; configured: ReadonlySet<string> | undefined };
  start(): LeftDataFolders;
  has(name: string): boolean;
  readonly folder: string;
}

function machine(t: TestContext, ...names: readonly string[]): Machine {
  const folder = tempFolder(t);
  for (const name of names) mkdirSync(path.join(folder, name));
  const state = { clock: new FakeClock(), configured: new Set(names) as ReadonlySet<string> | undefined };
  const start = (): LeftDataFolders =>
    new LeftDataFolders({ folder, clock: state.clock, logger: silentLogger, configured: () => state.configured });
  return { state, start, has: (name: string) => existsSync(path.join(folder, name)), folder };
}

test("removes a folder a day after its module left the config, and no other", async (t) => {
  const { state, start, has, folder } = machine(t, "gone", "here");
  start();
  state.configured = new Set(["here"]);
  await state.clock.advance(24 * HOUR);
  assert.ok(has("gone"));
  await state.clock.advance(2 * HOUR);
  assert.deepEqual(readdirSync(folder), ["here"]);
});

test("counts over restarts of the supervisor, and anew when the module came back", async (t) => {
  const { state, start, has } = machine(t, "gone", "back");
  const first = start();
  state.configured = new Set();
  await state.clock.advance(20 * HOUR);
  first.end();
  start();
  state.configured = new Set(["back"]);
  await state.clock.advance(2 * HOUR);
  state.configured = new Set();
  await state.clock.advance(4 * HOUR);
  assert.deepEqual([has("gone"), has("back")], [false, true]);
});

test("counts nothing while the config cannot be relied on", async (t) => {
  const { state, start, has } = machine(t, "m");
  start();
  state.configured = undefined;
  await state.clock.advance(100 * HOUR);
  assert.ok(has("m"));
});

test("writes nothing while nobody has left", async (t) => {
  const { state, start, folder } = machine(t, "m");
  start();
  await state.clock.advance(100 * HOUR);
  assert.deepEqual(readdirSync(folder), ["m"]);
});
