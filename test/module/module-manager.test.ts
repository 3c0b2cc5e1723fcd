import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { seconds } from "../../src/base/millis.js";
import { eventually } from "../support/eventually.js";
import { isAlive, moduleHarness, sensorConfig, shellScript } from "./module-harness.js";

test("starts a module, asks it what it serves and ends it", async (t) => {
  const { manager, module, apply, reaches, calls } = moduleHarness(t);
  apply(module("m", "well-behaved"));
  const status = await reaches("m", "ready");
  assert.equal(status.incarnation, 1);
  assert.deepEqual(status.handlers, [
    { api: "rdk:component:sensor", service: "viam.component.sensor.v1.SensorService", models: ["acme:demo:thing"] },
  ]);
  assert.ok(status.pid !== undefined && isAlive(status.pid));
  assert.match(status.address ?? "", /\/s\/m-[a-zA-Z]{5}\.sock$/);
  await manager[Symbol.asyncDispose]();
  assert.equal(isAlive(status.pid), false);
  assert.deepEqual(calls, ["open m", "close m"]);
  assert.deepEqual(manager.statuses(), []);
});

test("gives the process its arguments, environment, folder and both parent addresses", async (t) => {
  const { module, apply, reaches, lines, home } = moduleHarness(t, {
    env: { FIXTURE_INHERITED: "yes", NOTIFY_SOCKET: "/run/systemd/notify" },
    apiKeys: () => [
      { id: "b", key: "2" },
      { id: "a", key: "1" },
    ],
  });
  apply(module("m", "tells-surroundings", { logLevel: "debug", env: { FIXTURE_OWN: "1", VIAM_MODULE_ADDRESS: "elsewhere" } }));
  const { address } = await reaches("m", "ready");
  const [first = "", second = ""] = await eventually("two lines", () =>
    lines("modmanager.m.StdOut").length >= 2 ? lines("modmanager.m.StdOut") : undefined,
  );
  const root = path.join(home, "modules", "m");
  const data = path.join(home, "module-data", "local", "m");
  const { argv, cwd, env } = JSON.parse(first);
  assert.deepEqual(argv, [address, "--log-level=debug"]);
  assert.equal(cwd, root);
  assert.deepEqual(env, {
    FIXTURE_INHERITED: "yes",
    FIXTURE_OWN: "1",
    VIAM_API_KEY: "1",
    VIAM_API_KEY_ID: "a",
    VIAM_HOME: home,
    VIAM_MODULE_ADDRESS: address,
    VIAM_MODULE_DATA: data,
    VIAM_MODULE_NAME: "m",
    VIAM_MODULE_ROOT: root,
  });
  assert.deepEqual(JSON.parse(second), { ready: { parentAddress: "/parent/m.sock", rawParentAddress: "/parent/m.sock", webrtcOffer: "" } });
  assert.equal(statSync(data).mode & 0o777, 0o750);
});

test("speaks TCP with a module that is configured so", async (t) => {
  const { manager, module, apply, reaches, lines } = moduleHarness(t);
  apply(module("m", "tells-surroundings", { isTcp: true }));
  const { address = "" } = await reaches("m", "ready");
  assert.match(address, /^127\.0\.0\.1:\d+$/);
  const [first = "", second = ""] = await eventually("two lines", () =>
    lines("modmanager.m.StdOut").length >= 2 ? lines("modmanager.m.StdOut") : undefined,
  );
  assert.deepEqual(JSON.parse(first).argv, [address, "--tcp-mode"]);
  assert.equal(JSON.parse(second).ready.parentAddress, "127.0.0.1:9");
  assert.deepEqual(await manager.calls("m")?.validate(sensorConfig("s")), { required: [], optional: [] });
});

test("speaks TCP with all modules when the environment says so", async (t) => {
  const { module, apply, reaches } = moduleHarness(t, { env: { VIAM_TCP_SOCKETS: "true" } });
  apply(module("m", "well-behaved"));
  assert.match((await reaches("m", "ready")).address ?? "", /^127\.0\.0\.1:\d+$/);
});

