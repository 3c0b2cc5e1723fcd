/** A module manager without processes: modules live in memory and on a fake clock, fail as told, and check what is asked of them. */
import type { Clock } from "../../src/base/clock.js";
import { PinionError } from "../../src/base/errors.js";
import { type Millis, millis, seconds } from "../../src/base/millis.js";
import { isEqualModuleConfig } from "../../src/config/diff-config.js";
import type { ModuleConfig } from "../../src/config/machine-config.js";
import type { Handler, ModuleCalls, ModuleManager, ModuleManagerEvents, ModuleState, ModuleStatus } from "../../src/module/module-host.js";
import type { ResourceName } from "../../src/resource/resource-name.js";
import { FakeModuleProcess, type Held } from "./fake-module-process.js";

export interface Faults {
  readonly refuseValidate: Set<string>;
  readonly refuseAdd: Set<string>;
  readonly refuseReconfigure: Set<string>;
  readonly refuseRemove: Set<string>;
  readonly hang: Set<string>;
  readonly hangRemove: Set<string>;
  readonly crashOnBuild: Set<string>;
  /** Modules that cannot start. */
  readonly refuseStart: Set<string>;
}

interface Hosted {
  config: ModuleConfig;
  wanted: ModuleConfig | undefined;
  process: FakeModuleProcess | undefined;
  incarnation: number;
  failures: number;
  status: ModuleStatus;
  isBusy: boolean;
}

/** More than any test needs: something goes in circles. */
const MANY_CALLS = 20_000;
const STOP_LIMIT: Millis = seconds(20);

export class FakeModuleManager implements ModuleManager {
  readonly clock: Clock;
  readonly faults: Faults = {
    refuseValidate: new Set(),
    refuseAdd: new Set(),
    refuseReconfigure: new Set(),
    refuseRemove: new Set(),
    hang: new Set(),
    hangRemove: new Set(),
    crashOnBuild: new Set(),
    refuseStart: new Set(),
  };
  readonly lacksReconfigure: Set<string> = new Set();
  /** Handlers by module name, as its next process tells them. */
  readonly offers: Map<string, readonly Handler[]> = new Map();
  readonly violations: string[] = [];
  /** Calls in order, without the module's name. */
  calledUpon: string[] = [];
  startTime = 40;
  latency: (name: ResourceName) => number = () => 0;
  /** The names in the config applied last; what is not in it goes for good. */
  wantedNames: ReadonlySet<ResourceName> = new Set();
  events: ModuleManagerEvents | undefined;
  readonly #hosted = new Map<string, Hosted>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  // What a test asks

  /** The calls since the last time it was asked. */
  takeCalls(): string[] {
    const calls = this.calledUpon;
    this.calledUpon = [];
    return calls;
  }

