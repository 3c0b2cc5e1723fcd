import assert from "node:assert/strict";
import { test } from "node:test";
import { config, full, MOTOR, module, offer, startMachine } from "../support/machine-fixture.js";

test("what requires a missing resource waits, says for whom, and is built when it comes", async (t) => {
  const { apply, calls, states, errorOf, machine } = startMachine(t);
  await apply(config([{ name: "b", need: ["ghost"] }, { name: "c" }]), 20_000);
  assert.deepEqual(states(), { b: "unhealthy", c: "ready" });
  assert.match(errorOf("b"), /waits for "ghost": no such resource is in the config/);
  assert.deepEqual(machine.status().resources[0]?.waitsFor, ["ghost"]);
  calls();
  await apply(config([{ name: "b", need: ["ghost"] }, { name: "c" }, { name: "ghost" }]));
  assert.deepEqual(calls(), ["validate ghost", "add ghost", "add b with ghost"]);
});

test("what requires a failed resource waits and follows its recovery", async (t) => {
  const { apply, states, errorOf, modules, clock, calls } = startMachine(t);
  modules.faults.refuseAdd.add(full("a"));
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }, { name: "c", dependsOn: [full("b")] }]));
  assert.deepEqual(states(), { a: "unhealthy", b: "unhealthy", c: "unhealthy" });
  assert.match(errorOf("b"), /waits for "a", which failed: .*cannot be built/);
  assert.match(errorOf("c"), /waits for ".*\/b", which itself waits for a/);
  calls();
  modules.clearFaults();
  await clock.advance(5000);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a", "add b with a", "add c with b"]);
});

test("a cycle is named in full, its members are removed and wait, and it dissolves", async (t) => {
  const { apply, states, errorOf, calls } = startMachine(t);
  const b = { name: "b", need: ["a"] };
  await apply(config([{ name: "a" }, b, { name: "c" }]));
  calls();
  await apply(config([{ name: "a", need: ["b"] }, b, { name: "c" }]));
  assert.deepEqual(states(), { a: "unhealthy", b: "unhealthy", c: "ready" });
  assert.match(errorOf("a"), /a -> b -> a/);
  assert.match(errorOf("b"), /b -> a -> b/);
  assert.deepEqual(calls(), ["validate a", "remove b", "remove a"]);
  await apply(config([{ name: "a" }, b, { name: "c" }]));
  assert.deepEqual(states(), { a: "ready", b: "ready", c: "ready" });
});

test("a resource cannot require itself, and an ambiguous name is told with its candidates", async (t) => {
  const { apply, errorOf } = startMachine(t);
  await apply(config([{ name: "a", need: ["a"] }, { name: "x" }, { name: `${MOTOR}/x` }, { name: "b", need: ["x"] }]));
  assert.match(errorOf("a"), /cannot depend on itself/);
  assert.match(errorOf("b"), /ambiguous, write one of rdk:component:sensor\/x, rdk:component:motor\/x in full/);
  await apply(config([{ name: "x" }, { name: "b", need: ["x"] }]));
  assert.equal(errorOf("b"), "");
});

test("an optional dependency is waited for while it is being built, then passed on", async (t) => {
  const { apply, calls, modules } = startMachine(t);
  modules.latency = (name) => (name.endsWith("/a") ? 20 : 1);
  await apply(config([{ name: "c", want: ["a"] }, { name: "a" }]), 200);
  assert.deepEqual(calls(), ["validate c", "validate a", "add a", "add c with a"]);
});

test("an optional dependency that takes long does not hold up its dependents", async (t) => {
  const { apply, calls, modules, clock, states } = startMachine(t);
  modules.latency = (name) => (name.endsWith("/a") ? 3000 : 1);
  await apply(config([{ name: "c", want: ["a"] }, { name: "a" }]), 1500);
  assert.equal(states()["c"], "ready");
  await clock.advance(10_000);
  assert.deepEqual(calls(), ["validate c", "validate a", "add c", "add a", "validate c", "reconfigure c with a"]);
});

test("a resource is rebuilt when an optional dependency appears, is rebuilt, fails or vanishes", async (t) => {
  const { apply, calls, modules } = startMachine(t);
  const c = { name: "c", want: ["a"] };
  await apply(config([c]));
  assert.deepEqual(calls(), ["validate c", "add c"]);
  await apply(config([c, { name: "a" }]));
  assert.deepEqual(calls(), ["validate a", "add a", "validate c", "reconfigure c with a"]);
  await apply(config([c, { name: "a", value: 2 }]));
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "validate c", "reconfigure c with a"]);
  modules.faults.refuseReconfigure.add(full("a"));
  await apply(config([c, { name: "a", value: 3 }]));
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "validate c", "reconfigure c"]);
  await apply(config([c, { name: "a", value: 3 }]), 6000);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a", "validate c", "reconfigure c with a"]);
  await apply(config([c]));
  assert.deepEqual(calls(), ["remove a", "validate c", "reconfigure c"]);
});

