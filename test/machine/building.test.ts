import assert from "node:assert/strict";
import { test } from "node:test";
import { config, full, module, offer, SENSOR_SERVICE, startMachine } from "../support/machine-fixture.js";

test("builds a resource after what it requires, each validated once", async (t) => {
  const { apply, calls, states } = startMachine(t);
  await apply(config([{ name: "b", need: ["a"] }, { name: "a" }]));
  assert.deepEqual(calls(), ["validate b", "validate a", "add a", "add b with a"]);
  assert.deepEqual(states(), { b: "ready", a: "ready" });
});

test("resources are configuring and route to nothing while their module starts", async (t) => {
  const { apply, states, machine } = startMachine(t);
  await apply(config([{ name: "a" }]), 10);
  assert.deepEqual(states(), { a: "configuring" });
  assert.equal(machine.status().state, "initializing");
  assert.deepEqual(machine.status().resources[0]?.waitsFor, ["module m"]);
  const route = machine.route(SENSOR_SERVICE, "a");
  assert.ok(route.kind === "unavailable" && route.isModuleDown, JSON.stringify(route));
  assert.match(route.message, /module "m" is not ready: it is starting/);
});

test("an unchanged config costs no call", async (t) => {
  const { apply, calls } = startMachine(t);
  const sketches = [{ name: "a" }, { name: "b", need: ["a"] }, { name: "c", want: ["b"] }];
  await apply(config(sketches));
  calls();
  await apply(config(sketches), 60_000);
  assert.deepEqual(calls(), []);
});

test("an idle machine has no timer armed", async (t) => {
  const { apply, clock } = startMachine(t);
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }]));
  assert.equal(clock.timers, 0);
});

test("a changed resource is reconfigured, then its dependents, in order", async (t) => {
  const { apply, calls, states } = startMachine(t);
  const others = [{ name: "c", need: ["b", "a"] }, { name: "b", need: ["a"] }, { name: "d" }];
  await apply(config([{ name: "a" }, ...others]));
  calls();
  await apply(config([{ name: "a", value: 2 }, ...others]));
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "validate b", "reconfigure b with a", "validate c", "reconfigure c with a, b"]);
  assert.deepEqual(states(), { a: "ready", b: "ready", c: "ready", d: "ready" });
});

test("a module without ReconfigureResource gets remove and add, and is asked only once", async (t) => {
  const { apply, calls, modules } = startMachine(t);
  modules.lacksReconfigure.add("m");
  await apply(config([{ name: "a" }]));
  calls();
  await apply(config([{ name: "a", value: 2 }]));
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "remove a", "add a"]);
  await apply(config([{ name: "a", value: 3 }]));
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
});

test("another model of the same module is removed and added", async (t) => {
  const { apply, calls } = startMachine(t);
  await apply(config([{ name: "a" }]));
  calls();
  await apply(config([{ name: "a", model: "m/y" }]));
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
});

test("another module's model is validated there before the old one goes", async (t) => {
  const { apply, calls, modules, machine } = startMachine(t);
  const both = [module("m"), module("n")];
  modules.offers.set("n", offer("n/x"));
  await apply(config([{ name: "a" }], both));
  calls();
  modules.faults.refuseValidate.add(full("a"));
  await apply(config([{ name: "a", model: "n/x" }], both));
  assert.deepEqual(calls(), ["validate a"]);
  assert.equal(machine.status().resources[0]?.module, "m");
  assert.match(machine.status().resources[0]?.notice ?? "", /refused/);
  modules.clearFaults();
  await apply(config([{ name: "a", model: "n/x" }], both), 5000);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
  assert.equal(machine.status().resources[0]?.module, "n");
});

test("a refused config keeps what runs, says so, and is tried again every 5 s", async (t) => {
  const { apply, calls, modules, machine, clock } = startMachine(t);
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }]));
  calls();
  modules.faults.refuseValidate.add(full("a"));
  await apply(
    config([
      { name: "a", value: 2 },
      { name: "b", need: ["a"] },
    ]),
  );
  const [status] = machine.status().resources;
  assert.equal(status?.state, "ready");
  assert.match(status?.notice ?? "", /refused/);
  assert.equal(machine.route(SENSOR_SERVICE, "a").kind, "module");
  await clock.advance(10_000);
  assert.deepEqual(calls(), ["validate a", "validate a", "validate a"]);
  modules.clearFaults();
  await clock.advance(5000);
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "validate b", "reconfigure b with a"]);
  assert.equal(machine.status().resources[0]?.notice, undefined);
});

