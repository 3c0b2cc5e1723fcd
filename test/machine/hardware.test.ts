/** Leases and safe levels as the machine keeps them, over modules in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { millis } from "../../src/base/millis.js";
import type { HardwarePorts } from "../../src/machine/machine-hardware.js";
import type { SafetyReport } from "../../src/machine/safety-net.js";
import type { HardwareNeeds, SafeAction } from "../../src/resource/hardware-needs.js";
import { type DirectAction, describeAction, type SafeFailure } from "../../src/resource/safe-action.js";
import { config, full, MOTOR, module, offer, type ResourceSketch, startMachine } from "../support/machine-fixture.js";

const BOARD = "rdk:component:board/local";
const pin = (name: string): HardwareNeeds => ({ claims: [{ kind: "pin", board: "local", pin: name }] });
const on = (name: string, pinName: string, rest: Partial<ResourceSketch> = {}): ResourceSketch => ({
  name,
  hardware: pin(pinName),
  ...rest,
});
const line = (offset: number, isHigh = false): SafeAction => ({ kind: "line", chip: "c", offset, isHigh });
const local = (name: string, isHigh = false): SafeAction => ({ kind: "pin", board: "local", pin: name, isHigh });

test("of two that claim a pin the first in the config has it; the other says whose it is, and is built when it is free", async (t) => {
  const { apply, calls, states, errorOf, machine, clock } = startMachine(t);
  await apply(config([on("b", "11"), on("a", "11"), on("c", "13")]));
  assert.deepEqual(states(), { b: "ready", a: "unhealthy", c: "ready" });
  assert.match(errorOf("a"), /^needs pin "11" of board "local", but rdk:component:sensor\/b has it; give one of the two another/);
  assert.deepEqual(
    machine
      .leases()
      .filter(({ refusal }) => refusal !== undefined)
      .map(({ owner }) => owner),
    [full("a")],
  );
  calls();
  await clock.advance(60_000);
  assert.deepEqual(calls(), []);
  await apply(config([on("a", "11"), on("c", "13")]));
  assert.deepEqual(calls(), ["remove b", "add a"]);
  assert.deepEqual(states(), { a: "ready", c: "ready" });
});

test("it is built as well when the owner takes another pin", async (t) => {
  const { apply, calls, states } = startMachine(t);
  await apply(config([on("a", "11"), on("b", "11")]));
  calls();
  await apply(config([on("a", "13"), on("b", "11")]));
  assert.deepEqual(states(), { a: "ready", b: "ready" });
  assert.deepEqual(calls(), ["validate a", "remove a", "add a", "add b"]);
});

test("two modules answer in any order: an earlier resource displaces none that is built", async (t) => {
  const { apply, calls, modules, states, errorOf } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  modules.latency = (name) => (name === full("a") ? 30 : 0);
  await apply(config([on("a", "11"), on("b", "11", { model: "n/x" })], [module("m"), module("n")]));
  assert.deepEqual(states(), { a: "unhealthy", b: "ready" });
  assert.match(errorOf("a"), /sensor\/b has it/);
  calls();
  // Nor does a crash take it from the one that had it.
  modules.crash("n");
  await apply(config([on("a", "11"), on("b", "11", { model: "n/x" })], [module("m"), module("n")]), 500);
  assert.deepEqual(states(), { a: "unhealthy", b: "ready" });
  assert.deepEqual(calls(), ["validate b", "add b"]);
});

test("two resources swap their pins in one change, and neither is built while the other has its pin", async (t) => {
  const { apply, states, machine } = startMachine(t);
  await apply(config([on("a", "11"), on("b", "13")]));
  await apply(config([on("a", "13"), on("b", "11")]));
  assert.deepEqual(states(), { a: "ready", b: "ready" });
  assert.deepEqual(
    machine.leases().map(({ item }) => item),
    ['pin "13" of board "local"', 'pin "11" of board "local"'],
  );
});

test("one that is refused its new pin runs on with its old one and says so", async (t) => {
  const { apply, calls, machine, states } = startMachine(t);
  await apply(config([on("a", "11"), on("b", "13")]));
  calls();
  await apply(config([on("a", "11"), on("b", "11"), on("c", "13")]));
  assert.deepEqual(calls(), ["validate b", "validate c"]);
  assert.equal(states()["b"], "ready");
  assert.match(machine.status().resources.find(({ name }) => name === full("b"))?.notice ?? "", /sensor\/a has it/);
  assert.match(machine.status().resources.find(({ name }) => name === full("c"))?.error ?? "", /sensor\/b has it/);
});

for (const model of ["m/x", "m/y"]) {
  const how = model === "m/x" ? "reconfigured" : "replaced";
  test(`what runs is ${how} for another pin before an earlier resource that wants both that and its old one`, async (t) => {
    const { apply, modules, states, errorOf } = startMachine(t);
    modules.latency = () => 5;
    await apply(config([on("b", "11")]));
    const both: HardwareNeeds = { claims: ["13", "11"].map((name) => ({ kind: "pin", board: "local", pin: name })) };
    await apply(config([{ name: "a", hardware: both }, on("b", "13", { model })]));
    assert.deepEqual(states(), { a: "unhealthy", b: "ready" });
    assert.match(errorOf("a"), /needs pin "13" of board "local", but rdk:component:sensor\/b has it/);
  });
}

test("nothing is built with what a build from the config before still takes", async (t) => {
  const { apply, modules, states, calls } = startMachine(t);
  modules.latency = (name) => (name === full("b") ? 30 : 0);
  await apply(config([on("b", "11")]), 80);
  assert.deepEqual(calls(), ["validate b", "add b"]);
  await apply(config([on("a", "11"), on("b", "13")]), 150);
  assert.deepEqual(calls(), ["validate a", "validate b", "remove b", "add b", "add a"]);
  assert.deepEqual(states(), { a: "ready", b: "ready" });
});

test("a config that its module refuses keeps the pins of what runs", async (t) => {
  const { apply, modules, states, errorOf, clock } = startMachine(t);
  await apply(config([on("c", "5"), on("a", "11")]));
  modules.faults.refuseValidate.add(full("a"));
  const next = config([on("c", "11"), on("a", "13")]);
  await apply(next);
  assert.equal(states()["a"], "ready");
  assert.equal(states()["c"], "ready");
  modules.clearFaults();
  await clock.advance(6000);
  assert.deepEqual(states(), { c: "ready", a: "ready" });
  assert.equal(errorOf("c"), "");
});

test("what a board says of its pins later uncovers that two have one line: the one built later goes", async (t) => {
  const { apply, modules, states, errorOf, machine } = startMachine(t);
  modules.offers.set("n", [{ api: "rdk:component:board", service: "b", models: ["acme:n:x"] }]);
  modules.startTime = 40;
  const pins = [{ names: ["11", "GPIO17"], key: "c/17", low: [], high: [] }];
  const users: readonly ResourceSketch[] = [
    on("a", "11"),
    { name: "b", hardware: { claims: [{ kind: "line", chip: "c", offset: 17 }] } },
    on("d", "gpio17"),
  ];
  await apply(config(users));
  assert.deepEqual(states(), { a: "ready", b: "ready", d: "ready" });
  await apply(config([...users, { name: BOARD, model: "n/x", hardware: { pins } }], [module("m"), module("n")]), 500);
  assert.deepEqual(Object.values(states()), ["ready", "unhealthy", "unhealthy", "ready"]);
  assert.match(errorOf("b"), /needs line 17 of GPIO chip "c", but rdk:component:sensor\/a has it as pin "11" of board "local"/);
  assert.deepEqual([...new Set(machine.leases().map(({ key }) => key))], ["c/17"]);
});

// Safe levels

interface FakeExecutor {
  readonly ports: HardwarePorts;
  readonly log: string[];
  readonly reports: SafetyReport[];
  readonly saved: Record<string, readonly string[]>[];
  fail: SafeFailure | undefined;
}

function fakeExecutor(): FakeExecutor {
  const short = (name: string): string => name.slice(name.indexOf("/") + 1);
  const fake: FakeExecutor = {
    log: [],
    reports: [],
    saved: [],
    fail: undefined,
    ports: {
      executor: {
        prepare: (actions) => void fake.log.push(`prepare ${actions.map(describeAction).join(", ")}`),
        perform: async (resource, actions: readonly DirectAction[]) => {
          fake.log.push(`${short(resource)}: ${actions.map(describeAction).join(", ")}`);
          return fake.fail === undefined ? [] : [fake.fail];
        },
        release: (resource) => void fake.log.push(`release ${short(resource)}`),
      },
      onSafetyReport: (report) => void fake.reports.push(report),
      saveSafeLevels: (steps) =>
        void fake.saved.push(Object.fromEntries([...steps].map(([name, actions]) => [short(name), actions.map(describeAction)]))),
    },
  };
  return fake;
}

const safe = (...actions: readonly SafeAction[]): HardwareNeeds => ({ safe: actions });
const LINE_5 = 'line 5 of GPIO chip "c" low';

test("when a process ends, what was built in it is made safe at once, and let go when it is built again", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules, clock } = startMachine(t, { hardware: fake.ports });
  await apply(config([{ name: "a", hardware: safe(line(5), { kind: "pwm", device: "p", channel: 1 }) }, { name: "b" }]));
  const prepared = `prepare ${LINE_5}, channel 1 of PWM p off`;
  assert.deepEqual(fake.log.splice(0), [prepared, prepared, "release a", "release b"]);
  modules.crash("m");
  assert.deepEqual(fake.log.splice(0), [`a: ${LINE_5}, channel 1 of PWM p off`]);
  await clock.advance(500);
  assert.deepEqual(
    fake.log.splice(0).filter((entry) => !entry.startsWith("prepare")),
    ["release a", "release b"],
  );
  assert.deepEqual(
    fake.reports.map(({ module: name, resources, failures }) => [name, resources, failures]),
    [["m", [full("a")], []]],
  );
});

test("what a resource needs is prepared before it is built, and again when its board has said what its pins are", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules } = startMachine(t, { hardware: fake.ports });
  modules.offers.set("n", [{ api: "rdk:component:board", service: "b", models: ["acme:n:x"] }]);
  const pins = [{ names: ["11"], key: "c/17", low: [line(17)], high: [] }];
  const motor: ResourceSketch = { name: "a", need: ["local"], hardware: safe(line(5), local("11")) };
  await apply(config([motor]));
  assert.deepEqual(fake.log.splice(0), [`prepare ${LINE_5}`], "not built yet");
  await apply(config([motor, { name: BOARD, model: "n/x", hardware: { pins } }], [module("m"), module("n")]), 500);
  assert.deepEqual(fake.log.slice(-2), [`prepare ${LINE_5}, line 17 of GPIO chip "c" low`, "release a"]);
});

test("what was removed, or moved to another process, is left alone; what could not be removed is not", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules } = startMachine(t, { hardware: fake.ports });
  modules.offers.set("n", offer("n/x"));
  const both = [module("m"), module("n")];
  const needs = safe(line(5));
  modules.faults.refuseRemove.add(full("c"));
  await apply(
    config(
      [
        { name: "a", hardware: needs },
        { name: "b", hardware: needs },
        { name: "c", hardware: needs },
      ],
      both,
    ),
  );
  await apply(config([{ name: "b", model: "n/x", hardware: needs }], both));
  fake.log.splice(0);
  modules.crash("m");
  assert.deepEqual(fake.log, [`c: ${LINE_5}`]);
});

test("a resource that is being built counts, with what its earlier config drove", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules } = startMachine(t, { hardware: fake.ports });
  await apply(config([{ name: "a", hardware: safe(line(5)) }]));
  modules.faults.hang.add(full("a"));
  await apply(config([{ name: "a", hardware: safe(line(6)) }]));
  fake.log.splice(0);
  modules.crash("m");
  assert.deepEqual(fake.log, [`a: ${LINE_5}, line 6 of GPIO chip "c" low`]);
});

test("a pin is driven by its board while that lives, else by what the board said stands behind it", async (t) => {
  const fake = fakeExecutor();
  const { apply, calls, modules, clock } = startMachine(t, { hardware: fake.ports });
  modules.offers.set("n", [{ api: "rdk:component:board", service: "b", models: ["acme:n:x"] }]);
  const pins = [{ names: ["11"], key: "c/17", low: [line(17)], high: [line(17, true)] }];
  const motor: ResourceSketch = {
    name: `${MOTOR}/left`,
    need: ["local"],
    hardware: safe(local("11"), local("99", true)),
  } as ResourceSketch;
  const next = config([{ name: BOARD, model: "n/x", hardware: { pins } }, motor], [module("m"), module("n")]);
  await apply(next, 500);
  calls();
  fake.log.splice(0);
  modules.crash("m");
  await clock.advance(0);
  assert.deepEqual(
    calls().filter((call) => call.startsWith("drive")),
    [`drive ${BOARD} 11 low`, `drive ${BOARD} 99 high`],
  );
  assert.deepEqual(fake.log.splice(0), []);
  await clock.advance(5000);
  fake.log.splice(0);
  calls();
  modules.crash("n");
  modules.crash("m");
  await clock.advance(0);
  assert.deepEqual(
    calls().filter((call) => call.startsWith("drive")),
    [],
  );
  assert.deepEqual(
    fake.log.filter((entry) => entry.startsWith("left")),
    ['left: line 17 of GPIO chip "c" low'],
  );
  const [failure] = fake.reports.at(-1)?.failures ?? [];
  assert.equal(failure?.action, 'pin "99" of board "local" high');
  assert.match(failure?.error ?? "", /has not said what stands behind/);
});

test("a failure is reported, and all the rest is done", async (t) => {
  const fake = fakeExecutor();
  fake.fail = { action: { kind: "line", chip: "c", offset: 5, isHigh: false }, error: new Error("busy: by gpioset") };
  const { apply, modules, clock } = startMachine(t, { hardware: fake.ports });
  await apply(
    config([
      { name: "a", hardware: safe(line(5)) },
      { name: "b", hardware: safe(line(6)) },
    ]),
  );
  modules.crash("m");
  await clock.advance(0);
  assert.deepEqual(fake.reports[0]?.failures, [
    { resource: full("a"), action: LINE_5, error: "busy: by gpioset" },
    { resource: full("b"), action: LINE_5, error: "busy: by gpioset" },
  ]);
});

test("what makes the machine safe is kept, changes with the config, and outlives crashes and the end", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules, machine, clock } = startMachine(t, { hardware: fake.ports });
  await apply(
    config([
      { name: "a", hardware: safe(line(5)) },
      { name: "b", hardware: safe(line(6)) },
    ]),
  );
  assert.deepEqual(fake.saved.at(-1), { a: [LINE_5], b: ['line 6 of GPIO chip "c" low'] });
  await apply(config([{ name: "a", hardware: safe(line(7)) }]));
  assert.deepEqual(fake.saved.at(-1), { a: ['line 7 of GPIO chip "c" low'] });
  modules.crash("m");
  await clock.advance(millis(500));
  void machine.close();
  await clock.advance(millis(500));
  assert.deepEqual(fake.saved.at(-1), { a: ['line 7 of GPIO chip "c" low'] });
});

test("nothing is prepared, driven or kept while no resource needs hardware", async (t) => {
  const fake = fakeExecutor();
  const { apply, modules, clock } = startMachine(t, { hardware: fake.ports });
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }]));
  modules.crash("m");
  await clock.advance(millis(500));
  await apply(config([{ name: "b" }]));
  // To let go of nothing costs nothing.
  assert.deepEqual(
    fake.log.filter((entry) => !entry.startsWith("release")),
    [],
  );
  assert.deepEqual(fake.saved, []);
  assert.deepEqual(fake.reports, []);
});
