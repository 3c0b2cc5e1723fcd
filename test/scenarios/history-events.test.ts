import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { eventually } from "../support/eventually.js";
import { runCli, startCli } from "../support/run-cli.js";
import { startDaemon } from "../support/start-daemon.js";
import { controlOf } from "./support/control.js";
import { machineOf, startAgain } from "./support/machines.js";

test("the history tells of starts, ends in order and without, changes of the config and failures of modules", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a") });
  await daemon.untilReady(["a"]);
  const follower = startCli(["events", "-f", "--home", daemon.home]);
  daemon.writeConfig(machineOf("a", "b"));
  await daemon.untilReady(["a", "b"]);
  const { modules } = await daemon.report();
  process.kill(modules[0]?.pid ?? 0, "SIGKILL");
  await eventually("the failure in what follows", () => /module-failed +module pinion-simulated .*SIGKILL/.test(follower.out()));
  await daemon.untilReady(["a", "b"]);
  await eventually("ready again", () => follower.out().includes("module-restarted"));
  follower.interrupt();
  assert.equal((await follower.result).exitCode, 0);
  // What was told a while ago is on the disk whatever happens now.
  await delay(3500);
  await daemon.kill();

  const again = await startAgain(t, daemon);
  const events = await eventually("the new start", async () => {
    const found = await controlOf(t, again).events();
    return found.filter(({ kind }) => kind === "supervisor-started").length === 2 && found;
  });
  const kinds = events.map(({ kind }) => kind);
  for (const kind of ["config-applied", "module-failed", "module-restarted", "supervisor-unclean-end", "resource-ready"]) {
    assert.ok(kinds.includes(kind), `${kind} in ${kinds.join(" ")}`);
  }
  assert.ok(kinds.indexOf("supervisor-unclean-end") > kinds.indexOf("module-failed"));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map(({ seq }) => seq).toSorted((a, b) => Number(a - b)),
  );
  const failure = events.find(({ kind }) => kind === "module-failed");
  assert.match(failure?.detailJson ?? "", /"cause":"signal"/);
  const json = await runCli(["events", "--json", "-m", "pinion-simulated", "--since", "1h", "--home", again.home]);
  assert.ok(
    json.out
      .trim()
      .split("\n")
      .every((line) => JSON.parse(line).module === "pinion-simulated"),
  );
  await again.stop();
});

test("an error that nobody expects is logged and remembered, the modules end, the exit code is 1", async (t) => {
  const entry = path.join(import.meta.dirname, "support/crashing-daemon.js");
  const daemon = await startDaemon(t, { config: machineOf("a"), entry });
  await daemon.untilReady(["a"]);
  const module = (await daemon.report()).modules[0]?.pid ?? 0;
  process.kill(daemon.pid, "SIGUSR2");
  await eventually("the end of the daemon", () => !isAlive(daemon.pid));
  await eventually("the end of its module", () => !isAlive(module));
  assert.match(daemon.logs(), /an error that nobody expected|nobody expected this/);
  const again = await startAgain(t, daemon);
  const events = await controlOf(t, again).events();
  assert.ok(events.some(({ kind, message }) => kind === "supervisor-crashed" && message === "nobody expected this"));
  assert.ok(events.some(({ kind, message }) => kind === "supervisor-unclean-end" && message.includes("nobody expected this")));
  await again.stop();
});

