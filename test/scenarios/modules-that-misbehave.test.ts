import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../src/proto/status-code.js";
import { eventually } from "../support/eventually.js";
import { isRunning } from "../support/is-running.js";
import { besideBadModule, failures } from "./support/bystander.js";

test("a module that crashes every third call is back for the next ones", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "crashes-every-third-call" });
  for (let crash = 1; crash <= 3; crash += 1) {
    await scenario.daemon.untilReady(["bad-sensor"]);
    await scenario.call(5000);
    await scenario.call(5000);
    await assert.rejects(scenario.call(5000), {
      code: Status.UNAVAILABLE,
      message: /^module "bad" (is not ready: its process exited with code 9|went away)/,
    });
  }
  const crashes = await eventually("three crashes", () => (failures(scenario.daemon).length >= 3 ? failures(scenario.daemon) : undefined));
  for (const { kind, last_output } of crashes) assert.deepEqual([kind, last_output], ["exit", ["the third call was too much"]]);
  await scenario.end();
});

test("a module that ignores SIGTERM is killed after its time", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "ignores-sigterm" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});

test("a child that left its module's process group goes with the module, after a crash and at the end", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "forks-daemon" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  const child = await eventually("the child", () => Number(/daemon (\d+)/.exec(scenario.daemon.logs())?.[1]) || undefined);
  assert.ok(isRunning(child));
  await scenario.signal("SIGKILL");
  await eventually("the child's end", () => !isRunning(child));
  await scenario.until("is ready again", ({ state, restarts }) => state === "ready" && restarts === 1);
  await scenario.end();
});

test("a module that floods its output holds nobody up", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "floods-stdout" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await eventually("lines left out", () => /lines left out: they came faster/.test(scenario.daemon.logs()));
  await scenario.call(5000);
  await scenario.end();
});

test("a line of ten million bytes, and binary, are cut and made harmless", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "prints-monsters" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await eventually("the line after it", () => scenario.daemon.logs().includes("after the monsters"));
  assert.match(scenario.daemon.logs(), /cut: the line is longer than 65536 bytes/);
  assert.equal((await scenario.report()).restarts, 0);
  await scenario.end();
});

test("a module that offers other models after a restart leaves its old resource waiting for its model", async (t) => {
  const scenario = await besideBadModule(t, { fixture: "changes-models", model: "acme:demo:thing" });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.signal("SIGKILL");
  const resource = await eventually("an unhealthy resource", async () => {
    const { resources } = await scenario.daemon.report();
    return resources.find(({ name, state }) => name.endsWith("/bad-sensor") && state === "unhealthy");
  });
  assert.match(resource.error, /no module offers the model acme:demo:thing/);
  await scenario.end();
});

test("a module that runs out of its script engine's memory is replaced, with the cause", async (t) => {
  const env = { NODE_OPTIONS: "--max-old-space-size=40", FIXTURE_LEAK: "heap" };
  const scenario = await besideBadModule(t, { fixture: "leaks", env });
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.signal("SIGUSR2");
  assert.match((await scenario.failure("out-of-memory")).error, /it ran out of memory/);
  await scenario.daemon.untilReady(["bad-sensor"]);
  await scenario.end();
});