test("speaks TCP where a socket's path would be too long", async (t) => {
  const { module, apply, reaches } = moduleHarness(t, { socketFolder: `/tmp/pinion-test-${process.pid}-${"x".repeat(90)}` });
  t.after(() => rmSync(`/tmp/pinion-test-${process.pid}-${"x".repeat(90)}`, { recursive: true }));
  apply(module("m", "well-behaved"));
  assert.match((await reaches("m", "ready")).address ?? "", /^127\.0\.0\.1:\d+$/);
});

test("polls Ready until the module is ready, over refusals", async (t) => {
  const { module, apply, reaches, lines } = moduleHarness(t);
  apply(module("m", "slow-ready"));
  await reaches("m", "ready");
  await eventually("five calls", () => lines("modmanager.m.StdOut").includes("ready call 5"));
});

test("restarts a module that was killed, at once and as a new incarnation", async (t) => {
  const { manager, module, apply, reaches, statuses, calls, gone, sockets } = moduleHarness(t);
  apply(module("m", "well-behaved"));
  const first = await reaches("m", "ready");
  process.kill(first.pid ?? 0, "SIGKILL");
  const second = await eventually("ready again", () => {
    const status = manager.status("m");
    return status?.state === "ready" && status.incarnation === 2 ? status : undefined;
  });
  assert.notEqual(second.pid, first.pid);
  assert.notEqual(second.address, first.address);
  assert.equal(existsSync(first.address ?? sockets), false);
  assert.equal(second.restarts, 1);
  assert.equal(second.consecutiveFailures, 0);
  assert.equal(second.lastFailure, undefined);
  const crash = statuses.find(({ lastFailure }) => lastFailure !== undefined);
  assert.equal(crash?.state, "starting");
  assert.equal(crash.lastFailure?.kind, "signal");
  assert.match(crash.lastFailure.message, /module "m" was ended by SIGKILL while it was ready/);
  assert.deepEqual(calls, ["open m"]);
  assert.deepEqual(gone, ['m#1: module "m" is not ready: its process was ended by SIGKILL']);
});

test("restarts a module that exits with code 0", async (t) => {
  const { manager, module, apply, statuses } = moduleHarness(t);
  apply(module("m", "exits-at-once", { env: { FIXTURE_EXIT_CODE: "0" } }));
  await eventually("three starts", () => (manager.status("m")?.restarts ?? 0) >= 2);
  const failure = statuses.find(({ lastFailure }) => lastFailure !== undefined)?.lastFailure;
  assert.equal(failure?.kind, "exit");
  assert.match(failure.message, /exited with code 0 before it was ready/);
});

test("shows the last lines of a module that fails to start, counts its failures and backs off", async (t) => {
  const { manager, module, apply, reaches, logs } = moduleHarness(t);
  apply(module("m", "exits-at-once"));
  await reaches("m", "backoff");
  const status = await eventually("its output", () => {
    const current = manager.status("m");
    return current !== undefined && current.lastOutput.length > 0 && current.consecutiveFailures >= 2 ? current : undefined;
  });
  assert.ok(status.lastOutput.includes("no device found"));
  assert.equal(status.lastFailure?.message, 'the process of module "m" exited with code 3 before it was ready');
  const line = logs.find(({ logger }) => logger === "modmanager.m.StdErr");
  assert.equal(line?.level, "error");
  assert.equal(line.fields["module"], "m");
});

test("lets other modules start beside one that hangs", async (t) => {
  const { manager, module, apply, reaches } = moduleHarness(t);
  apply(module("hung", "never-listens"), module("m", "well-behaved"));
  await reaches("m", "ready");
  assert.equal(manager.status("hung")?.state, "starting");
});

test("gives up waiting for a module that does not listen, or is never ready, and tries again", async (t) => {
  const { manager, module, apply } = moduleHarness(t, { env: { VIAM_MODULE_STARTUP_TIMEOUT: "700ms" } });
  apply(module("silent", "never-listens"), module("unready", "never-ready"));
  const failureOf = (name: string): Promise<string> =>
    eventually(`${name} failed`, () => {
      const failure = manager.status(name)?.lastFailure;
      return failure?.kind === "start-timeout" ? failure.message : undefined;
    });
  assert.match(await failureOf("silent"), /module "silent" did not listen on .* within 700ms/);
  assert.match(await failureOf("unready"), /module "unready" listens, but was not ready within 700ms: it answered that it is not ready/);
  await eventually("a second start", () => (manager.status("silent")?.incarnation ?? 0) >= 2);
});

