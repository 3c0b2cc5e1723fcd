import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fixtureProgram } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { isRunning } from "../support/is-running.js";
import { startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";

test("ends what a killed supervisor of the same home left, and nothing else, before it starts its own", async (t) => {
  const programs = tempFolder(t);
  const home = path.join(tempFolder(t), "home");
  const config = {
    modules: ["well-behaved", "ignores-sigterm", "forks-daemon"].map((fixture) => ({
      name: fixture,
      type: "local",
      executable_path: fixtureProgram(path.join(programs, fixture), fixture),
      env: { FIXTURE_MODEL: `acme:demo:${fixture}` },
    })),
    components: [{ name: "s", api: "rdk:component:sensor", model: "acme:demo:well-behaved" }],
  };
  const stranger = await startDaemon(t, { config });
  await stranger.untilReady(["s"]);
  const strangers = (await stranger.report()).modules.map(({ pid }) => pid);

  const first = await startDaemon(t, { config, home });
  await first.untilReady(["s"]);
  await eventually("all of them", async () => (await first.report()).modules.every(({ state }) => state === "ready"));
  const orphans = (await first.report()).modules.map(({ pid }) => pid);
  const daemonised = Number(/daemon (\d+)/.exec(first.logs())?.[1]);
  await first.kill();
  for (const pid of [...orphans, daemonised]) assert.ok(isRunning(pid), `${pid} outlives its supervisor`);

  const second = await startDaemon(t, { config, home });
  await second.untilReady(["s"]);
  for (const pid of [...orphans, daemonised]) assert.ok(!isRunning(pid), `${pid} is ended`);
  for (const pid of strangers) assert.ok(isRunning(pid), "what belongs to another supervisor goes on");
  assert.match(second.logs(), /the supervisor before this one was killed; what it left is ended and removed/);
  assert.deepEqual(readdirSync(path.join(path.dirname(first.configPath), "t")), [], "its sockets are gone");
  assert.deepEqual(await Promise.all([second.stop(), stranger.stop()]), [0, 0]);
});

test("ends all modules with itself when it is told twice to end", async (t) => {
  const executable = fixtureProgram(path.join(tempFolder(t), "m"), "ignores-sigterm");
  const config = { modules: [{ name: "m", type: "local", executable_path: executable }] };
  const daemon = await startDaemon(t, { config });
  const { pid } = await eventually("a ready module", async () => (await daemon.report()).modules.find(({ state }) => state === "ready"));
  process.kill(daemon.pid, "SIGTERM");
  await eventually("the first signal", () => daemon.logs().includes("signal received"));
  await new Promise((resolve) => setTimeout(resolve, 700)); // one right after the first counts as the same
  process.kill(daemon.pid, "SIGTERM");
  await eventually("the end of both", () => !isRunning(daemon.pid) && !isRunning(pid), 3000);
});
