import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { millis } from "../../src/base/millis.js";
import type { FailureCause } from "../../src/module/module-host.js";
import {
  INITIAL_MACHINE,
  type ModuleEffect,
  type ModuleEvent,
  type ModuleMachine,
  moduleStateOf,
  type Phase,
} from "../../src/module/module-state.js";
import { transition } from "../../src/module/module-transition.js";

const run = { revision: 1, incarnation: 5 };
const none = { kind: "none" } as const;
const preparing = { kind: "preparing", revision: 2 } as const;
const refused = { kind: "refused", revision: 2 } as const;
const exit: FailureCause = { kind: "exit", message: "exited" };
const config: FailureCause = { kind: "config", message: "missing" };

const machine = (phase: Phase, wanted: number | undefined): ModuleMachine => ({ ...INITIAL_MACHINE, phase, wanted, incarnation: 5 });

const machines: Readonly<Record<string, ModuleMachine>> = {
  stopped: machine({ kind: "stopped" }, undefined),
  preparing: machine({ kind: "preparing", revision: 1, isFirstRun: false }, 1),
  waiting: machine({ kind: "waiting" }, 1),
  starting: machine({ kind: "starting", run, replacement: none }, 1),
  "starting, new one preparing": machine({ kind: "starting", run, replacement: preparing }, 2),
  ready: machine({ kind: "ready", run, readyAt: millis(0), replacement: none }, 1),
  "ready, new one preparing": machine({ kind: "ready", run, readyAt: millis(0), replacement: preparing }, 2),
  "ready, new one refused": machine({ kind: "ready", run, readyAt: millis(0), replacement: refused }, 2),
  "draining for 2": machine({ kind: "draining", run, next: 2 }, 2),
  "draining for good": machine({ kind: "draining", run, next: undefined }, undefined),
  "ending for 2": machine({ kind: "ending", run, next: 2, delay: undefined }, 2),
  "ending for good": machine({ kind: "ending", run, next: undefined, delay: undefined }, undefined),
  "ending after a failure": machine({ kind: "ending", run, next: undefined, delay: millis(250) }, 1),
};

const events: Readonly<Record<string, ModuleEvent>> = {
  "want 1": { kind: "want", revision: 1 },
  "want 2": { kind: "want", revision: 2 },
  unwant: { kind: "unwant" },
  "shut-down": { kind: "shut-down" },
  "first-run-started 1": { kind: "first-run-started", revision: 1 },
  "prepared 1": { kind: "prepared", revision: 1 },
  "prepared 2": { kind: "prepared", revision: 2 },
  "prepare-failed 1": { kind: "prepare-failed", revision: 1, cause: config },
  "prepare-failed 2": { kind: "prepare-failed", revision: 2, cause: config },
  handshaken: { kind: "handshaken", incarnation: 5, at: millis(100) },
  failed: { kind: "failed", incarnation: 5, cause: exit, at: millis(100) },
  ended: { kind: "ended", incarnation: 5, cause: exit, at: millis(100) },
  drained: { kind: "drained", incarnation: 5 },
  retry: { kind: "retry" },
};

