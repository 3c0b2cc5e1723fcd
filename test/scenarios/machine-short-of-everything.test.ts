/** The machine under the real thing: a full disk, a read-only disk, no file descriptor left, no process left, a clock that lies. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { fixtureProgram } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";
import { Bystander } from "./support/bystander.js";

const NEED_ROOT = "it mounts a small file system: run as root";
const JSON_LOG = ["--log-format", "json"];
const SENSORS = ["good-sensor", "other-sensor"];

test("a disk that fills up keeps nothing from running, nor from starting, and is written again when there is room", async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) {
    t.skip(NEED_ROOT);
    return;
  }
  const config = twoModules(t);
  const home = path.join(disk, "home");
  const daemon = await startDaemon(t, { config: config(0), home, args: JSON_LOG });
  await daemon.untilReady(SENSORS);
  const bystander = new Bystander(daemon);
  fill(disk);
  await crash(daemon);
  await change(daemon, config(1));
  assert.deepEqual((await bystander.end()).failed, []);
  await daemon.kill();

  const second = await startDaemon(t, { config: config(2), home, args: JSON_LOG });
  await second.untilReady(SENSORS);
  empty(disk);
  await change(second, config(3));
  assert.equal(await second.stop(), 0);
});

test("a read-only disk keeps nothing from starting, and that it is so is said once", async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) {
    t.skip(NEED_ROOT);
    return;
  }
  const config = twoModules(t);
  const home = path.join(disk, "home");
  const first = await startDaemon(t, { config: config(0), home, args: JSON_LOG });
  await first.untilReady(SENSORS);
  assert.equal(await first.stop(), 0);
  mount("-o", "remount,ro", disk);
  const daemon = await startDaemon(t, { config: config(1), home, args: JSON_LOG, isAwaited: false });
  await daemon.untilReady(SENSORS);
  for (const sentence of ["the store cannot be opened", "the command line cannot reach this machine"]) {
    await eventually(sentence, () => daemon.logs().split(sentence).length === 2);
  }
  assert.equal(await daemon.stop(), 0);
  mount("-o", "remount,rw", disk);
  const last = await startDaemon(t, { config: config(2), home, args: JSON_LOG });
  await last.untilReady(SENSORS);
  await change(last, config(3));
  assert.equal(await last.stop(), 0);
});

test("without a file descriptor left what runs goes on, what crashed comes back when there are some again", async (t) => {
  const daemon = await startDaemon(t, { config: twoModules(t)(0), args: JSON_LOG });
  await daemon.untilReady(SENSORS);
  const bystander = new Bystander(daemon);
  const { pid } = await moduleOf(daemon, "other");
  // All below are in use for good, also when the module that is killed has given back its own.
  limit(daemon.pid, "--nofile=10:");
  process.kill(pid, "SIGKILL");
  await eventually("the reason", () => /too many files are open to start|EMFILE/.test(daemon.logs()));
  limit(daemon.pid, "--nofile=1024:");
  await daemon.untilReady(SENSORS);
  assert.deepEqual((await bystander.end()).failed, []);
  assert.equal(await daemon.stop(), 0);
});

test("without room for another process what runs goes on, what crashed comes back when there is some again", async (t) => {
  const group = processGroup(t);
  if (group === undefined) {
    t.skip("no group of the pids controller can be made in /sys/fs/cgroup: run as root");
    return;
  }
  const daemon = await startDaemon(t, { config: twoModules(t)(0), args: JSON_LOG });
  await daemon.untilReady(SENSORS);
  const bystander = new Bystander(daemon);
  const { pid } = await moduleOf(daemon, "other");
  writeFileSync(path.join(group, "cgroup.procs"), String(daemon.pid));
  writeFileSync(path.join(group, "pids.max"), "1");
  process.kill(pid, "SIGKILL");
  await eventually("the reason", () => /no memory or no process left for/.test(daemon.logs()));
  writeFileSync(path.join(group, "pids.max"), "max");
  await daemon.untilReady(SENSORS);
  assert.deepEqual((await bystander.end()).failed, []);
  assert.equal(await daemon.stop(), 0);
});

for (const [jump, offset] of [
  ["back by ten years", "-10y"],
  ["forward by one year", "+1y"],
] as const) {
  test(`a clock that is set ${jump} changes nothing for what runs`, async (t) => {
    const library = fakeTime();
    if (library === undefined) {
      t.skip("libfaketime is not installed: apt-get install faketime");
      return;
    }
    const file = path.join(tempFolder(t), "offset");
    writeFileSync(file, "+0");
    const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
    const config = twoModules(t);
    const daemon = await startDaemon(t, { config: config(0), env, args: JSON_LOG });
    await daemon.untilReady(SENSORS);
    const bystander = new Bystander(daemon);
    writeFileSync(file, offset);
    const year = new Date(Date.now() + (offset === "-10y" ? -10 : 1) * 365.25 * 86_400_000).getUTCFullYear();
    await crash(daemon);
    await change(daemon, config(1));
    assert.ok(daemon.logs().includes(`"time":"${year}-`), "the log has the new time");
    assert.deepEqual((await bystander.end()).failed, []);
    assert.equal(await daemon.stop(), 0);
  });
}

/** Two well-behaved modules; the number is in the attributes of the second one's sensor. */
function twoModules(t: TestContext): (change: number) => JsonObject {
  const folder = tempFolder(t);
  const names = ["good", "other"];
  const modules = names.map((name) => ({
    name,
    type: "local",
    executable_path: fixtureProgram(path.join(folder, name), "well-behaved"),
    env: { FIXTURE_MODEL: `acme:demo:${name}` },
  }));
  return (change) => ({
    modules,
    components: names.map((name) => ({
      name: `${name}-sensor`,
      api: "rdk:component:sensor",
      model: `acme:demo:${name}`,
      attributes: name === "other" ? { change } : {},
    })),
    revision: String(change),
  });
}

