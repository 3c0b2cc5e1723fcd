import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../src/base/millis.js";
import { MachineEvents } from "../../src/daemon/machine-events.js";
import type { MachineStatus, ResourceStatus } from "../../src/machine/machine-status.js";
import type { ModuleStatus } from "../../src/module/module-host.js";
import { manualClock } from "../support/manual-clock.js";

function harness() {
  const clock = manualClock();
  const told: string[] = [];
  let resources: readonly ResourceStatus[] = [];
  const events = new MachineEvents({
    clock,
    history: { tell: (kind, message, about = {}) => void told.push([kind, about.resource ?? about.module, message].join(" | ")) },
    // Only what is looked at.
    status: () => ({ resources }) as unknown as MachineStatus,
    onLooked: () => undefined,
  });
  const become = (...next: readonly Partial<ResourceStatus>[]): readonly string[] => {
    resources = next.map((resource) => ({ name: "x:y:z/a", state: "ready", waitsFor: [], ...resource }) as unknown as ResourceStatus);
    events.onChange();
    clock.advance(seconds(1));
    return told.splice(0);
  };
  const module = (status: Partial<ModuleStatus>): readonly string[] => {
    events.onModule({
      name: "m",
      state: "starting",
      consecutiveFailures: 0,
      restarts: 0,
      lastOutput: [],
      ...status,
    } as unknown as ModuleStatus);
    return told.splice(0);
  };
  return { clock, become, module };
}

test("tells of resources that became ready or not, once, and not of steps on the way", () => {
  const { become } = harness();
  assert.deepEqual(become({ state: "configuring" }), []);
  assert.deepEqual(become({ state: "ready" }), ["resource-ready | x:y:z/a | is ready"]);
  assert.deepEqual(become({ state: "unhealthy", error: "no bus" }), ["resource-unhealthy | x:y:z/a | no bus"]);
  assert.deepEqual(become({ state: "configuring" }), []);
  assert.deepEqual(become({ state: "unhealthy", error: "no bus" }), []);
  assert.deepEqual(become({ state: "unconfigured", waitsFor: ["b"] }), ["resource-waits | x:y:z/a | waits for b"]);
  assert.deepEqual(become(), ["resource-removed | x:y:z/a | left the config"]);
});

test("tells of a module's failure with its cause, its restart and its set-up script", () => {
  const { module } = harness();
  assert.deepEqual(module({ state: "first-run" }), ["module-first-run | m | runs its set-up script"]);
  assert.deepEqual(module({ state: "starting" }), ["module-first-run-done | m | its set-up script succeeded"]);
  assert.deepEqual(module({ state: "ready" }), ["module-ready | m | is ready"]);
  const failure = { kind: "exit" as const, message: "exited with code 1" };
  assert.deepEqual(module({ state: "backoff", lastFailure: failure, consecutiveFailures: 1 }), ["module-failed | m | exited with code 1"]);
  assert.deepEqual(module({ state: "starting", lastFailure: failure, consecutiveFailures: 1 }), []);
  assert.deepEqual(module({ state: "ready", restarts: 1 }), ["module-restarted | m | is ready again"]);
});

test("a module that fails again and again does not flood the history, and is news again after a while", () => {
  const { clock, module } = harness();
  const lastFailure = { kind: "exit" as const, message: "exited with code 1" };
  const failures = (): number => {
    let count = 0;
    for (let round = 1; round <= 100; round += 1) {
      count += module({ state: "backoff", lastFailure, consecutiveFailures: round }).filter((line) =>
        line.startsWith("module-failed"),
      ).length;
      module({ state: "starting", lastFailure, consecutiveFailures: round });
    }
    module({ state: "ready" });
    return count;
  };
  assert.equal(failures(), 4 + 4); // the first four, and the 8th, 16th, 32nd and 64th
  clock.advance(minutes(11));
  assert.equal(failures(), 8);
});