// Pairs that are not listed keep the phase and do nothing.
const table: Readonly<Record<string, string>> = {
  "stopped | want 1": "preparing 1: prepare 1",
  "stopped | want 2": "preparing 2: prepare 2",
  "preparing | want 2": "preparing 2: cancel-preparation, prepare 2",
  "preparing | unwant": "stopped: cancel-preparation, release",
  "preparing | shut-down": "stopped: cancel-preparation, release",
  "preparing | first-run-started 1": "preparing 1 (first run): ",
  "preparing | prepared 1": "starting 1#6: spawn 1#6",
  "preparing | prepare-failed 1": "waiting: report config, arm-retry 1000",
  "waiting | want 1": "preparing 1: cancel-retry, prepare 1",
  "waiting | want 2": "preparing 2: cancel-retry, prepare 2",
  "waiting | unwant": "stopped: cancel-retry, release",
  "waiting | shut-down": "stopped: cancel-retry, release",
  "waiting | retry": "preparing 1: prepare 1",
  "starting | want 2": "starting 1#5 (preparing 2): prepare 2",
  "starting | unwant": "ending: stop-process",
  "starting | shut-down": "ending: stop-process",
  "starting | handshaken": "ready 1#5: ",
  "starting | failed": "ending, retry after 0: report exit, stop-process",
  "starting | ended": "starting 1#6: report exit, spawn 1#6",
  "starting, new one preparing | want 1": "starting 1#5: cancel-preparation",
  "starting, new one preparing | unwant": "ending: cancel-preparation, stop-process",
  "starting, new one preparing | shut-down": "ending: cancel-preparation, stop-process",
  "starting, new one preparing | prepared 2": "ending for 2: stop-process",
  "starting, new one preparing | prepare-failed 2": "starting 1#5 (refused 2): report config, arm-retry 5000",
  "starting, new one preparing | handshaken": "ready 1#5 (preparing 2): ",
  "starting, new one preparing | failed": "ending, retry after 0: cancel-preparation, report exit, stop-process",
  "starting, new one preparing | ended": "starting 1#6 (preparing 2): report exit, spawn 1#6",
  "ready | want 2": "ready 1#5 (preparing 2): prepare 2",
  "ready | unwant": "draining: drain",
  "ready | shut-down": "ending: stop-process",
  "ready | failed": "ending, retry after 0: report exit, stop-process",
  "ready | ended": "starting 1#6: report exit, spawn 1#6",
  "ready, new one preparing | want 1": "ready 1#5: cancel-preparation",
  "ready, new one preparing | unwant": "draining: cancel-preparation, drain",
  "ready, new one preparing | shut-down": "ending: cancel-preparation, stop-process",
  "ready, new one preparing | prepared 2": "draining for 2: drain",
  "ready, new one preparing | prepare-failed 2": "ready 1#5 (refused 2): report config, arm-retry 5000",
  "ready, new one preparing | failed": "ending, retry after 0: cancel-preparation, report exit, stop-process",
  "ready, new one preparing | ended": "starting 1#6 (preparing 2): report exit, spawn 1#6",
  "ready, new one refused | want 1": "ready 1#5: cancel-retry",
  "ready, new one refused | want 2": "ready 1#5 (preparing 2): cancel-retry, prepare 2",
  "ready, new one refused | unwant": "draining: cancel-retry, drain",
  "ready, new one refused | shut-down": "ending: cancel-retry, stop-process",
  "ready, new one refused | failed": "ending, retry after 0: cancel-retry, report exit, stop-process",
  "ready, new one refused | ended": "starting 1#6 (refused 2): report exit, spawn 1#6",
  "ready, new one refused | retry": "ready 1#5 (preparing 2): prepare 2",
  "draining for 2 | shut-down": "ending: stop-process",
  "draining for 2 | ended": "starting 2#6: spawn 2#6",
  "draining for 2 | drained": "ending for 2: stop-process",
  "draining for good | shut-down": "ending: stop-process",
  "draining for good | ended": "stopped: release",
  "draining for good | drained": "ending: stop-process",
  "ending for 2 | ended": "starting 2#6: spawn 2#6",
  "ending for good | ended": "stopped: release",
  "ending after a failure | want 2": "ending: ",
  "ending after a failure | ended": "waiting: arm-retry 250",
};

for (const [name, start] of Object.entries(machines)) {
  test(`a module that is ${name} answers every event as the table says`, () => {
    for (const [eventName, event] of Object.entries(events)) {
      const step = transition(start, event);
      const found = `${describePhase(step.machine.phase)}: ${step.effects.map(describeEffect).join(", ")}`;
      assert.equal(found, table[`${name} | ${eventName}`] ?? `${describePhase(start.phase)}: `, `${name} | ${eventName}`);
    }
  });
}

test("kills a process that hangs instead of asking it to stop, and starts the next one at once", () => {
  const hung: FailureCause = { kind: "hung", message: "no answer" };
  const step = transition(machines["ready"] as ModuleMachine, { kind: "failed", incarnation: 5, cause: hung, at: millis(100) });
  assert.equal(describePhase(step.machine.phase), "ending, retry after 0");
  assert.deepEqual(step.effects.map(describeEffect), ["report hung", "kill-process"]);
});

