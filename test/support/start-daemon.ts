/**
 * Starts the built daemon as a process of its own, in a home, temp folder and config file of its own, and sees to it
 * that nothing of it is left when the test ends.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Client } from "@grpc/grpc-js";
import type { JsonObject } from "../../src/base/json.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ControlServiceDefinition, type GetStatusResponse } from "../../src/proto/gen/pinion/control/v1/control.js";
import {
  type GetMachineStatusResponse,
  GetMachineStatusResponse_State,
  ResourceStatus_State,
  RobotServiceDefinition,
} from "../../src/proto/gen/viam/robot/v1/robot.js";
import type { ServiceClient, ServiceDefinition } from "../../src/proto/service.js";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";
import { commandLine, killMarked, markEnv, markedProcesses } from "./marked-processes.js";

/** What a test context offers. */
export type Cleanup = Pick<TestContext, "after">;

export interface DaemonOptions {
  /** The machine config; `network.bind_address` is filled in unless it is there. Without one the default machine runs. */
  readonly config?: JsonObject;
  readonly env?: Readonly<Record<string, string>>;
  /** VIAM_HOME to use again; otherwise a new one that is removed with the test. */
  readonly home?: string;
  /** The port to listen on; otherwise a free one. */
  readonly port?: number;
  /** More arguments after `run`. */
  readonly args?: readonly string[];
  /** The program to run instead of the compiled sources. */
  readonly entry?: string;
  /** False: do not wait until the first config is applied. */
  readonly isAwaited?: boolean;
}

export interface Daemon {
  readonly port: number;
  /** As clients want it. */
  readonly address: string;
  readonly home: string;
  readonly pid: number;
  /** When the process was made, on the scale of performance.now(). */
  readonly spawnedAt: number;
  readonly configPath: string;
  /** Puts another config in place the way editors do, by renaming a new file over the old one. */
  writeConfig(config: JsonObject): void;
  /** SIGTERM, then waits for the end. Fails when a process or socket is left over. Returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL to the daemon alone, as a crash would. What it started ends with the test. */
  kill(): Promise<void>;
  /** All it printed so far. */
  logs(): string;
  /** A lazy channel to the public port; one for all callers. */
  channel(): Client;
  /** A typed client over that channel. */
  client<D extends ServiceDefinition>(definition: D): ServiceClient<D>;
  /** RobotService.GetMachineStatus on the public port. */
  status(): Promise<GetMachineStatusResponse>;
  /** ControlService.GetStatus on the control socket. */
  report(): Promise<GetStatusResponse>;
  /** Waits until resources of these simple names are ready. */
  untilReady(names: readonly string[], limitMs?: number): Promise<void>;
}

// All removals may take 20 s and a module that ignores SIGTERM ten more.
const STOP_LIMIT = 40_000;
const ENTRY = path.join(import.meta.dirname, "../../src/bin.js");

