import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../src/proto/status-code.js";
import { besideBadModule, failures } from "./support/bystander.js";

const isReady = ({ state }: { state: string }): boolean => state === "ready";

test("a module whose event loop is blocked is replaced, and its calls end with the cause", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "blocks-its-loop" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  const { pid } = await scenario.signal("SIGUSR2");
  // Begun after the silence: a victim of it, no excuse.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await assert.rejects(scenario.call(30_000), {
    code: Status.UNAVAILABLE,
    message: /module "bad" is not ready: it did not answer for .*; it is replaced/,
  });
  assert.match((await scenario.failure("hung")).error, /did not answer for \S+ \(its process is busy\)/);
  await scenario.daemon.untilReady(["bad-sensor"]);
  assert.notEqual((await scenario.report()).pid, pid);
  await scenario.end();
});

test("a module that is stopped by SIGSTOP is replaced, also while calls are in flight", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "well-behaved" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  const { pid } = await scenario.signal("SIGSTOP");
  await assert.rejects(scenario.call(30_000), {
    code: Status.UNAVAILABLE,
    message: /module "bad" is not ready: it was stopped by a signal/,
  });
  await scenario.failure("hung");
  await scenario.daemon.untilReady(["bad-sensor"]);
  assert.notEqual((await scenario.report()).pid, pid);
  await scenario.end();
});

test("a module that stops reading its socket is replaced", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "stops-reading" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.signal("SIGUSR2");
  assert.match((await scenario.failure("hung")).error, /did not answer for \S+ \(its process is asleep\)/);
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});

test("a module that closes its socket but lives is replaced", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "closes-its-socket" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.signal("SIGUSR2");
  assert.match((await scenario.failure("hung")).error, /its process lives but takes no connections any more/);
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});

test("a call that blocks its whole module for long is not taken for a hang", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "slow-call", env: { FIXTURE_BLOCK_MS: "6000" } });
  await scenario.daemon.untilReady(["bad-sensor"]);
  const { pid } = await scenario.report();
  await scenario.call(30_000);
  assert.equal((await scenario.report()).pid, pid);
  assert.deepEqual(failures(scenario.daemon), []);
  await scenario.end();
});

test("a constructor that blocks its whole module for long is not taken for a hang", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "blocks-its-loop", attributes: { construct_ms: 6000 } });
  await scenario.until("is ready", isReady);
  const { pid } = await scenario.report();
  await scenario.daemon.untilReady(["bad-sensor"]);
  assert.equal((await scenario.report()).pid, pid);
  assert.deepEqual(failures(scenario.daemon), []);
  await scenario.end();
});

for (const [method, text] of [
  ["addResource", /did not finish AddResource .* within 1s/],
  ["validateConfig", /did not finish ValidateConfig .* within 5s/],
] as const) {
  test(`a module that hangs in ${method} keeps its own resource down and nothing else`, async (t) => {
    const daemonEnv = { VIAM_RESOURCE_CONFIGURATION_TIMEOUT: "1s" };
    const scenario = await besideBadModule(t, { fixture: "hangs", env: { FIXTURE_HANGS: method }, daemonEnv });
    const { pid } = await scenario.until("is ready", isReady);
    await scenario.until("has a resource that waits", () => text.test(scenario.daemon.logs()));
    assert.equal((await scenario.report()).pid, pid, "it answers everything else");
    await scenario.end();
  });
}

test("a module that hangs in close is ended with the rest when the machine ends", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "hangs", env: { FIXTURE_HANGS: "removeResource" } });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});
