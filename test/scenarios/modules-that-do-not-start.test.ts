import assert from "node:assert/strict";
import { test } from "node:test";
import { besideBadModule } from "./support/bystander.js";

const IMPATIENT = { VIAM_MODULE_STARTUP_TIMEOUT: "1s" };

test("a module that never listens is given up after its time and tried again", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "never-listens", daemonEnv: IMPATIENT });
  const { error, last_output } = await scenario.failure("start-timeout");
  assert.match(error, /module "bad" did not listen on .* within 1s/);
  assert.deepEqual(last_output, ["thinking"]);
  await scenario.until("is tried again", ({ restarts }) => restarts >= 1);
  await scenario.end();
});

test("a module that listens but is never ready is given up after its time and tried again", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "never-ready", daemonEnv: IMPATIENT });
  assert.match((await scenario.failure("start-timeout")).error, /listens, but was not ready within 1s/);
  await scenario.until("is tried again", ({ restarts }) => restarts >= 1);
  await scenario.end();
});

test("a module that exits at once is tried again and again, and shows as quarantined with its cause and its last words", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "exits-at-once" });
  const module = await scenario.until("is quarantined", ({ state }) => state === "quarantined");
  assert.match(module.lastError, /exited with code 3 before it was ready/);
  assert.ok(module.lastOutput.includes("no device found"));
  assert.deepEqual((await scenario.failure("exit")).last_output, ["no device found"]);
  await scenario.until("is tried once more", ({ restarts }) => restarts > module.restarts);
  await assert.rejects(scenario.call(2000), { message: /bad.*no device found|module "bad" is not ready/s });
  await scenario.end();
});

test("a module that exits with code 0 is tried again like any other", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "exits-at-once", env: { FIXTURE_EXIT_CODE: "0" } });
  assert.match((await scenario.failure("exit")).error, /exited with code 0 before it was ready/);
  await scenario.until("is tried again", ({ restarts }) => restarts >= 2);
  await scenario.end();
});

test("a module that says by its exit code that its device is gone is tried again at a calmer pace", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "exits-at-once", env: { FIXTURE_EXIT_CODE: "69" } });
  assert.match((await scenario.failure("device-gone")).error, /its device is not there/);
  await scenario.until("is tried again", ({ restarts }) => restarts >= 1);
  await scenario.end();
});

test("a module that offers a malformed model fails its handshake and nothing else", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "bad-handler-map" });
  assert.match((await scenario.failure("handshake")).error, /offers the model "acme:thing"/);
  await scenario.until("is tried again", ({ restarts }) => restarts >= 1);
  await scenario.end();
});

test("a module that offers what another one offers takes nothing from it, restart or not", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "well-behaved", model: "acme:demo:good" });
  const before = await scenario.until("is ready", ({ state }) => state === "ready");
  process.kill(before.pid, "SIGKILL");
  await scenario.until("is ready again", ({ state, restarts }) => state === "ready" && restarts >= 1);
  const { resources } = await scenario.daemon.report();
  for (const { name, module, state } of resources) assert.deepEqual([name, module, state], [name, "good", "ready"]);
  await scenario.end();
});
