/** Safe levels through the real daemon and its own hardware layer. What is driven is a serial port, for which a pseudo-terminal stands in. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { type PtyPair, ptyPair, skipWithoutPty } from "../hardware/support/pty-pair.js";
import { fixtureProgram } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { isRunning } from "../support/is-running.js";
import { runCli } from "../support/run-cli.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";
import { controlOf } from "./support/control.js";

const skip = skipWithoutPty();

function configOf(t: TestContext, port: PtyPair): JsonObject {
  const program = fixtureProgram(path.join(tempFolder(t), "m"), "claims-hardware");
  const motor = (name: string, text: string): JsonObject => ({
    name,
    api: "rdk:component:sensor",
    model: "acme:demo:claims",
    attributes: {
      hardware: {
        claims: [{ kind: "serial", port: port.path, part: name }],
        safe: [{ kind: "serial", port: port.path, baudRate: 9600, bytes: [...Buffer.from(text)] }],
      },
    },
  });
  return { modules: [{ name: "m", type: "local", executable_path: program }], components: [motor("a", "stop-a;"), motor("b", "stop-b;")] };
}

async function pidOf(daemon: Daemon): Promise<number> {
  return (await daemon.report()).modules[0]?.pid ?? 0;
}

const isSafe = (port: PtyPair): boolean => port.received.includes("stop-a;") && port.received.includes("stop-b;");

test("a module that is killed: its outputs are driven at once, with an event, and not by a removal in order", { skip }, async (t) => {
  const port = await ptyPair(t);
  const config = configOf(t, port);
  const daemon = await startDaemon(t, { config, args: ["--log-format", "json"] });
  await daemon.untilReady(["a", "b"]);
  await eventually("the library of serial ports loaded", () => readFileSync(`/proc/${daemon.pid}/maps`, "utf8").includes("serialport"));
  process.kill(await pidOf(daemon), "SIGKILL");
  await eventually("both", () => isSafe(port));
  const line = await eventually("the log line", () => /\{.*outputs were driven to their safe levels.*\}/.exec(daemon.logs())?.[0]);
  assert.match(line, /"module":"m"/);
  t.diagnostic(`driven ${/"took_ms":[\d.]+/.exec(line)?.[0]} after the end of the process`);
  await daemon.untilReady(["a", "b"]);
  const control = controlOf(t, daemon);
  const event = await eventually("the event", async () => (await control.events()).find(({ kind }) => kind === "outputs-made-safe"));
  assert.match(event.message, /outputs of rdk:component:sensor\/a, rdk:component:sensor\/b were driven/);
  const before = port.received.length;
  daemon.writeConfig({ ...config, components: [] });
  await eventually("the removal", async () => (await daemon.report()).resources.length === 0);
  process.kill(await pidOf(daemon), "SIGKILL");
  await eventually("the restart", async () => (await daemon.report()).modules[0]?.restarts === 2);
  assert.equal(port.received.length, before);
  assert.equal(await daemon.stop(), 0);
});

test("a module that hangs: its outputs are driven when it is killed for it", { skip }, async (t) => {
  const port = await ptyPair(t);
  const daemon = await startDaemon(t, { config: configOf(t, port) });
  await daemon.untilReady(["a", "b"]);
  process.kill(await pidOf(daemon), "SIGSTOP");
  await eventually("both", () => isSafe(port));
  await eventually("the restart", async () => (await daemon.report()).modules[0]?.restarts === 1);
  await daemon.untilReady(["a", "b"]);
  assert.equal(await daemon.stop(), 0);
});

test("a port that is gone: the failure is told, and the module starts anew all the same", { skip }, async (t) => {
  const port = await ptyPair(t);
  const daemon = await startDaemon(t, { config: configOf(t, port) });
  await daemon.untilReady(["a", "b"]);
  await port.unplug();
  process.kill(await pidOf(daemon), "SIGKILL");
  const control = controlOf(t, daemon);
  const event = await eventually("the event", async () => (await control.events()).find(({ kind }) => kind === "outputs-not-safe"));
  assert.match(event.message, /^rdk:component:sensor\/a: 7 bytes to serial port .*ttyUSB0: /);
  await daemon.untilReady(["a", "b"]);
  assert.equal(await daemon.stop(), 0);
});

test("supervisor and module are killed together: `pinion hardware safe` drives the outputs, and so does the next start", {
  skip,
}, async (t) => {
  const port = await ptyPair(t);
  const config = configOf(t, port);
  const home = path.join(tempFolder(t), "home");
  const daemon = await startDaemon(t, { config, home });
  await daemon.untilReady(["a", "b"]);
  const file = path.join(home, "safe-levels.json");
  await eventually("the file", () => existsSync(file));
  const kept = readFileSync(file, "utf8");
  const refused = await runCli(["hardware", "safe", "--home", home]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.err, /the daemon runs and looks after its outputs itself/);
  const module = await pidOf(daemon);
  const killed = daemon.kill();
  process.kill(module, "SIGKILL");
  await killed;
  await eventually("the end of the module", () => !isRunning(module));
  const before = port.received.length;

  const inOrder = await runCli(["hardware", "safe", "--home", home], { env: { SERVICE_RESULT: "success" } });
  assert.deepEqual([inOrder.exitCode, port.received.length], [0, before]);
  const { exitCode, out } = await runCli(["hardware", "safe", "--home", home]);
  assert.equal(exitCode, 0, out);
  assert.match(out, /^rdk:component:sensor\/a: 7 bytes to serial port .*: done$/m);
  await eventually("both", () => isSafe(port));

  const length = port.received.length;
  const again = await startDaemon(t, { config, home });
  await eventually("both again", () => port.received.length >= length + "stop-a;stop-b;".length);
  await again.untilReady(["a", "b"]);
  assert.match(again.logs(), /outputs that a killed supervisor left were driven to their safe levels/);
  assert.equal(readFileSync(file, "utf8"), kept);
  assert.equal(await again.stop(), 0);
  const end = port.received.length;
  const third = await startDaemon(t, { config, home });
  await third.untilReady(["a", "b"]);
  assert.equal(port.received.length, end, "after an end in order nothing is driven");
  assert.equal(await third.stop(), 0);
});
