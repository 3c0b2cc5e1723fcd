/** A supervisor that is going to be killed: started again and again on the same home, with what it prints kept in a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "@grpc/grpc-js";
import type { JsonObject } from "../../src/base/json.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ControlServiceDefinition, type GetStatusResponse } from "../../src/proto/gen/pinion/control/v1/control.js";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { killMarked, markEnv, markedProcesses } from "../support/marked-processes.js";

const ENTRY = path.join(import.meta.dirname, "../../src/bin.js");

export class Victim {
  readonly home: string;
  readonly temp: string;
  readonly config: string;
  readonly port: number;
  readonly #log: string;
  readonly #mark: string = randomUUID();
  #child: ChildProcess | undefined;
  #channel: Client | undefined;

  private constructor(folder: string, port: number) {
    this.home = path.join(folder, "home");
    this.temp = path.join(folder, "t");
    this.config = path.join(folder, "machine.json");
    this.#log = path.join(folder, "log");
    this.port = port;
    for (const made of [this.home, this.temp]) mkdirSync(made);
  }

  static async create(folder: string): Promise<Victim> {
    return new Victim(folder, await freePort());
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error("not running");
    return this.#child.pid;
  }

  writeConfig(config: JsonObject): void {
    const text = JSON.stringify({ ...config, network: { bind_address: `localhost:${this.port}` } });
    writeFileSync(`${this.config}.new`, text);
    renameSync(`${this.config}.new`, this.config);
  }

  start(): void {
    const log = openSync(this.#log, "a");
    this.#child = spawn(process.execPath, [ENTRY, "run", "--config", this.config, "--log-format", "json"], {
      env: { ...process.env, TMPDIR: this.temp, VIAM_HOME: this.home, XDG_RUNTIME_DIR: "", ...markEnv(this.#mark) },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.#channel?.close();
    this.#channel = undefined;
    this.#child = undefined;
  }

  /** In good order. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    if (child.exitCode !== 0) throw new Error(`the supervisor ended with ${child.exitCode ?? child.signalCode}`);
    this.#channel?.close();
    this.#child = undefined;
  }

  async report(timeout = 5000): Promise<GetStatusResponse> {
    this.#channel ??= openChannel(path.join(this.home, "pinion.sock"));
    return createClient(ControlServiceDefinition, this.#channel).getStatus({}, { timeout });
  }

  async untilReady(resources: number, limitMs = 60_000): Promise<GetStatusResponse> {
    return eventually(
      `${resources} resources ready`,
      async () => {
        const report = await this.report();
        const ready = report.resources.filter(({ state }) => state === "ready").length;
        if (ready === resources && report.modules.every(({ state }) => state === "ready")) return report;
        throw new Error(
          `${ready} ready; ${report.modules.map(({ name, state, lastError }) => `${name} ${state} ${lastError}`).join("; ")}`,
        );
      },
      limitMs,
    );
  }

  /** What runs of it, itself included. */
  processes(): readonly number[] {
    return markedProcesses(this.#mark);
  }

  log(): string {
    return readFileSync(this.#log, "utf8");
  }

  /** After a failure. */
  sweep(): void {
    killMarked(this.#mark);
  }
}

/** Of the process. */
export function memoryOf(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kb) / 1024;
}