test("fails the start of a module that offers a malformed model", async (t) => {
  const { module, apply, reaches } = moduleHarness(t);
  apply(module("m", "bad-handler-map"));
  const { lastFailure } = await reaches("m", "backoff");
  assert.equal(lastFailure?.kind, "handshake");
  assert.match(lastFailure.message, /offers the model "acme:thing" for rdk:component:sensor: expected namespace:family:name/);
});

test("fails a module without executable alone, and starts it once the file is there", async (t) => {
  const { module, apply, reaches, home } = moduleHarness(t);
  const missing = path.join(home, "later", "run.sh");
  apply(module("late", "well-behaved", { executablePath: missing }), module("m", "well-behaved"));
  const { lastFailure } = await reaches("late", "backoff");
  assert.equal(lastFailure?.kind, "config");
  assert.equal(lastFailure.message, `module "late": the executable ${missing} does not exist`);
  await reaches("m", "ready");
  shellScript(missing, `exec "${path.join(home, "modules", "m", "run.sh")}" "$@"`);
  await reaches("late", "ready");
});

test("asks for the removal of resources before it replaces a changed module", async (t) => {
  const { manager, module, apply, reaches, calls, statuses } = moduleHarness(t, {
    beforeStop: async (name, limit, manager) => {
      assert.equal(limit, seconds(20));
      await manager.calls(name)?.remove(sensorConfig("s").name, limit);
    },
  });
  const config = module("m", "well-behaved");
  apply(config);
  const first = await reaches("m", "ready");
  await manager.calls("m")?.add(sensorConfig("s"), [], seconds(5));
  apply({ ...config, env: { X: "1" } });
  const second = await eventually("replaced", () => {
    const status = manager.status("m");
    return status?.state === "ready" && status.incarnation === 2 ? status : undefined;
  });
  assert.deepEqual(calls, ["open m", "beforeStop m#1"]);
  assert.equal(isAlive(first.pid ?? 0), false);
  assert.deepEqual(second.config.env, { X: "1" });
  const states = statuses.map(({ state, incarnation }) => `${state} ${incarnation}`);
  assert.deepEqual([...new Set(states)], ["pending 0", "starting 1", "ready 1", "stopping 1", "starting 2", "ready 2"]);
});

test("leaves a module alone when the config is applied again", async (t) => {
  const { manager, module, apply, reaches, calls } = moduleHarness(t);
  const config = module("m", "well-behaved");
  apply(config);
  const { pid } = await reaches("m", "ready");
  apply({ ...config, env: {} });
  assert.equal(manager.status("m")?.pid, pid);
  assert.deepEqual(calls, ["open m"]);
});

test("restarts modules when the first API key changed", async (t) => {
  let apiKeys = [{ id: "a", key: "1" }];
  const { manager, module, apply, reaches } = moduleHarness(t, { apiKeys: () => apiKeys });
  const config = module("m", "well-behaved");
  apply(config);
  await reaches("m", "ready");
  apiKeys = [{ id: "a", key: "2" }];
  apply(config);
  await eventually("replaced", () => manager.status("m")?.state === "ready" && manager.status("m")?.incarnation === 2);
});

test("keeps the running process when the changed module cannot start, and goes back without a restart", async (t) => {
  const { manager, module, apply, reaches, home, calls } = moduleHarness(t);
  const config = module("m", "well-behaved");
  apply(config);
  const { pid } = await reaches("m", "ready");
  apply({ ...config, executablePath: path.join(home, "missing") });
  const refused = await eventually("refused", () => (manager.status("m")?.lastFailure === undefined ? undefined : manager.status("m")));
  assert.equal(refused.state, "ready");
  assert.equal(refused.lastFailure?.kind, "config");
  assert.equal(refused.pid, pid);
  assert.equal(refused.config.executablePath, config.executablePath);
  apply(config);
  assert.equal(manager.status("m")?.lastFailure, undefined);
  assert.equal(manager.status("m")?.pid, pid);
  assert.deepEqual(calls, ["open m"]);
});