async function change(daemon: Daemon, config: JsonObject): Promise<void> {
  daemon.writeConfig(config);
  await eventually("the new config", async () => (await daemon.report()).config?.revision === config["revision"]);
  await daemon.untilReady(SENSORS);
}

async function moduleOf(daemon: Daemon, name: string): Promise<{ readonly pid: number; readonly restarts: number }> {
  const module = (await daemon.report()).modules.find((one) => one.name === name);
  assert.ok(module !== undefined && module.pid > 0);
  return module;
}

async function crash(daemon: Daemon): Promise<void> {
  const before = await moduleOf(daemon, "other");
  process.kill(before.pid, "SIGKILL");
  await eventually("another process", async () => (await moduleOf(daemon, "other")).restarts > before.restarts);
  await daemon.untilReady(["other-sensor"]);
}

function smallDisk(t: TestContext): string | undefined {
  const disk = mkdtempSync(path.join(os.tmpdir(), "pinion-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    rmdirSync(disk);
    return undefined;
  }
  t.after(() => {
    execFileSync("umount", ["-l", disk]);
    rmdirSync(disk);
  });
  return disk;
}

function mount(...args: readonly string[]): void {
  execFileSync("mount", args);
}

function fill(disk: string): void {
  for (const size of [1_000_000, 4096, 1]) {
    try {
      for (let count = 0; ; count += 1) writeFileSync(path.join(disk, `filler-${size}-${count}`), Buffer.alloc(size));
    } catch {
      // full, to this size
    }
  }
}

function empty(disk: string): void {
  for (const name of readdirSync(disk)) if (name.startsWith("filler-")) rmSync(path.join(disk, name));
}

function limit(pid: number, what: string): void {
  execFileSync("prlimit", ["--pid", String(pid), what]);
}

function processGroup(t: TestContext): string | undefined {
  const folder = path.join("/sys/fs/cgroup", existsSync("/sys/fs/cgroup/pids") ? "pids" : "", `pinion-test-pids-${process.pid}`);
  try {
    mkdirSync(folder);
    t.after(() => eventually("an empty group", () => isRemoved(folder)));
    return existsSync(path.join(folder, "pids.max")) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false; // its processes are on their way out
  }
}

function fakeTime(): string | undefined {
  const folders = ["/usr/lib", ...readdirSync("/usr/lib").map((name) => path.join("/usr/lib", name))];
  return folders.map((folder) => path.join(folder, "faketime", "libfaketime.so.1")).find(existsSync);
}
