import assert from "node:assert/strict";
import { test } from "node:test";
import { isPinionError } from "../../src/base/errors.js";
import { config, full, MOTOR, module, offer, SENSOR, SENSOR_SERVICE, startMachine } from "../support/machine-fixture.js";

const chain = [{ name: "a" }, { name: "b", need: ["a"] }];

test("after a crash resources are added once, in order, without a removal, and dependents elsewhere are rebuilt", async (t) => {
  const { apply, calls, modules, clock, states, machine } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  await apply(config([...chain, { name: "c", model: "n/x", need: ["b"] }], [module("m"), module("n")]));
  calls();
  modules.crash("m");
  await clock.advance(10);
  assert.deepEqual(states(), { a: "configuring", b: "configuring", c: "configuring" });
  const route = machine.route(SENSOR_SERVICE, "a");
  assert.ok(route.kind === "unavailable" && route.isModuleDown);
  assert.match(route.message, /module "m" is not ready: it is starting after a failure: exited with code 1/);
  assert.equal(machine.route(SENSOR_SERVICE, "c").kind, "module");
  assert.deepEqual(machine.readyResources(), [full("c")]);
  await clock.advance(100);
  assert.deepEqual(calls(), ["validate a", "validate b", "add a", "add b with a", "validate c", "reconfigure c with b"]);
  assert.deepEqual(states(), { a: "ready", b: "ready", c: "ready" });
});

test("when the module does not come back at once, dependents elsewhere are removed and wait", async (t) => {
  const { apply, calls, modules, clock, states, errorOf } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  await apply(config([{ name: "a" }, { name: "c", model: "n/x", need: ["a"] }], [module("m"), module("n")]));
  calls();
  modules.faults.refuseStart.add("m");
  modules.crash("m");
  await clock.advance(1000);
  assert.deepEqual(states(), { a: "unhealthy", c: "unhealthy" });
  assert.match(errorOf("a"), /module "m" is not ready: it is down after a failure: exited too early/);
  assert.deepEqual(calls(), ["remove c"]);
  modules.clearFaults();
  await clock.advance(3000);
  assert.deepEqual(calls(), ["validate a", "add a", "validate c", "add c with a"]);
});

test("a module that crashes while it builds gets everything again, exactly once", async (t) => {
  const { apply, calls, modules, clock, states } = startMachine(t);
  modules.faults.crashOnBuild.add(full("b"));
  await apply(config(chain), 60);
  calls();
  await clock.advance(200);
  assert.deepEqual(calls(), ["validate a", "validate b", "add a", "add b with a"]);
  assert.deepEqual(states(), { a: "ready", b: "ready" });
});

test("a changed module is emptied first, dependents elsewhere included, and filled again", async (t) => {
  const { apply, calls, modules, states } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  const sketches = [...chain, { name: "c", model: "n/x", need: ["b"] }, { name: "d", model: "n/x" }];
  await apply(config(sketches, [module("m"), module("n")]));
  calls();
  await apply(config(sketches, [module("m", { LEVEL: "2" }), module("n")]), 200);
  const made = calls();
  assert.deepEqual(made.slice(0, 3), ["remove c", "remove b", "remove a"]);
  assert.deepEqual(
    made.filter((call) => call.startsWith("add")),
    ["add a", "add b with a", "add c with b"],
  );
  assert.deepEqual(states(), { a: "ready", b: "ready", c: "ready", d: "ready" });
});

test("a constructor that hangs does not keep its module from stopping", async (t) => {
  const { apply, calls, modules, clock } = startMachine(t);
  modules.faults.hang.add(full("b"));
  await apply(config(chain));
  calls();
  modules.clearFaults();
  await apply(config(chain, [module("m", { LEVEL: "2" })]), 3000);
  assert.deepEqual(calls(), ["remove a", "validate a", "validate b", "add a", "add b with a"]);
  await clock.advance(200_000);
  assert.deepEqual(calls(), []);
});