  /** What every living process holds, as text that can be compared. */
  contents(): Record<string, Record<string, unknown>> {
    const all: Record<string, Record<string, unknown>> = {};
    for (const [module, { process }] of [...this.#hosted].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (process === undefined) continue;
      all[module] = {};
      for (const [name, { config, dependencies }] of [...process.held].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        all[module][name] = { attributes: config.attributes, dependencies: dependencies.toSorted() };
      }
    }
    return all;
  }

  crash(module: string): void {
    const hosted = this.#hosted.get(module);
    if (hosted?.process === undefined || hosted.isBusy) return;
    hosted.process.kill();
    hosted.process = undefined;
    this.events?.onExit?.(module, hosted.incarnation, this.clock.now());
    this.#failed(hosted, "exited with code 1");
  }

  clearFaults(): void {
    for (const names of Object.values(this.faults)) names.clear();
  }

  // What processes ask

  record(call: string, _module: string): void {
    this.calledUpon.push(call);
    if (this.calledUpon.length > MANY_CALLS) throw new Error(`no end of calls: ${this.calledUpon.slice(-20).join("; ")}`);
  }

  violation(text: string): void {
    this.violations.push(text);
  }

  isWanted(name: ResourceName): boolean {
    return this.wantedNames.has(name);
  }

  isHeld(name: ResourceName): boolean {
    return this.allHeld().some(([held]) => held === name);
  }

  allHeld(): readonly (readonly [ResourceName, Held])[] {
    return [...this.#hosted.values()].flatMap(({ process }) => [...(process?.held ?? [])]);
  }

  // ModuleManager

  apply(wanted: ReadonlyMap<string, ModuleConfig>): void {
    for (const [name, hosted] of this.#hosted) hosted.wanted = wanted.get(name);
    for (const [name, config] of wanted) {
      if (this.#hosted.has(name)) continue;
      const status = initialStatus(config, this.clock.wall());
      this.#hosted.set(name, { config, wanted: config, process: undefined, incarnation: 0, failures: 0, status, isBusy: false });
    }
    for (const hosted of [...this.#hosted.values()]) this.#drive(hosted);
  }

  statuses(): readonly ModuleStatus[] {
    return [...this.#hosted.values()].map(({ status }) => status);
  }

  status(module: string): ModuleStatus | undefined {
    return this.#hosted.get(module)?.status;
  }

  calls(module: string): ModuleCalls | undefined {
    const process = this.#hosted.get(module)?.process;
    return process?.isReady === true && !process.isStopping ? process : undefined;
  }

  async restart(module: string): Promise<void> {
    const hosted = this.#hosted.get(module);
    if (hosted?.wanted === undefined) throw new PinionError("MODULE_UNKNOWN", `no module "${module}"`);
    hosted.config = { ...hosted.config, env: { ...hosted.config.env, RESTARTED: "1" } };
    this.#drive(hosted);
  }

  killAll(): void {
    for (const { process } of this.#hosted.values()) process?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killAll();
  }

  #drive(hosted: Hosted): void {
    if (hosted.isBusy) return;
    const { wanted, process } = hosted;
    if (process === undefined) {
      if (wanted === undefined) {
        this.#tell(hosted, "stopped");
        this.#hosted.delete(hosted.config.name);
      } else if (hosted.status.state === "pending" || hosted.status.state === "stopped") this.#start(hosted);
      return;
    }
    if (wanted !== undefined && isEqualModuleConfig(wanted, hosted.config)) return;
    void this.#stop(hosted, process);
  }

  #start(hosted: Hosted): void {
    const { wanted } = hosted;
    if (wanted === undefined) return;
    hosted.config = wanted;
    hosted.incarnation += 1;
    const process = new FakeModuleProcess(this, wanted.name, hosted.incarnation);
    hosted.process = process;
    this.#tell(hosted, "starting");
    this.clock.after(millis(this.startTime), () => {
      if (hosted.process !== process || hosted.isBusy) return;
      if (this.faults.refuseStart.has(wanted.name)) {
        process.kill();
        hosted.process = undefined;
        this.#failed(hosted, "exited too early");
        return;
      }
      process.isReady = true;
      hosted.failures = 0;
      this.#tell(hosted, "ready");
      this.#drive(hosted);
    });
  }

  async #stop(hosted: Hosted, process: FakeModuleProcess): Promise<void> {
    hosted.isBusy = true;
    const wasReady = process.isReady;
    process.isStopping = true;
    this.#tell(hosted, "stopping");
    if (wasReady) {
      const stop = this.events?.beforeStop(process.module, process.incarnation, STOP_LIMIT);
      await Promise.race([stop, this.clock.sleep(STOP_LIMIT)]);
    }
    process.kill();
    hosted.process = undefined;
    this.events?.onExit?.(process.module, process.incarnation, this.clock.now());
    hosted.isBusy = false;
    this.#tell(hosted, "stopped");
    this.#drive(hosted);
  }

  #failed(hosted: Hosted, message: string): void {
    const wasReady = hosted.status.state === "ready";
    hosted.failures += 1;
    const lastFailure = { kind: "exit", message } as const;
    hosted.status = { ...hosted.status, lastFailure };
    if (hosted.wanted === undefined) {
      this.#tell(hosted, "stopped");
      this.#drive(hosted);
      return;
    }
    if (wasReady && hosted.failures === 1) {
      this.#start(hosted);
      return;
    }
    this.#tell(hosted, hosted.failures >= 5 ? "quarantined" : "backoff");
    this.clock.after(seconds(2), () => {
      if (hosted.process !== undefined) return;
      if (hosted.wanted === undefined) this.#drive(hosted);
      else this.#start(hosted);
    });
  }

  #tell(hosted: Hosted, state: ModuleState): void {
    const { name } = hosted.config;
    const { lastFailure, ...before } = hosted.status;
    hosted.status = {
      ...before,
      ...(lastFailure !== undefined && state !== "ready" && { lastFailure }),
      state,
      config: hosted.config,
      incarnation: hosted.incarnation,
      consecutiveFailures: hosted.failures,
      handlers: state === "ready" ? (this.offers.get(name) ?? []) : [],
      address: `/run/${name}-${hosted.incarnation}.sock`,
    };
    this.events?.onStatus(hosted.status);
  }
}

function initialStatus(config: ModuleConfig, since: Date): ModuleStatus {
  return {
    name: config.name,
    state: "pending",
    since,
    config,
    incarnation: 0,
    handlers: [],
    consecutiveFailures: 0,
    restarts: 0,
    lastOutput: [],
  };
}
