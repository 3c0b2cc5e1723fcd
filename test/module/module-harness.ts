/** A module manager over real processes in folders of the test's own, with everything it tells written down. No test itself. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.js";
import { type LogFields, type Logger, type LogLevel, silentLogger } from "../../src/base/logger.js";
import { type Millis, minutes } from "../../src/base/millis.js";
import type { ApiKey, ModuleConfig, ResourceConfig } from "../../src/config/machine-config.js";
import type { ModuleManager, ModuleState, ModuleStatus } from "../../src/module/module-host.js";
import { createModuleManager } from "../../src/module/module-manager.js";
import type { ParentAddresses } from "../../src/module/parent-socket.js";
import type { ResourceName } from "../../src/resource/resource-name.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

export interface LogLine {
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface Harness {
  readonly manager: ModuleManager;
  readonly home: string;
  readonly sockets: string;
  readonly statuses: ModuleStatus[];
  readonly logs: LogLine[];
  /** `NAME#INCARNATION: REASON`, as told by onGone. */
  readonly gone: string[];
  /** `beforeStop NAME#INCARNATION`, `open NAME`, `close NAME`. */
  readonly calls: string[];
  /** A local module that runs the fixture. */
  module(name: string, fixture: string, options?: Partial<ModuleConfig>): ModuleConfig;
  apply(...modules: readonly ModuleConfig[]): void;
  reaches(name: string, state: ModuleState, limitMs?: number): Promise<ModuleStatus>;
  lines(logger: string): readonly string[];
}

export interface HarnessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly apiKeys?: () => readonly ApiKey[];
  readonly beforeStop?: (module: string, limit: Millis, manager: ModuleManager) => Promise<void>;
  readonly socketFolder?: string;
  readonly openParent?: (module: string) => Promise<ParentAddresses>;
}

export function moduleHarness(t: TestContext, options: HarnessOptions = {}): Harness {
  let close = async (): Promise<void> => undefined;
  t.after(() => close()); // before the folders go
  const home = tempFolder(t);
  const sockets = options.socketFolder ?? path.join(home, "s");
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const statuses: ModuleStatus[] = [];
  const logs: LogLine[] = [];
  const calls: string[] = [];
  const gone: string[] = [];
  const manager: ModuleManager = createModuleManager({
    clock: systemClock,
    logger: recordingLogger("", {}, logs),
    home,
    robotId: "local",
    socketFolder: sockets,
    env: { ...process.env, ...options.env },
    apiKeys: () => options.apiKeys?.() ?? [],
    openParent: (module) => {
      calls.push(`open ${module}`);
      return options.openParent?.(module) ?? Promise.resolve({ unix: `/parent/${module}.sock`, tcp: "127.0.0.1:9" });
    },
    closeParent: async (module) => {
      calls.push(`close ${module}`);
    },
    events: {
      onStatus: (status) => statuses.push(status),
      onGone: (module, incarnation, reason) => gone.push(`${module}#${incarnation}: ${reason}`),
      beforeStop: async (module, incarnation, limit) => {
        calls.push(`beforeStop ${module}#${incarnation}`);
        await options.beforeStop?.(module, limit, manager);
      },
    },
  });
  close = async () => {
    await manager[Symbol.asyncDispose]();
    for (const { pid } of statuses) assert.ok(pid === undefined || !isAlive(pid), `process ${pid} is left`);
    assert.deepEqual(
      readdirSync(sockets).filter((file) => file.endsWith(".sock")),
      [],
    );
  };
  return {
    manager,
    home,
    sockets,
    statuses,
    logs,
    calls,
    gone,
    module: (name, fixture, given) => ({ ...moduleConfig(name, fixtureProgram(path.join(home, "modules", name), fixture)), ...given }),
    apply: (...modules) => manager.apply(new Map(modules.map((module) => [module.name, module]))),
    reaches: (name, state, limitMs) =>
      eventually(
        `${name} ${state}`,
        () => statusIn(manager, name, state) ?? statuses.find((s) => s.name === name && s.state === state),
        limitMs,
      ),
    lines: (logger) => logs.filter((line) => line.logger === logger).map(({ message }) => message),
  };
}

function statusIn(manager: ModuleManager, name: string, state: ModuleState): ModuleStatus | undefined {
  const status = manager.status(name);
  return status?.state === state ? status : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // gone
  }
}

export function moduleConfig(name: string, executablePath: string): ModuleConfig {
  return { name, executablePath, type: "local", env: {}, isTcp: false, firstRunTimeout: minutes(1), isBuiltin: false };
}

/** A program in the folder that becomes the fixture. */
export function fixtureProgram(folder: string, fixture: string): string {
  const script = path.join(import.meta.dirname, "..", "fixtures", "modules", `${fixture}.js`);
  return shellScript(path.join(folder, "run.sh"), `exec "${process.execPath}" "${script}" "$@"`);
}

export function shellScript(file: string, body: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

export function sensorConfig(name: string, attributes: ResourceConfig["attributes"] = {}): ResourceConfig {
  return {
    name: `rdk:component:sensor/${name}` as ResourceName, // a well-formed full name
    model: { namespace: "acme", family: "demo", name: "thing" },
    attributes,
    dependsOn: [],
    associatedConfigs: [],
  };
}

export function recordingLogger(name: string, base: LogFields, logs: LogLine[]): Logger {
  const write = (level: LogLevel) => (fields: LogFields, message: string) =>
    void logs.push({ level, logger: name, message, fields: { ...base, ...fields } });
  return {
    ...silentLogger,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (child, fields) => recordingLogger(name === "" ? child : `${name}.${child}`, { ...base, ...fields }, logs),
  };
}