test("an idle machine writes nothing", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a", "b") });
  await daemon.untilReady(["a", "b"]);
  const written = (): number => Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/io`, "utf8"))?.[1]);
  // What the start has to tell is written within seconds, that it was a success after half a minute.
  await eventually(
    "the start remembered",
    () => readFileSync(path.join(daemon.home, "supervisor.json"), "utf8").includes("goodSha256"),
    60_000,
  );
  await delay(6000);
  const before = written();
  await delay(30_000);
  assert.equal(written() - before, 0);
  await daemon.stop();
});

test("the black box holds what a helper needs and no secret", async (t) => {
  const config = {
    ...machineOf("a"),
    components: [
      {
        name: "a",
        api: "rdk:component:sensor",
        model: "pinion:simulated:sensor",
        attributes: { wifi_password: "correct-horse-7", broker: "mqtt://ann:tell-nobody@10.0.0.1/x", note: "$MY_TOKEN" },
      },
    ],
    modules: [{ name: "leaky", type: "local", executable_path: "/bin/echo", env: { API_KEY: "leak-me-not", ROOM: "kitchen" } }],
  };
  const daemon = await startDaemon(t, { config, env: { MY_TOKEN: "from-the-environment-9" } });
  await eventually("the module's failure", async () => (await daemon.report()).modules.some(({ lastError }) => lastError !== ""));
  const folder = mkdtempSync(path.join(os.tmpdir(), "pb-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { exitCode, err } = await runCli(["blackbox", "box.tar.gz", "--home", daemon.home], { cwd: folder });
  assert.equal(exitCode, 0, err);
  execFileSync("tar", ["xzf", "box.tar.gz"], { cwd: folder });
  const read = (name: string): string => readFileSync(path.join(folder, "blackbox", name), "utf8");
  const names = [
    "status.txt",
    "why.txt",
    "status.json",
    "config.json",
    "config-history.json",
    "status-before-start.json",
    "events.jsonl",
    "log.txt",
    "metrics.jsonl",
    "module-outputs.txt",
    "system.json",
  ];
  for (const name of names) {
    assert.ok(existsSync(path.join(folder, "blackbox", name)), name);
    for (const secret of ["correct-horse-7", "tell-nobody", "leak-me-not", "from-the-environment-9"]) {
      assert.ok(!read(name).includes(secret), `${secret} in ${name}`);
    }
  }
  assert.match(read("config.json"), /"ROOM": "kitchen"/);
  assert.match(read("config.json"), /10\.0\.0\.1/);
  assert.match(read("why.txt"), /leaky/);
  await daemon.stop();
});

test("after a SIGKILL of the supervisor the next start has the last state of modules and resources", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a") });
  await daemon.untilReady(["a"]);
  // Batches are written every few seconds; what is in the file is what a power cut leaves.
  const kept = (): unknown => {
    const database = new Database(path.join(daemon.home, "pinion.db"), { readonly: true });
    try {
      return database.prepare("SELECT state FROM statuses WHERE name = 'rdk:component:sensor/a'").pluck().get();
    } finally {
      database.close();
    }
  };
  await eventually("the state is in the database", () => kept() === "ready");
  await daemon.kill();
  const again = await startAgain(t, daemon);
  await again.untilReady(["a"]);
  const folder = mkdtempSync(path.join(os.tmpdir(), "pb-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const box = async (): Promise<string> => {
    const { exitCode, err } = await runCli(["blackbox", "box.tar.gz", "--home", again.home], { cwd: folder });
    assert.equal(exitCode, 0, err);
    execFileSync("tar", ["xzf", "box.tar.gz"], { cwd: folder });
    return readFileSync(path.join(folder, "blackbox", "status-before-start.json"), "utf8");
  };
  assert.match(await eventually("the store is open", async () => ((await box()).includes("sensor/a") ? box() : false)), /"state": "ready"/);
  await again.stop();
});

test("figures tell of processes and calls", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a") });
  await daemon.untilReady(["a"]);
  const sensor = daemon.client(SensorServiceDefinition);
  for (let call = 1; call <= 3; call += 1) await sensor.getReadings({ name: "a" }, { timeout: 5000 });
  const { out, exitCode } = await runCli(["metrics", "--home", daemon.home]);
  assert.equal(exitCode, 0);
  assert.match(out, /^pinion +- /m);
  assert.match(out, /^pinion-simulated .* 0 /m);
  assert.match(out, /^a +viam\.component\.sensor\.v1\.SensorService +3 +0 /m);
  assert.match(out, /disk free/);
  await daemon.stop();
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false; // it is gone
  }
}
