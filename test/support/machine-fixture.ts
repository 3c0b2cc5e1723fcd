/** A machine on a fake clock and fake modules, and short ways to write configs. */
import type { TestContext } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { silentLogger } from "../../src/base/logger.js";
import { minutes, seconds } from "../../src/base/millis.js";
import type { MachineConfig, ModuleConfig, ResourceConfig } from "../../src/config/machine-config.js";
import { createMachine, type Machine, type MachineOptions } from "../../src/machine/machine.js";
import type { Handler } from "../../src/module/module-host.js";
import type { HardwareNeeds } from "../../src/resource/hardware-needs.js";
import { parseModel } from "../../src/resource/model.js";
import { parseResourceName, type ResourceName } from "../../src/resource/resource-name.js";
import { FakeClock } from "./fake-clock.js";
import { FakeModuleManager } from "./fake-module-manager.js";

export interface ResourceSketch {
  /** Simple for a sensor, or full. */
  readonly name: string;
  /** `module/model`, the model's name being that of the model: `m/x` is model acme:m:x. Default `m/x`. */
  readonly model?: string;
  readonly need?: readonly string[];
  readonly want?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly value?: number;
  readonly hardware?: HardwareNeeds;
}

export const SENSOR = "rdk:component:sensor";
export const SENSOR_SERVICE = "viam.component.sensor.v1.SensorService";
export const MOTOR = "rdk:component:motor";
export const MOTOR_SERVICE = "viam.component.motor.v1.MotorService";

/** The full name of a sensor, or of what is full already. */
export function full(name: string): ResourceName {
  const parsed = parseResourceName(name.includes("/") ? name : `${SENSOR}/${name}`);
  if (parsed === undefined) throw new Error(`no name of a resource: ${name}`);
  return parsed;
}

export function resource(sketch: ResourceSketch): ResourceConfig {
  const [module = "m", model = "x"] = (sketch.model ?? "m/x").split("/");
  const parsed = parseModel(`acme:${module}:${model}`);
  if (parsed === undefined) throw new Error(`no model: ${sketch.model}`);
  const attributes: JsonObject = {
    ...(sketch.need !== undefined && { need: sketch.need }),
    ...(sketch.want !== undefined && { want: sketch.want }),
    ...(sketch.value !== undefined && { value: sketch.value }),
    ...(sketch.hardware !== undefined && { hardware: sketch.hardware as unknown as JsonObject }), // plain data
  };
  return { name: full(sketch.name), model: parsed, attributes, dependsOn: sketch.dependsOn ?? [], associatedConfigs: [] };
}

export function module(name: string, env: Readonly<Record<string, string>> = {}): ModuleConfig {
  return { name, executablePath: `/opt/${name}`, type: "local", env, isTcp: false, firstRunTimeout: minutes(60), isBuiltin: false };
}

export function config(resources: readonly ResourceSketch[], modules: readonly ModuleConfig[] = [module("m")]): MachineConfig {
  return {
    revision: "",
    resources: new Map(resources.map((sketch) => [full(sketch.name), resource(sketch)])),
    modules: new Map(modules.map((entry) => [entry.name, entry])),
    network: { bindHost: "localhost", bindPort: 8080, isTlsOff: false, heartbeatWindow: seconds(2), tunnelEndpoints: [] },
    apiKeys: [],
    logPatterns: [],
    isDebug: false,
    isLogDeduplicated: true,
    dormant: {},
    invalidResources: new Map(),
    invalidModules: new Map(),
  };
}

/** Handlers of a module that serves these `family/name` models as sensors and motors. */
export function offer(...models: readonly string[]): readonly Handler[] {
  const triplets = models.map((model) => `acme:${model.replace("/", ":")}`);
  return [
    { api: SENSOR, service: SENSOR_SERVICE, models: triplets },
    { api: MOTOR, service: MOTOR_SERVICE, models: triplets },
  ];
}

export interface MachineFixture {
  readonly clock: FakeClock;
  readonly modules: FakeModuleManager;
  readonly machine: Machine;
  /** Applies a config and lets `time` milliseconds pass. */
  readonly apply: (next: MachineConfig, time?: number) => Promise<void>;
  /** `name: state` of every resource. */
  readonly states: () => Record<string, string>;
  readonly errorOf: (name: string) => string;
  /** Calls since the last time, names shortened to the simple ones. */
  readonly calls: () => readonly string[];
}

let revisions = 0;

export function startMachine(t: Pick<TestContext, "after"> | undefined, options: Partial<MachineOptions> = {}): MachineFixture {
  const clock = new FakeClock();
  const modules = new FakeModuleManager(clock);
  const machine = createMachine({
    clock,
    logger: silentLogger,
    modules,
    catalogue: { moduleFor: () => undefined },
    knownService: (api) => (api === SENSOR ? SENSOR_SERVICE : api === MOTOR ? MOTOR_SERVICE : undefined),
    ...options,
  });
  modules.events = machine;
  modules.offers.set("m", offer("m/x", "m/y"));
  t?.after(() => {
    if (modules.violations.length > 0) throw new Error(modules.violations.join("\n"));
  });
  const short = (text: string): string => text.replaceAll(`${SENSOR}/`, "").replaceAll(`${MOTOR}/`, "motor ");
  const find = (name: string): ReturnType<Machine["status"]>["resources"][number] | undefined =>
    machine.status().resources.find((status) => status.name === full(name));
  return {
    clock,
    modules,
    machine,
    apply: async (next, time = 100) => {
      revisions += 1;
      modules.wantedNames = new Set(next.resources.keys());
      machine.apply(next, `r${revisions}`);
      await clock.advance(time);
    },
    states: () => Object.fromEntries(machine.status().resources.map(({ name, state }) => [short(name), state])),
    errorOf: (name) => find(name)?.error ?? "",
    calls: () => modules.takeCalls().map(short),
  };
}
