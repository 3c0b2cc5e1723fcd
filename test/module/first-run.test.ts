import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { millis } from "../../src/base/millis.js";
import type { ModuleConfig } from "../../src/config/machine-config.js";
import { eventually } from "../support/eventually.js";
import { fixtureProgram, type Harness, isAlive, moduleConfig, moduleHarness, shellScript } from "./module-harness.js";

interface Package {
  readonly config: ModuleConfig;
  readonly root: string;
  readonly marker: string;
  /** Lines that the script wrote to the file `ran` beside the package. */
  runs(): readonly string[];
}

function packageWith(harness: Harness, name: string, script: string, meta: object = { first_run: "setup.sh" }): Package {
  const root = path.join(harness.home, "packages", name);
  const ran = path.join(harness.home, `${name}.ran`);
  shellScript(path.join(root, "setup.sh"), `echo ran >> "${ran}"; ${script}`);
  writeFileSync(path.join(root, "meta.json"), JSON.stringify(meta));
  return {
    config: moduleConfig(name, fixtureProgram(root, "well-behaved")),
    root,
    marker: `${root}.first_run_succeeded`,
    runs: () => (existsSync(ran) ? readFileSync(ran, "utf8").trim().split("\n") : []),
  };
}

test("runs the script of a local module once, in its folder, with its data folder there and its output in the log", async (t) => {
  const harness = moduleHarness(t);
  const { config, root, marker, runs } = packageWith(
    harness,
    "m",
    'echo "$PWD $VIAM_MODULE_ROOT $VIAM_MODULE_ADDRESS"; ls -d "$VIAM_MODULE_DATA"; echo oops >&2',
  );
  harness.apply(config);
  await harness.reaches("m", "ready");
  assert.ok(harness.statuses.some(({ state }) => state === "first-run"));
  assert.ok(existsSync(marker));
  const lines = (): readonly string[] => harness.lines("modmanager.m.first_run");
  await eventually("the output", () => lines().includes("oops"));
  assert.ok(lines().includes(`${root} ${root} `));
  assert.ok(lines().includes(path.join(harness.home, "module-data", "local", "m")));
  assert.equal(harness.logs.find(({ message }) => message === "oops")?.level, "warn");
  await harness.manager.restart("m");
  await eventually("ready again", () => harness.manager.status("m")?.state === "ready");
  assert.deepEqual(runs(), ["ran"]);
});

test("runs a changed script again, and one of a new version, but trusts an empty marker", async (t) => {
  const harness = moduleHarness(t);
  const { config, root, marker, runs } = packageWith(harness, "m", "true");
  writeFileSync(marker, "");
  harness.apply(config);
  await harness.reaches("m", "ready");
  assert.deepEqual(runs(), []);
  const again = async (count: number): Promise<void> => {
    await harness.manager.restart("m");
    await eventually("ready again", () => harness.manager.status("m")?.state === "ready");
    assert.equal(runs().length, count);
  };
  rmSync(marker);
  await again(1);
  writeFileSync(path.join(root, "setup.sh"), readFileSync(path.join(root, "setup.sh"), "utf8").replace("true", "true # changed"));
  await again(2);
  await again(2);
  writeFileSync(path.join(root, "meta.json"), JSON.stringify({ first_run: "setup.sh", version: "2" }));
  await again(3);
});

test("fails only the module whose script fails, and runs it again", async (t) => {
  const harness = moduleHarness(t);
  const bad = packageWith(harness, "bad", "exit 3");
  harness.apply(bad.config, harness.module("good", "well-behaved"));
  const { lastFailure } = await harness.reaches("bad", "backoff");
  assert.equal(lastFailure?.kind, "first-run");
  assert.equal(lastFailure.message, `the first_run script ${bad.root}/setup.sh of module "bad" exited with code 3`);
  assert.equal(existsSync(bad.marker), false);
  await harness.reaches("good", "ready");
  await harness.manager.restart("bad");
  assert.equal(bad.runs().length, 2);
});