test("a removed module's resources wait and say that nobody has their model", async (t) => {
  const { apply, calls, errorOf, modules } = startMachine(t);
  await apply(config(chain));
  calls();
  await apply(config(chain, []));
  assert.deepEqual(calls(), ["remove b", "remove a"]);
  assert.match(errorOf("a"), /no module offers the model acme:m:x of rdk:component:sensor: check its spelling/);
  modules.faults.refuseStart.add("z");
  await apply(config(chain, [module("z")]));
  assert.match(errorOf("a"), /it may be in one that is not ready: module "z" is not ready: it is down after a failure: exited too early/);
});

test("of two modules with the same model the first serves it, and takes over when it becomes ready", async (t) => {
  const { apply, calls, modules, machine, clock } = startMachine(t);
  modules.offers.set("n", offer("m/x"));
  modules.faults.refuseStart.add("m");
  await apply(config([{ name: "a" }], [module("m"), module("n")]));
  assert.equal(machine.status().resources[0]?.module, "n");
  calls();
  modules.clearFaults();
  await clock.advance(5000);
  assert.equal(machine.status().resources[0]?.module, "m");
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
  modules.crash("m");
  await clock.advance(100);
  assert.deepEqual(calls(), ["validate a", "add a"]);
  assert.equal(machine.status().resources[0]?.module, "m");
});

test("a module of the catalogue runs only while the config uses it and no module of the config offers the model", async (t) => {
  const builtin = { ...module("pinion-demo"), isBuiltin: true };
  const { apply, calls, modules, machine, clock } = startMachine(t, {
    catalogue: { moduleFor: (api, model) => (api === SENSOR && model === "acme:demo:x" ? builtin : undefined) },
  });
  modules.offers.set("pinion-demo", offer("demo/x"));
  await apply(config([], []));
  assert.deepEqual(machine.status().modules, []);
  const a = { name: "a", model: "demo/x" };
  await apply(config([a], []));
  assert.equal(machine.status().resources[0]?.module, "pinion-demo");
  calls();
  modules.offers.set("mine", offer("demo/x"));
  await apply(config([a], [module("mine")]), 200);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
  assert.equal(machine.status().resources[0]?.module, "mine");
  assert.deepEqual(
    machine.status().modules.map(({ name }) => name),
    ["mine"],
  );
  modules.crash("mine");
  await clock.advance(10_000);
  assert.deepEqual(
    machine.status().modules.map(({ name }) => name),
    ["mine"],
  );
  await apply(config([a], []), 200);
  assert.equal(machine.status().resources[0]?.module, "pinion-demo");
  await apply(config([], []), 200);
  assert.deepEqual(machine.status().modules, []);
});

test("a module that is not installed: one of the catalogue stands in for it and the status says so; the user's own takes over when it is there", async (t) => {
  const builtin = { ...module("pinion-pins"), isBuiltin: true };
  const { apply, calls, modules, machine } = startMachine(t, {
    catalogue: { moduleFor: (_api, model) => (model === "acme:pins:x" ? builtin : undefined) },
  });
  modules.offers.set("pinion-pins", offer("pins/x"));
  modules.offers.set("mine", offer("pins/x"));
  const missing = {
    ...config([{ name: "a", model: "pins/x" }], []),
    invalidModules: new Map([["mine", "executable_path: missing"]]),
    invalidModuleIds: new Map([["mine", "acme:pins"]]),
  };
  await apply(missing, 200);
  assert.equal(machine.status().resources[0]?.module, "pinion-pins");
  const status = machine.status().modules.find(({ name }) => name === "mine");
  assert.equal(status?.lastFailure?.message, "executable_path: missing");
  assert.equal(status?.standIn, "until it runs, acme:pins:x is served by pinion-pins, which ships with Pinion");
  calls();
  await apply(config([{ name: "a", model: "pins/x" }], [{ ...module("mine"), moduleId: "acme:pins" }]), 500);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a"]);
  assert.deepEqual(
    machine.status().modules.map(({ name, standIn }) => [name, standIn]),
    [["mine", undefined]],
  );
});

