import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.js";
import { silentLogger } from "../../src/base/logger.js";
import { StatusKeeper } from "../../src/daemon/status-keeper.js";
import type { MachineStatus, ResourceState, ResourceStatus } from "../../src/machine/machine-status.js";
import { parseResourceName } from "../../src/resource/resource-name.js";
import { openStore, type Store } from "../../src/store/open-store.js";
import { tempFolder } from "../support/temp-folder.js";

function resource(text: string, state: ResourceState, at: number): ResourceStatus {
  const name = parseResourceName(text);
  assert.ok(name);
  return { name, state, since: new Date(at), revision: "r", dependencies: [], optionalDependencies: [], waitsFor: [] };
}

function machine(...resources: readonly ResourceStatus[]): MachineStatus {
  return { state: "running", revision: "r", appliedAt: new Date(0), resources, modules: [] };
}

test("the next start knows the last state of everything, and nothing of what left", async (t) => {
  const folder = tempFolder(t);
  const open = (): Promise<Store> => openStore({ folder, clock: systemClock, logger: silentLogger });
  const first = await open();
  const keeper = new StatusKeeper();
  keeper.attach(first.statuses);
  keeper.keep(machine(resource("rdk:component:sensor/a", "ready", 1), resource("rdk:component:sensor/b", "configuring", 2)));
  keeper.keep(machine(resource("rdk:component:sensor/a", "unhealthy", 3)));
  first.close();
  const second = await open();
  t.after(() => second.close());
  const next = new StatusKeeper();
  next.attach(second.statuses);
  assert.deepEqual(
    next.before.map(({ name, state, changedAt }) => [name, state, changedAt.getTime()]),
    [["rdk:component:sensor/a", "unhealthy", 3]],
  );
});

test("what did not change is not written again", () => {
  const written: string[] = [];
  const keeper = new StatusKeeper();
  keeper.attach({ set: ({ name }) => void written.push(name), forget: () => undefined, all: () => [] });
  const status = machine(resource("rdk:component:sensor/a", "ready", 1));
  keeper.keep(status);
  keeper.keep(status);
  assert.deepEqual(written, ["rdk:component:sensor/a"]);
});