test("restarts with the running config when it crashes while its replacement cannot start", async (t) => {
  const { manager, module, apply, reaches, home } = moduleHarness(t);
  const config = module("m", "well-behaved");
  apply(config);
  const { pid } = await reaches("m", "ready");
  apply({ ...config, executablePath: path.join(home, "missing") });
  await eventually("refused", () => manager.status("m")?.lastFailure);
  process.kill(pid ?? 0, "SIGKILL");
  await eventually("ready again", () => manager.status("m")?.state === "ready" && manager.status("m")?.incarnation === 2);
  assert.equal(manager.status("m")?.lastFailure?.kind, "signal");
});

test("stops a module that left the config, and hosts it anew later under a higher incarnation", async (t) => {
  const { manager, module, apply, reaches, calls, statuses } = moduleHarness(t);
  const config = module("m", "well-behaved");
  apply(config);
  const { pid } = await reaches("m", "ready");
  apply();
  await eventually("gone", () => manager.status("m") === undefined);
  assert.equal(statuses.at(-1)?.state, "stopped");
  assert.equal(isAlive(pid ?? 0), false);
  assert.deepEqual(calls, ["open m", "beforeStop m#1", "close m"]);
  assert.ok(existsSync(statuses.at(-1)?.config.executablePath ?? ""));
  apply(config);
  assert.equal(
    (await eventually("ready again", () => (manager.status("m")?.state === "ready" ? manager.status("m") : undefined))).incarnation,
    2,
  );
});

test("comes back when the config wants the module again while it is being stopped", async (t) => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { manager, module, apply, reaches } = moduleHarness(t, { beforeStop: () => gate });
  const config = module("m", "well-behaved");
  apply(config);
  await reaches("m", "ready");
  apply();
  assert.equal(manager.status("m")?.state, "stopping");
  assert.notEqual(manager.calls("m"), undefined);
  apply(config);
  release();
  await eventually("ready again", () => manager.status("m")?.state === "ready" && manager.status("m")?.incarnation === 2);
});

test("restarts on request and refuses to restart what is not configured", async (t) => {
  const { manager, module, apply, reaches } = moduleHarness(t);
  apply(module("m", "well-behaved"));
  await reaches("m", "ready");
  await manager.restart("m");
  assert.equal(manager.status("m")?.incarnation, 2);
  await eventually("ready again", () => manager.status("m")?.state === "ready");
  await assert.rejects(manager.restart("other"), { code: "MODULE_UNKNOWN", message: 'no module "other" is configured; there are m' });
});

test("kills what a crashed module left running before it starts the next process", async (t) => {
  const { manager, module, apply, reaches, lines } = moduleHarness(t);
  apply(module("m", "forks-child"));
  const { pid } = await reaches("m", "ready");
  const child = await eventually(
    "the child's pid",
    () => Number(/child (\d+)/.exec(lines("modmanager.m.StdOut")[0] ?? "")?.[1]) || undefined,
  );
  assert.ok(isRunning(child));
  process.kill(pid ?? 0, "SIGKILL");
  await eventually("the child is gone", () => !isRunning(child));
  await eventually("ready again", () => manager.status("m")?.incarnation === 2);
});

test("killAll ends everything and starts nothing again", async (t) => {
  const { manager, module, apply, reaches } = moduleHarness(t);
  apply(module("m", "ignores-sigterm"));
  const { pid } = await reaches("m", "ready");
  manager.killAll();
  await eventually("gone", () => !isAlive(pid ?? 0) && manager.status("m") === undefined);
});

test("reports a parent socket that could not be opened, and opens it at the next try", async (t) => {
  let tries = 0;
  const { module, apply, reaches } = moduleHarness(t, {
    openParent: async () => {
      tries += 1;
      if (tries <= 1) throw new Error("no room");
      return { unix: "/parent.sock" };
    },
  });
  apply(module("m", "well-behaved"));
  await reaches("m", "ready");
  assert.ok(tries >= 2);
});

function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  // Nobody collects a dead orphan in a container without an init.
  const file = `/proc/${pid}/status`;
  return !existsSync(file) || !/^State:\s+Z/m.test(readFileSync(file, "utf8"));
}