test("a module of the config that starts for the first time is waited for before the catalogue's is started, unless it fails", async (t) => {
  const builtin = { ...module("pinion-pins"), isBuiltin: true };
  const { apply, calls, modules, machine, clock } = startMachine(t, { catalogue: { moduleFor: () => builtin } });
  modules.offers.set("pinion-pins", offer("pins/x"));
  modules.offers.set("mine", offer("pins/x"));
  const mine = { ...module("mine"), moduleId: "acme:pins" };
  modules.faults.refuseStart.add("mine");
  await apply(config([{ name: "a", model: "pins/x" }], [mine]), 20);
  assert.deepEqual(
    machine.status().modules.map(({ name }) => name),
    ["mine"],
  );
  await clock.advance(200);
  assert.equal(machine.status().resources[0]?.module, "pinion-pins");
  assert.match(machine.status().modules.find(({ name }) => name === "mine")?.standIn ?? "", /pinion-pins/);
  await clock.advance(30_000);
  assert.deepEqual(calls(), ["validate a", "add a"]);
  modules.clearFaults();
  await clock.advance(30_000);
  assert.equal(machine.status().resources[0]?.module, "mine");

  const other = startMachine(t, { catalogue: { moduleFor: () => builtin } });
  other.modules.offers.set("pinion-pins", offer("pins/x"));
  other.modules.offers.set("mine", offer("pins/x"));
  await other.apply(config([{ name: "a", model: "pins/x" }], [mine]), 500);
  assert.deepEqual(other.calls(), ["validate a", "add a"]);
  assert.deepEqual(
    other.machine.status().modules.map(({ name }) => name),
    ["mine"],
  );
});

test("a module of the catalogue that does not start is named by those that wait for it", async (t) => {
  const builtin = { ...module("pinion-demo"), isBuiltin: true };
  const { apply, modules, states, errorOf, clock } = startMachine(t, { catalogue: { moduleFor: () => builtin } });
  modules.offers.set("pinion-demo", offer("demo/x"));
  modules.faults.refuseStart.add("pinion-demo");
  await apply(config([{ name: "a", model: "demo/x" }], []));
  assert.deepEqual(states(), { a: "unhealthy" });
  assert.match(errorOf("a"), /^module "pinion-demo" is not ready: it is down after a failure: exited too early$/);
  modules.clearFaults();
  await clock.advance(3000);
  assert.deepEqual(states(), { a: "ready" });
});

test("a restarted module may offer other models", async (t) => {
  const { apply, modules, clock, states, errorOf } = startMachine(t);
  await apply(config([{ name: "a" }, { name: "b", model: "m/z" }]));
  assert.deepEqual(states(), { a: "ready", b: "unhealthy" });
  modules.offers.set("m", offer("m/z"));
  modules.crash("m");
  await clock.advance(100);
  assert.deepEqual(states(), { a: "unhealthy", b: "ready" });
  assert.match(errorOf("a"), /no module offers/);
});

test("closing removes dependents first, builds nothing more and is bounded", async (t) => {
  const { apply, calls, modules, machine, clock } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  await apply(config([...chain, { name: "c", model: "n/x", need: ["b"] }, { name: "d" }], [module("m"), module("n")]));
  calls();
  await machine.close();
  assert.deepEqual(
    calls().filter((call) => call !== "remove d"),
    ["remove c", "remove b", "remove a"],
  );
  await apply(config(chain));
  await clock.advance(60_000);
  assert.deepEqual(calls(), []);
});

test("closing gives up on removals that hang after 20 s", async (t) => {
  const { apply, modules, machine, clock } = startMachine(t);
  await apply(config(chain));
  modules.faults.hangRemove.add(full("b"));
  let isClosed = false;
  const closing = machine.close().then(() => {
    isClosed = true;
  });
  await clock.advance(19_000);
  assert.equal(isClosed, false);
  await clock.advance(1001);
  assert.equal(isClosed, true);
  await closing;
});

test("a constructor that hangs holds up closing for a second only", async (t) => {
  const { apply, calls, modules, machine, clock } = startMachine(t);
  modules.faults.hang.add(full("b"));
  await apply(config(chain));
  calls();
  const closing = machine.close();
  await clock.advance(1100);
  await closing;
  assert.deepEqual(calls(), ["remove a"]);
});