test("going back to the config that runs costs nothing", async (t) => {
  const { apply, calls, modules, machine } = startMachine(t);
  await apply(config([{ name: "a" }]));
  modules.faults.refuseValidate.add(full("a"));
  await apply(config([{ name: "a", value: 2 }]));
  calls();
  await apply(config([{ name: "a" }]), 30_000);
  assert.deepEqual(calls(), []);
  assert.equal(machine.status().resources[0]?.notice, undefined);
});

test("a failed build is retried 5 s after its end, by remove and add", async (t) => {
  const { apply, calls, modules, states, errorOf, clock } = startMachine(t);
  modules.faults.refuseAdd.add(full("a"));
  await apply(config([{ name: "a" }, { name: "c" }]));
  assert.deepEqual(states(), { a: "unhealthy", c: "ready" });
  assert.match(errorOf("a"), /cannot be built/);
  calls();
  await clock.advance(4800);
  assert.deepEqual(calls(), []);
  modules.clearFaults();
  await clock.advance(300);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
  assert.deepEqual(states(), { a: "ready", c: "ready" });
});

test("a build that hangs ends at its limit and is tried again", async (t) => {
  const { apply, calls, modules, states, errorOf, clock } = startMachine(t);
  modules.faults.hang.add(full("a"));
  await apply(config([{ name: "a" }, { name: "c" }]));
  assert.deepEqual(states(), { a: "configuring", c: "ready" });
  await clock.advance(120_000);
  assert.match(errorOf("a"), /took longer/);
  modules.clearFaults();
  calls();
  await clock.advance(5000);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
});

test("a module whose builds all hang holds up no other module", async (t) => {
  const { apply, modules, states } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  const stuck = Array.from({ length: 30 }, (_, index) => ({ name: `h${index}` }));
  for (const { name } of stuck) modules.faults.hang.add(full(name));
  await apply(config([...stuck, { name: "a", model: "n/x" }], [module("m"), module("n")]));
  assert.equal(states()["a"], "ready");
  assert.equal(modules.calledUpon.filter((call) => call.startsWith("add") && call.includes("/h")).length, 10);
});

test("at most ten builds at a time in one module", async (t) => {
  const { apply, modules, clock, states } = startMachine(t);
  modules.latency = () => 10;
  await apply(config(Array.from({ length: 25 }, (_, index) => ({ name: `r${index}` }))), 45);
  assert.equal(modules.calledUpon.length, 10);
  await clock.advance(100);
  assert.ok(Object.values(states()).every((state) => state === "ready"));
});

test("service_configs change nothing, frame and log level rebuild", async (t) => {
  const { apply, calls } = startMachine(t);
  const before = config([{ name: "a" }]);
  const a = before.resources.get(full("a"));
  assert.ok(a);
  await apply(before);
  calls();
  const associated = { ...a, associatedConfigs: [{ api: "rdk:service:data_manager", attributes: { x: 1 } }] };
  await apply({ ...before, resources: new Map([[a.name, associated]]) });
  assert.deepEqual(calls(), []);
  await apply({ ...before, resources: new Map([[a.name, { ...associated, frame: { parent: "world" } }]]) });
  await apply({ ...before, resources: new Map([[a.name, { ...associated, frame: { parent: "world" }, logLevel: "debug" }]]) });
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "validate a", "reconfigure a"]);
});

test("a thousand resources with dependencies come up, and one change touches one", async (t) => {
  const { apply, calls, states } = startMachine(t);
  const sketches = Array.from({ length: 1000 }, (_, index) => ({
    name: `r${index}`,
    ...(index % 10 !== 0 && { need: [`r${index - (index % 10)}`] }),
  }));
  await apply(config(sketches));
  assert.ok(Object.values(states()).every((state) => state === "ready"));
  assert.equal(calls().length, 2000);
  await apply(config(sketches.map((sketch, index) => (index === 501 ? { ...sketch, value: 1 } : sketch))));
  assert.deepEqual(calls(), ["validate r501", "reconfigure r501 with r500"]);
});