test("ignores what comes from a process of an earlier incarnation", () => {
  for (const start of Object.values(machines)) {
    for (const kind of ["handshaken", "failed", "ended", "drained"] as const) {
      const event = { ...(events[kind] as ModuleEvent & { kind: "ended" }), incarnation: 4 };
      assert.deepEqual(transition(start, event), { machine: start, effects: [] });
    }
  }
});

test("waits longer with every failure, up to five seconds, shows flapping and never gives up", () => {
  let current = machines["starting"] as ModuleMachine;
  const delays: number[] = [];
  const states: string[] = [];
  for (let failures = 0; failures < 7; failures += 1) {
    const step = crash(current, millis(0));
    delays.push(step.delay);
    states.push(moduleStateOf(step.machine));
    current = startAgain(step.machine);
  }
  assert.deepEqual(delays, [0, 250, 1000, 2500, 5000, 5000, 5000]);
  assert.deepEqual(states, ["starting", "backoff", "backoff", "backoff", "quarantined", "quarantined", "quarantined"]);
});

test("restarts at once again after a stable time, but not after a short one", () => {
  const short = crash({ ...(machines["ready"] as ModuleMachine), streak: 3 }, millis(1000));
  assert.equal(short.delay, 2500);
  const stable = crash({ ...(machines["ready"] as ModuleMachine), streak: 3 }, millis(5000));
  assert.equal(stable.delay, 0);
  assert.equal(stable.machine.streak, 1);
});

test("has at most one process, ends up as wanted, and never waits for nothing, whatever happens", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyWish(), anyHappening()), { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const step of steps) world.take(step);
      world.take({ wish: "want 9" });
      world.settle();
      assert.equal(world.machine.phase.kind, "ready");
      assert.equal("run" in world.machine.phase && world.machine.phase.run.revision, 9);
      world.take({ wish: "unwant" });
      world.settle();
      assert.equal(world.machine.phase.kind, "stopped");
      assert.deepEqual([world.process, world.preparation, world.isRetryArmed], [undefined, undefined, false]);
    }),
  );
});

type Happening = "prepared" | "prepare-failed" | "ready" | "failed" | "ended" | "drained" | "retry";
type WorldStep = { readonly wish: string } | { readonly happening: Happening };

function anyWish(): fc.Arbitrary<WorldStep> {
  return fc.constantFrom("want 1", "want 2", "want 3", "unwant", "shut-down").map((wish) => ({ wish }));
}

function anyHappening(): fc.Arbitrary<WorldStep> {
  const all: readonly Happening[] = ["prepared", "prepare-failed", "ready", "failed", "ended", "drained", "retry"];
  return fc.constantFrom(...all).map((happening) => ({ happening }));
}

/** Performs effects as the actor does, and lets happen only what can. */
class World {
  machine: ModuleMachine = INITIAL_MACHINE;
  process: { readonly incarnation: number; isStopping: boolean } | undefined;
  preparation: number | undefined;
  isRetryArmed = false;
  #draining: number | undefined;

  take(step: WorldStep): void {
    const event = "wish" in step ? wishEvent(step.wish) : this.#event(step.happening);
    if (event === undefined) return;
    const { machine, effects } = transition(this.machine, event);
    this.machine = machine;
    for (const effect of effects) this.#perform(effect);
    const { kind } = machine.phase;
    assert.equal(this.process !== undefined, ["starting", "ready", "draining", "ending"].includes(kind), kind);
    if (kind === "preparing") assert.notEqual(this.preparation, undefined);
    if (kind === "waiting") assert.ok(this.isRetryArmed);
    if (kind === "ending") assert.ok(this.process?.isStopping);
    if (kind === "draining") assert.equal(this.#draining, this.machine.incarnation);
    const isReplacing = "replacement" in machine.phase ? machine.phase.replacement.kind : "none";
    assert.equal(this.preparation !== undefined, kind === "preparing" || isReplacing === "preparing", `${kind} ${isReplacing}`);
    assert.equal(this.isRetryArmed, kind === "waiting" || isReplacing === "refused", `${kind} ${isReplacing}`);
  }

  settle(): void {
    for (let round = 0; round < 20; round += 1) {
      for (const happening of ["prepared", "drained", "ready", "retry"] as const) this.take({ happening });
      if (this.process?.isStopping === true) this.take({ happening: "ended" });
    }
  }

  #event(happening: Happening): ModuleEvent | undefined {
    const incarnation = this.process?.incarnation ?? 0;
    const at = millis(0);
    switch (happening) {
      case "prepared":
      case "prepare-failed": {
        const revision = this.preparation;
        if (revision === undefined) return undefined;
        this.preparation = undefined;
        return happening === "prepared" ? { kind: "prepared", revision } : { kind: "prepare-failed", revision, cause: config };
      }
      case "ready":
        return this.process?.isStopping === false ? { kind: "handshaken", incarnation, at } : undefined;
      case "failed":
        return this.process?.isStopping === false ? { kind: "failed", incarnation, cause: exit, at } : undefined;
      case "ended":
        if (this.process === undefined) return undefined;
        this.process = undefined;
        return { kind: "ended", incarnation, cause: exit, at };
      case "drained":
        return this.#draining === undefined ? undefined : { kind: "drained", incarnation: this.#draining };
      case "retry":
        if (!this.isRetryArmed) return undefined;
        this.isRetryArmed = false;
        return { kind: "retry" };
    }
  }

