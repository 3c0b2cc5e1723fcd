import assert from "node:assert/strict";
import { test } from "node:test";
import { formatApi, parseApi } from "../../src/resource/api.js";
import { formatModel, parseModel } from "../../src/resource/model.js";
import { moduleNameProblem, resourceNameProblem } from "../../src/resource/names.js";
import { apiOf, apiTextOf, parseResourceName, simpleNameOf } from "../../src/resource/resource-name.js";

test("a full name splits into its API and its own name", () => {
  const name = parseResourceName("acme:component:gizmo/my-gizmo");
  assert.ok(name);
  assert.equal(apiTextOf(name), "acme:component:gizmo");
  assert.equal(simpleNameOf(name), "my-gizmo");
  assert.equal(formatApi(apiOf(name)), "acme:component:gizmo");
});

for (const text of ["sensor", "rdk:component/x", "rdk:component:sensor/", "rdk:comp onent:sensor/x", ""]) {
  test(`"${text}" is no full name`, () => assert.equal(parseResourceName(text), undefined));
}

test("a single word is a builtin model", () => {
  const model = parseModel("fake");
  assert.ok(model);
  assert.equal(formatModel(model), "rdk:builtin:fake");
});

for (const text of ["a:b", "a:b:c:d", "a::c", "", "a b"]) {
  test(`"${text}" is no model`, () => assert.equal(parseModel(text), undefined));
}

test("an API needs three parts", () => {
  assert.equal(parseApi("rdk:component"), undefined);
  assert.deepEqual(parseApi("rdk:component:sensor"), { namespace: "rdk", type: "component", subtype: "sensor" });
});

test("problems with names say what was expected and found", () => {
  assert.equal(resourceNameProblem("left-motor_2"), undefined);
  assert.match(resourceNameProblem("-x") ?? "", /letter or digit.*"-x"/);
  assert.match(resourceNameProblem("a:b") ?? "", /"a:b"/);
  assert.match(resourceNameProblem("x".repeat(61)) ?? "", /at most 60 characters, got 61/);
  assert.match(moduleNameProblem("parent") ?? "", /reserved/);
  assert.equal(moduleNameProblem("x".repeat(200)), undefined);
});
