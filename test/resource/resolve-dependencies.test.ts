import assert from "node:assert/strict";
import { test } from "node:test";
import { NameIndex } from "../../src/resource/name-index.js";
import { type ResolvedDependencies, resolveDependencies } from "../../src/resource/resolve-dependencies.js";
import { parseResourceName, type ResourceName } from "../../src/resource/resource-name.js";

function name(text: string): ResourceName {
  const parsed = parseResourceName(text);
  assert.ok(parsed);
  return parsed;
}

const SELF = name("rdk:component:motor/self");

function resolve(required: readonly string[], optional: readonly string[] = []): ResolvedDependencies {
  const names = new NameIndex();
  for (const text of ["rdk:component:sensor/a", "rdk:component:sensor/twin", "rdk:service:vision/twin"]) names.add(name(text));
  names.add(SELF);
  return resolveDependencies(SELF, required, optional, names);
}

test("a simple name is that of the only resource called so, of any API", () => {
  assert.deepEqual(resolve(["a"]).required, [{ written: "a", name: "rdk:component:sensor/a" }]);
});

test("a full name says exactly which", () => {
  assert.deepEqual(
    resolve(["rdk:service:vision/twin"]).required.map((item) => item.name),
    ["rdk:service:vision/twin"],
  );
});

test("the same resource written twice is one dependency, and required wins over optional", () => {
  const { required, optional } = resolve(["a", "rdk:component:sensor/a"], ["a"]);
  assert.equal(required.length, 1);
  assert.deepEqual(optional, []);
});

test("ambiguity, absence and itself are told; optional ones are left out", () => {
  const { unresolved, optional } = resolve(["twin", "ghost", "self", SELF], ["twin", "ghost", "self"]);
  assert.deepEqual(
    unresolved.map(({ written }) => written),
    ["twin", "ghost", "self", SELF],
  );
  assert.match(unresolved[0]?.message ?? "", /write one of rdk:component:sensor\/twin, rdk:service:vision\/twin in full/);
  assert.deepEqual(optional, []);
});

test("an absent full name stays a dependency, so that it is found when it comes", () => {
  const { required, unresolved } = resolve(["rdk:component:sensor/ghost"]);
  assert.equal(required.length, 1);
  assert.equal(unresolved.length, 1);
});

test("the frame system is no resource", () => {
  const { required, unresolved } = resolve(["framesystem", "$framesystem", "rdk-internal:service:frame_system/$framesystem"]);
  assert.deepEqual([required, unresolved], [[], []]);
});