export async function startDaemon(t: Cleanup, options: DaemonOptions = {}): Promise<Daemon> {
  // Short, so that sockets below it keep within their 103 bytes.
  const folder = mkdtempSync(path.join(os.tmpdir(), "pd-"));
  const home = options.home ?? path.join(folder, "home");
  const temp = path.join(folder, "t");
  mkdirSync(home, { recursive: true });
  mkdirSync(temp);
  const port = options.port ?? (await freePort());
  const configPath = path.join(folder, "machine.json");
  const write = (config: JsonObject): void => {
    const network = { bind_address: `localhost:${port}`, ...(config["network"] as JsonObject | undefined) };
    writeFileSync(`${configPath}.new`, JSON.stringify({ ...config, network }, undefined, 2));
    renameSync(`${configPath}.new`, configPath);
  };
  if (options.config !== undefined) write(options.config);

  const mark = randomUUID();
  const spawnedAt = performance.now();
  const child = spawn(process.execPath, daemonArguments(options, configPath), {
    cwd: folder,
    env: { ...inheritedEnv(), HOME: folder, TMPDIR: temp, VIAM_HOME: home, ...options.env, ...markEnv(mark) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  // Pipes may stay open in the hands of a module that outlived the daemon: only the daemon's own exit counts.
  const ended = once(child, "exit");
  const channels: Client[] = [];
  t.after(() => {
    for (const channel of channels) channel.close();
    killMarked(mark);
    rmSync(folder, { recursive: true, force: true });
  });
  let publicChannel: Client | undefined;
  const open = (address: string): Client => {
    const channel = openChannel(address);
    channels.push(channel);
    return channel;
  };
  const daemon: Daemon = {
    port,
    address: `localhost:${port}`,
    home,
    pid: pidOf(child),
    spawnedAt,
    configPath,
    writeConfig: write,
    logs: () => output.join(""),
    channel: () => (publicChannel ??= open(`localhost:${port}`)),
    client: (definition) => createClient(definition, daemon.channel()),
    status: () => daemon.client(RobotServiceDefinition).getMachineStatus({}, { timeout: 5000 }),
    async report() {
      const channel = open(path.join(home, "pinion.sock"));
      try {
        return await createClient(ControlServiceDefinition, channel).getStatus({}, { timeout: 5000 });
      } finally {
        channel.close();
      }
    },
    async untilReady(names, limitMs = 30_000) {
      await withLogs(daemon, () => eventually(`ready: ${names.join(", ")}`, () => areReady(daemon, names), limitMs));
    },
    async stop() {
      child.kill("SIGTERM");
      await withLogs(daemon, () => eventually("the daemon's end", () => child.exitCode !== null || child.signalCode !== null, STOP_LIMIT));
      await ended;
      await assertNothingLeft(mark, temp, home);
      return child.exitCode;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  if (options.isAwaited !== false) await withLogs(daemon, () => eventually("a running machine", () => isRunning(daemon, child), 30_000));
  return daemon;
}

function daemonArguments(options: DaemonOptions, configPath: string): string[] {
  const config = options.config === undefined ? [] : ["--config", configPath];
  const program = options.entry === undefined ? ["--enable-source-maps", ENTRY] : [options.entry];
  return [...program, "run", ...config, ...(options.args ?? [])];
}

/** What the test's own environment may hand on: nothing that would change how the daemon behaves. */
function inheritedEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VIAM_|PINION_|XDG_RUNTIME_DIR|NODE_OPTIONS|NODE_TEST_CONTEXT|NOTIFY_SOCKET)/.test(name),
  );
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${process.execPath} could not be started`);
  return child.pid;
}

async function isRunning(daemon: Daemon, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) assert.fail(`the daemon ended with code ${child.exitCode} instead of running:\n${daemon.logs()}`);
  const status = await daemon.status();
  return status.state === GetMachineStatusResponse_State.RUNNING;
}

async function areReady(daemon: Daemon, names: readonly string[]): Promise<boolean> {
  const { resources } = await daemon.status();
  const waiting = names.flatMap((name) => {
    const resource = resources.find((one) => one.name?.name === name);
    if (resource?.state === ResourceStatus_State.READY) return [];
    return [`${name}: ${resource === undefined ? "not there" : `state ${resource.state} ${resource.error}`}`];
  });
  if (waiting.length > 0) throw new Error(waiting.join("; "));
  return true;
}

async function withLogs<T>(daemon: Daemon, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new Error(`${String(error)}\n${String((error as Error).cause ?? "")}\nThe daemon's last lines:\n${daemon.logs().slice(-6000)}`, {
      cause: error,
    });
  }
}

async function assertNothingLeft(mark: string, ...folders: readonly string[]): Promise<void> {
  // Whoever got SIGKILL last may still be on its way out when the daemon is gone.
  await eventually("no process left over", () => markedProcesses(mark).length === 0, 1000).catch(() => {
    const left = markedProcesses(mark).map((pid) => `${pid} ${commandLine(pid)}`);
    assert.deepEqual(left, [], "processes left over");
  });
  assert.deepEqual(folders.flatMap(socketsIn), [], "sockets left over");
}

function socketsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isSocket())
    .map((entry) => path.join(folder, entry.name));
}
