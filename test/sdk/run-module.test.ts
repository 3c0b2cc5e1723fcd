/** A module as a process of its own, from the first argument to the last signal. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { createServer, grpcTarget, openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import type { ComponentConfig } from "../../src/proto/gen/viam/app/v1/robot.js";
import type { LogEntry } from "../../src/proto/gen/viam/common/v1/common.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { ModuleServiceDefinition } from "../../src/proto/gen/viam/module/v1/module.js";
import { RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { addService } from "../../src/proto/serve.js";
import type { ServiceClient } from "../../src/proto/service.js";
import { eventually } from "../support/eventually.js";

const PROGRAM = path.join(import.meta.dirname, "..", "fixtures", "sdk", "thermo-module.js");
const LIMIT = { timeout: 10_000 };

interface Running {
  readonly child: ChildProcess;
  readonly module: ServiceClient<ModuleServiceDefinition>;
  readonly sensor: ServiceClient<SensorServiceDefinition>;
  readonly logs: readonly LogEntry[];
  output(): string;
  disconnect(): void;
  stopParent(): void;
}

interface StartOptions {
  readonly tcp?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

async function start(t: TestContext, { tcp = false, env = {} }: StartOptions = {}): Promise<Running> {
  const folder = await mkdtemp(path.join(tmpdir(), "pinion-run-"));
  const logs: LogEntry[] = [];
  const parent = createServer();
  addService(parent, RobotServiceDefinition, {
    log: (request) => {
      logs.push(...request.logs);
      return {};
    },
  });
  const parentAddress = path.join(folder, "parent.sock");
  await new Promise<void>((resolve, reject) => {
    parent.bindAsync(grpcTarget(parentAddress), ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  const address = tcp ? `127.0.0.1:${20_000 + (process.pid % 20_000)}` : path.join(folder, "module.sock");
  const child = spawn(process.execPath, [PROGRAM, address, "--log-level=info", ...(tcp ? ["--tcp-mode"] : [])], {
    env: { ...process.env, VIAM_MODULE_NAME: "thermo", VIAM_MODULE_ADDRESS: address, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const channel = openChannel(address);
  t.after(async () => {
    channel.close();
    parent.forceShutdown();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  });
  const module = createClient(ModuleServiceDefinition, channel);
  await eventually("the module is ready", async () => {
    const answer = await module.ready({ parentAddress, webrtcOffer: "", rawParentAddress: parentAddress }, { timeout: 1000 });
    return answer.ready;
  });
  return {
    child,
    module,
    sensor: createClient(SensorServiceDefinition, channel),
    logs,
    output: () => output,
    disconnect: () => channel.close(),
    stopParent: () => parent.forceShutdown(),
  };
}

function config(attributes: Record<string, unknown>): { config: ComponentConfig; dependencies: string[] } {
  const api = "rdk:component:sensor";
  const parts = { name: "s", namespace: "rdk", type: "sensor", model: "acme:demo:thermo", dependsOn: [], serviceConfigs: [] };
  return { config: { ...parts, api, attributes }, dependencies: [] };
}

async function ended(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit", { signal: AbortSignal.timeout(15_000) });
  return [child.exitCode, child.signalCode];
}

test("closes its resources on SIGTERM, sends the last log lines and exits with 0", async (t) => {
  const { child, module, sensor, logs } = await start(t);
  await module.addResource(config({ offset: 2 }), LIMIT);
  assert.deepEqual((await sensor.getReadings({ name: "s" }, LIMIT)).readings, { celsius: 22 });
  child.kill("SIGTERM");
  assert.deepEqual(await ended(child), [0, null]);
  assert.deepEqual(
    logs.map(({ message }) => message),
    ["made", "closed"],
  );
});

test("a resource that does not close holds the process for a bounded time, and a second signal ends it at once", async (t) => {
  const { child, module } = await start(t);
  await module.addResource(config({ hangOnClose: true }), LIMIT);
  child.kill("SIGTERM");
  await assert.rejects(eventually("an early end", () => child.exitCode !== null, 300));
  child.kill("SIGTERM");
  assert.deepEqual(await ended(child), [143, null]);
});

test("exits when the supervisor is gone, without a signal", async (t) => {
  const { child, disconnect, stopParent, output } = await start(t);
  stopParent();
  disconnect();
  assert.deepEqual(await ended(child), [0, null]);
  assert.match(output(), /the supervisor is gone/);
});

test("a signal after the supervisor's loss does not cut the closing short, and one more does", async (t) => {
  const { child, module, disconnect, stopParent, output } = await start(t);
  await module.addResource(config({ hangOnClose: true }), LIMIT);
  stopParent();
  disconnect();
  await eventually("notice of it", () => output().includes("the supervisor is gone"));
  child.kill("SIGTERM");
  await assert.rejects(eventually("an early end", () => child.exitCode !== null, 300));
  child.kill("SIGTERM");
  assert.deepEqual(await ended(child), [143, null]);
});

test("a broken output does not keep it from closing its resources", async (t) => {
  const { child, module, disconnect, stopParent } = await start(t);
  await module.addResource(config({}), LIMIT);
  child.stdout?.destroy();
  child.stderr?.destroy();
  stopParent();
  disconnect();
  assert.deepEqual(await ended(child), [0, null]);
});

test("stays when only the connection to it is dropped", async (t) => {
  const { child, disconnect } = await start(t);
  disconnect();
  await assert.rejects(eventually("an end", () => child.exitCode !== null, 2500));
});

test("listens on TCP", async (t) => {
  const { child, module, sensor } = await start(t, { tcp: true });
  await module.addResource(config({}), LIMIT);
  assert.deepEqual((await sensor.getReadings({ name: "s" }, LIMIT)).readings, { celsius: 20 });
  child.kill("SIGINT");
  assert.deepEqual(await ended(child), [0, null]);
});

test("without a parent it logs to standard output", async (t) => {
  const { child, module, logs, output } = await start(t, { env: { VIAM_NO_MODULE_PARENT: "True" } });
  await module.addResource(config({ offset: 1 }), LIMIT);
  await eventually("the line", () => output().includes("INFO rdk:component:sensor/s: made offset=1"));
  child.kill("SIGTERM");
  assert.deepEqual(await ended(child), [0, null]);
  assert.deepEqual(logs, []);
});

test("says what is missing when it is started by hand", async () => {
  const { VIAM_MODULE_ADDRESS: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  assert.notEqual(child.exitCode, 0);
  assert.match(text, /expected the socket to listen on as the first argument/);
  assert.ok(existsSync(PROGRAM));
});