  #perform(effect: ModuleEffect): void {
    switch (effect.kind) {
      case "prepare":
        assert.equal(this.preparation, undefined, "two preparations at once");
        this.preparation = effect.revision;
        return;
      case "cancel-preparation":
        this.preparation = undefined;
        return;
      case "spawn":
        assert.equal(this.process, undefined, "two processes at once");
        this.process = { incarnation: effect.run.incarnation, isStopping: false };
        return;
      case "drain":
        this.#draining = effect.incarnation;
        return;
      case "stop-process":
      case "kill-process":
        assert.equal(this.process?.incarnation, effect.incarnation);
        if (this.process !== undefined) this.process.isStopping = true;
        return;
      case "arm-retry":
        assert.equal(this.isRetryArmed, false, "two retries at once");
        this.isRetryArmed = true;
        return;
      case "cancel-retry":
        this.isRetryArmed = false;
        return;
      case "report-failure":
      case "release":
    }
  }
}

function wishEvent(wish: string): ModuleEvent {
  const [kind, revision] = wish.split(" ");
  if (kind === "want") return { kind: "want", revision: Number(revision) };
  return kind === "unwant" ? { kind: "unwant" } : { kind: "shut-down" };
}

function crash(current: ModuleMachine, at: ReturnType<typeof millis>): { machine: ModuleMachine; delay: number } {
  const step = transition(current, { kind: "ended", incarnation: current.incarnation, cause: exit, at });
  const report = step.effects.find((effect) => effect.kind === "report-failure");
  return { machine: step.machine, delay: report?.kind === "report-failure" ? report.delay : -1 };
}

function startAgain(current: ModuleMachine): ModuleMachine {
  if (current.phase.kind === "starting") return current;
  return transition(transition(current, { kind: "retry" }).machine, { kind: "prepared", revision: 1 }).machine;
}

function describePhase(phase: Phase): string {
  switch (phase.kind) {
    case "preparing":
      return `preparing ${phase.revision}${phase.isFirstRun ? " (first run)" : ""}`;
    case "starting":
    case "ready": {
      const { replacement } = phase;
      const beside = replacement.kind === "none" ? "" : ` (${replacement.kind} ${replacement.revision})`;
      return `${phase.kind} ${phase.run.revision}#${phase.run.incarnation}${beside}`;
    }
    case "draining":
      return phase.next === undefined ? "draining" : `draining for ${phase.next}`;
    case "ending":
      if (phase.delay !== undefined) return `ending, retry after ${phase.delay}`;
      return phase.next === undefined ? "ending" : `ending for ${phase.next}`;
    default:
      return phase.kind;
  }
}

function describeEffect(effect: ModuleEffect): string {
  switch (effect.kind) {
    case "prepare":
      return `prepare ${effect.revision}`;
    case "spawn":
      return `spawn ${effect.run.revision}#${effect.run.incarnation}`;
    case "arm-retry":
      return `arm-retry ${effect.delay}`;
    case "report-failure":
      return `report ${effect.cause.kind}`;
    default:
      return effect.kind;
  }
}