test("settles when all was done that can be, not before, and tells the state of the machine by it", async (t) => {
  const { apply, modules, machine, clock } = startMachine(t);
  modules.faults.refuseAdd.add(full("a"));
  let isSettled = false;
  const settled = machine.whenSettled().then(() => {
    isSettled = true;
  });
  await clock.advance(10);
  assert.equal(isSettled, false);
  await apply(config([...chain, { name: "c" }]), 30);
  assert.equal(isSettled, false);
  assert.equal(machine.status().state, "initializing");
  await clock.advance(30);
  assert.equal(isSettled, true);
  assert.equal(machine.status().state, "running");
  await settled;
  const controller = new AbortController();
  modules.faults.hang.add(full("d"));
  await apply(config([{ name: "d" }]));
  const waiting = assert.rejects(machine.whenSettled(controller.signal), /enough/);
  controller.abort(new Error("enough"));
  await waiting;
});

test("listeners hear of changes, several at once, until they leave", async (t) => {
  const { apply, machine } = startMachine(t);
  let heard = 0;
  const leave = machine.onChange(() => {
    heard += 1;
  });
  machine.onChange(() => {
    throw new Error("a listener's own fault");
  });
  await apply(config(chain));
  assert.ok(heard > 0 && heard < 12, `${heard}`);
  leave();
  const before = heard;
  await apply(config([]));
  assert.equal(heard, before);
});

test("the revision of a resource is the last that built it or found it as wanted", async (t) => {
  const { apply, machine, modules } = startMachine(t);
  const revisions = (): readonly string[] => machine.status().resources.map(({ revision }) => revision);
  await apply(config(chain));
  const first = machine.status().revision;
  assert.deepEqual(revisions(), [first, first]);
  modules.faults.refuseValidate.add(full("a"));
  await apply(
    config([
      { name: "a", value: 2 },
      { name: "b", need: ["a"] },
    ]),
  );
  assert.deepEqual(revisions(), [first, machine.status().revision]);
});

test("routes by service and simple name, and says what it does not know", async (t) => {
  const { apply, machine } = startMachine(t);
  await apply(config([{ name: "a" }, { name: `${MOTOR}/mo` }]));
  const route = machine.route(SENSOR_SERVICE, "a");
  assert.deepEqual(route, { kind: "module", module: "m", incarnation: 1, address: "/run/m-1.sock" });
  assert.equal(machine.route("acme.Unheard", "a").kind, "unknown-service");
  const unknown = machine.route(SENSOR_SERVICE, "mo");
  assert.ok(unknown.kind === "unknown-resource");
  assert.match(unknown.message, /no node found with api rdk:component:sensor and name mo; that name belongs to rdk:component:motor\/mo/);
  assert.equal(machine.services().get(SENSOR), SENSOR_SERVICE);
  assert.deepEqual(machine.readyResources(), [full("a"), full(`${MOTOR}/mo`)]);
});

test("restarts a module by name, and says which there are", async (t) => {
  const { apply, machine, clock, calls, states } = startMachine(t);
  await apply(config(chain));
  calls();
  await machine.restartModule("m");
  await clock.advance(200);
  assert.deepEqual(calls(), ["remove b", "remove a", "validate a", "validate b", "add a", "add b with a"]);
  assert.deepEqual(states(), { a: "ready", b: "ready" });
  await assert.rejects(machine.restartModule("ghost"), (error) => isPinionError(error, "MODULE_UNKNOWN") && /\(m\)/.test(error.message));
});

test("an entry of a module that is bad shows in status", async (t) => {
  const { apply, machine } = startMachine(t);
  await apply({ ...config([], []), invalidModules: new Map([["z", "executable_path: expected an absolute path"]]) });
  const [status] = machine.status().modules;
  assert.equal(status?.name, "z");
  assert.equal(status?.lastFailure?.message, "executable_path: expected an absolute path");
});