test("two that wish for one another come to rest", async (t) => {
  const { apply, calls, states, clock } = startMachine(t);
  await apply(
    config([
      { name: "a", want: ["b"] },
      { name: "b", want: ["a"] },
    ]),
  );
  assert.deepEqual(states(), { a: "ready", b: "ready" });
  assert.ok(calls().length <= 6);
  await clock.advance(60_000);
  assert.deepEqual(calls(), []);
});

test("removal goes from dependents down, and what still is wanted waits", async (t) => {
  const { apply, calls, states } = startMachine(t);
  const rest = [
    { name: "b", need: ["a"] },
    { name: "c", need: ["b"] },
    { name: "d", want: ["a"] },
  ];
  await apply(config([{ name: "a" }, ...rest]));
  calls();
  await apply(config(rest));
  assert.deepEqual(states(), { b: "unhealthy", c: "unhealthy", d: "ready" });
  assert.deepEqual(
    calls().filter((call) => !call.endsWith(" d")),
    ["remove c", "remove b", "remove a"],
  );
  await apply(config([{ name: "a" }, ...rest]));
  assert.deepEqual(states(), { a: "ready", b: "ready", c: "ready", d: "ready" });
});

test("what no longer requires a removed resource is rebuilt before that one goes", async (t) => {
  const { apply, calls } = startMachine(t);
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }]));
  calls();
  await apply(config([{ name: "b", value: 2 }]));
  assert.deepEqual(calls(), ["validate b", "reconfigure b", "remove a"]);
});

test("a running resource whose new config waits for another runs on until that one is there", async (t) => {
  const { apply, calls, modules, machine, clock } = startMachine(t);
  await apply(config([{ name: "b" }]));
  calls();
  modules.faults.refuseAdd.add(full("a"));
  await apply(config([{ name: "b", need: ["a"] }, { name: "a" }]));
  const [b] = machine.status().resources;
  assert.equal(b?.state, "ready");
  assert.match(b?.notice ?? "", /waits for "a", which failed/);
  modules.clearFaults();
  await clock.advance(6000);
  assert.equal(machine.status().resources[0]?.notice, undefined);
  assert.deepEqual(modules.contents()["m"]?.[full("b")], { attributes: { need: ["a"] }, dependencies: [full("a")] });
});

test("a failed reconfigure takes dependents down, first those at the end, and brings them back in order", async (t) => {
  const { apply, calls, modules, clock } = startMachine(t);
  const rest = [
    { name: "b", need: ["a"] },
    { name: "c", need: ["b"] },
  ];
  await apply(config([{ name: "a" }, ...rest]));
  calls();
  modules.faults.refuseReconfigure.add(full("a"));
  await apply(config([{ name: "a", value: 2 }, ...rest]));
  assert.deepEqual(calls(), ["validate a", "reconfigure a", "remove c", "remove b"]);
  await clock.advance(5000);
  assert.deepEqual(calls(), ["validate a", "remove a", "add a", "validate b", "add b with a", "validate c", "add c with b"]);
});

test("a removal that fails is tried again, and holds up nobody for long", async (t) => {
  const { apply, calls, modules, clock, states } = startMachine(t);
  await apply(config([{ name: "a" }, { name: "b", need: ["a"] }]));
  calls();
  modules.faults.hangRemove.add(full("b"));
  await apply(config([]), 31_000);
  assert.deepEqual(calls(), ["remove b", "remove a"]);
  assert.deepEqual(states(), { b: "removing" });
  modules.clearFaults();
  await clock.advance(5000);
  assert.deepEqual(calls(), ["remove b"]);
  assert.deepEqual(states(), {});
});

test("an entry that was never good is shown with its problem, and those that need it wait", async (t) => {
  const { apply, states, errorOf, machine, calls } = startMachine(t);
  const broken = { ...config([{ name: "b", need: ["a"] }]), invalidResources: new Map([[full("a"), "attributes: expected an object"]]) };
  await apply(broken);
  assert.deepEqual(states(), { a: "unhealthy", b: "unhealthy" });
  assert.equal(errorOf("a"), "attributes: expected an object");
  assert.match(errorOf("b"), /waits for "a", which failed: attributes/);
  calls();
  const mended = config([{ name: "b", need: ["a"] }, { name: "a" }]);
  await apply(mended);
  assert.deepEqual(states(), { a: "ready", b: "ready" });
  await apply({ ...mended, invalidResources: new Map([[full("a"), "attributes: expected an object"]]) });
  const a = machine.status().resources.find(({ name }) => name === full("a"));
  assert.equal(a?.state, "ready");
  assert.equal(a?.notice, "attributes: expected an object");
});

test("dependencies across modules, by simple and full names", async (t) => {
  const { apply, calls, modules, states } = startMachine(t);
  modules.offers.set("n", offer("n/x"));
  const sketches = [{ name: "b", model: "n/x", need: ["a"], dependsOn: [full("a")] }, { name: "a" }];
  await apply(config(sketches, [module("m"), module("n")]));
  assert.deepEqual(states(), { b: "ready", a: "ready" });
  assert.equal(calls().at(-1), "add b with a");
});