test("kills the script with its group at the timeout", async (t) => {
  const harness = moduleHarness(t);
  const { config } = packageWith(harness, "m", "sleep 600 & echo child $!; wait");
  harness.apply({ ...config, firstRunTimeout: millis(600) });
  const { lastFailure } = await harness.reaches("m", "backoff");
  assert.match(lastFailure?.message ?? "", /did not end within 600ms and was killed with its group/);
  const child = Number(/child (\d+)/.exec(harness.lines("modmanager.m.first_run").join("\n"))?.[1]);
  await eventually("the child is gone", () => !isAlive(child));
});

test("ends a running script when the module leaves the config", async (t) => {
  const harness = moduleHarness(t);
  const { config } = packageWith(harness, "m", "echo child $$; sleep 600");
  harness.apply(config);
  await harness.reaches("m", "first-run");
  const child = await eventually(
    "its pid",
    () => Number(/child (\d+)/.exec(harness.lines("modmanager.m.first_run").join("\n"))?.[1]) || undefined,
  );
  harness.apply();
  await eventually("gone", () => harness.manager.status("m") === undefined && !isAlive(child));
});

test("keeps the running process while the script of its replacement runs", async (t) => {
  const harness = moduleHarness(t);
  const first = packageWith(harness, "m", "true");
  const second = packageWith(harness, "other", 'while [ ! -e "$VIAM_MODULE_ROOT/go" ]; do sleep 0.02; done');
  harness.apply(first.config);
  const { pid } = await harness.reaches("m", "ready");
  harness.apply({ ...second.config, name: "m" });
  await eventually("the script runs", () => second.runs().length === 1);
  assert.equal(harness.manager.status("m")?.state, "ready");
  assert.equal(harness.manager.status("m")?.pid, pid);
  writeFileSync(path.join(second.root, "go"), "");
  await eventually("replaced", () => harness.manager.status("m")?.state === "ready" && harness.manager.status("m")?.incarnation === 2);
});

test("refuses a script outside of the package and starts the module without it", async (t) => {
  const harness = moduleHarness(t);
  const { config, runs } = packageWith(harness, "m", "true", { first_run: "../m/../../setup.sh" });
  harness.apply(config);
  await harness.reaches("m", "ready");
  assert.deepEqual(runs(), []);
  assert.ok(harness.logs.some(({ level, message }) => level === "error" && message.includes("outside of the package")));
});

test("fails a module whose script cannot be executed, with what to do about it", async (t) => {
  const harness = moduleHarness(t);
  const { config, root } = packageWith(harness, "m", "true");
  chmodSync(path.join(root, "setup.sh"), 0o644);
  harness.apply(config);
  assert.match((await harness.reaches("m", "backoff")).lastFailure?.message ?? "", /setup\.sh is not executable; try: chmod \+x/);
});

test("starts the entrypoint of meta.json for a module that is not local", async (t) => {
  const harness = moduleHarness(t);
  const root = path.join(harness.home, "registry");
  mkdirSync(root);
  fixtureProgram(path.join(root, "bin"), "tells-surroundings");
  writeFileSync(path.join(root, "meta.json"), JSON.stringify({ entrypoint: "bin/run.sh" }));
  harness.apply({ ...moduleConfig("m", path.join(root, "ignored")), type: "registry", moduleId: "acme:m" });
  await harness.reaches("m", "ready");
  const [line = ""] = await eventually("a line", () =>
    harness.lines("modmanager.m.StdOut").length > 0 ? harness.lines("modmanager.m.StdOut") : undefined,
  );
  assert.equal(JSON.parse(line).env.VIAM_MODULE_ID, "acme:m");
  assert.equal(JSON.parse(line).env.VIAM_MODULE_ROOT, undefined);
  assert.equal(JSON.parse(line).cwd, path.join(root, "bin"));
});
