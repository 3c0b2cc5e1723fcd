/** A machine: a config made true by modules and resources, and what can be asked of it. Wires the parts of this room. */
import type { Clock, Timer } from "../base/clock.js";
import { messageOf, PinionError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, minutes, seconds } from "../base/millis.js";
import { isEqualModuleConfig } from "../config/diff-config.js";
import type { MachineConfig, ModuleConfig } from "../config/machine-config.js";
import type { ModuleManager, ModuleManagerEvents, ModuleStatus } from "../module/module-host.js";
import { closeResources } from "./close-resources.js";
import { invalidModuleStatus } from "./invalid-module-status.js";
import type { LeaseStatus } from "./lease-book.js";
import type { HardwarePorts } from "./machine-hardware.js";
import type { MachineStatus, MachineView } from "./machine-status.js";
import { type ModuleCatalogue, ModuleTable } from "./module-table.js";
import { ModuleWatch } from "./module-watch.js";
import { Reconciler } from "./reconciler.js";
import { StatusBoard } from "./status-board.js";
import { wantResources } from "./want-resources.js";

export interface MachineOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly modules: ModuleManager;
  /** Modules that ship with Pinion; they run only when the config uses one of their models and no module of the config offers it. */
  readonly catalogue: ModuleCatalogue;
  /** For one AddResource or ReconfigureResource; 2 minutes if left out. */
  readonly buildLimit?: Millis;
  /** gRPC service of an API that Pinion knows. */
  readonly knownService: (api: string) => string | undefined;
  /** Left out: leases only. */
  readonly hardware?: HardwarePorts;
}

/** The module manager tells its events to `onStatus`, `beforeStop` and `onExit`. */
export interface Machine extends MachineView, ModuleManagerEvents {
  /** Makes this the config to reach. Returns at once. */
  apply(config: MachineConfig, revision: string): void;
  /** Resolves when all that can be done for the config was done: what waits or failed counts as done, what starts does not. */
  whenSettled(signal?: AbortSignal): Promise<void>;
  /** Tells of every change of status, several at once where they come together. Returns what ends it. */
  onChange(listener: () => void): () => void;
  /** Who claims which hardware. */
  leases(): readonly LeaseStatus[];
  onExit(module: string, incarnation: number, at: Millis): void;
  /** Removes all resources, dependents first, within 20 s. Modules go on: their manager ends them. */
  close(): Promise<void>;
}

const DEFAULT_BUILD_LIMIT: Millis = minutes(2);
/** The machine counts as running after this time even if modules are still starting. */
const INITIALIZING_LIMIT: Millis = seconds(30);

export function createMachine(options: MachineOptions): Machine {
  return new ConfiguredMachine(options);
}

class ConfiguredMachine implements Machine {
  readonly #options: MachineOptions;
  readonly #table = new ModuleTable();
  readonly #reconciler: Reconciler;
  readonly #watch: ModuleWatch;
  readonly #board: StatusBoard;
  readonly #listeners = new Set<() => void>();
  readonly #waiters = new Set<() => void>();
  #config: MachineConfig | undefined;
  #revision = "";
  #appliedAt: Date;
  #versions = 0;
  #wanted: ReadonlyMap<string, ModuleConfig> = new Map();
  #isModulePlanDue = false;
  #isChanged = false;
  #isInitializing = true;
  #initializing: Timer | undefined;
  #status: MachineStatus | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    const { clock, logger, modules: manager, buildLimit = DEFAULT_BUILD_LIMIT, knownService } = options;
    this.#appliedAt = clock.wall();
    const table = this.#table;
    this.#reconciler = new Reconciler({
      ...options.hardware,
      clock,
      logger,
      buildLimit,
      modules: table,
      onChanged: () => this.#noteChange(),
      onForgotten: () => this.#board.forgetAll(),
      onRoundStart: () => this.#watch.update(),
      onRoundEnd: () => this.#endRound(),
      onReleased: ({ module }) => {
        if (table.get(module).config?.isBuiltin === true) this.#isModulePlanDue = true;
      },
    });
    this.#watch = new ModuleWatch({
      clock,
      table,
      manager,
      reconciler: this.#reconciler,
      onOffersChanged: () => {
        this.#isModulePlanDue = true;
        this.#board.forgetAll();
      },
    });
    this.#board = new StatusBoard({ resources: this.#reconciler.resources, modules: table, knownService });
  }

  apply(config: MachineConfig, revision: string): void {
    if (this.#closing !== undefined) return;
    const { clock } = this.#options;
    this.#config = config;
    this.#revision = revision;
    this.#appliedAt = clock.wall();
    const nextVersion = (): number => {
      this.#versions += 1;
      return this.#versions;
    };
    wantResources(config, { reconciler: this.#reconciler, revision, now: this.#appliedAt, nextVersion });
    this.#board.forgetAll();
    this.#planModules();
    this.#noteChange();
    this.#reconciler.schedule();
    this.#initializing ??= clock.after(INITIALIZING_LIMIT, () => this.#endInitializing(), { unref: true });
  }

  onStatus(status: ModuleStatus): void {
    this.#status = undefined;
    if (!this.#watch.onStatus(status)) return;
    if (this.#table.isUndecided) this.#isModulePlanDue = true;
    this.#noteChange();
  }

  beforeStop(module: string, incarnation: number, limit: Millis): Promise<void> {
    return this.#watch.evict(module, incarnation, limit);
  }

  onExit(module: string, incarnation: number, at: Millis): void {
    this.#reconciler.hardware.onExit(module, incarnation, at);
  }

  leases(): readonly LeaseStatus[] {
    return this.#reconciler.hardware.leases.statuses();
  }

  status(): MachineStatus {
    this.#status ??= {
      state: this.#isInitializing ? "initializing" : "running",
      revision: this.#revision,
      appliedAt: this.#appliedAt,
      resources: this.#board.resources(),
      modules: this.#moduleStatuses(),
    };
    return this.#status;
  }

  readyResources(): ReturnType<MachineView["readyResources"]> {
    return this.#board.readyResources();
  }

  services(): ReturnType<MachineView["services"]> {
    return this.#board.services();
  }

  hasService(service: string): boolean {
    return this.#board.hasService(service);
  }

  route(service: string, name: string): ReturnType<MachineView["route"]> {
    return this.#board.route(service, name);
  }

  async restartModule(nameOrId: string): Promise<void> {
    const byId = [...this.#wanted.values()].find(({ moduleId }) => moduleId === nameOrId);
    const name = this.#wanted.has(nameOrId) ? nameOrId : byId?.name;
    if (name === undefined) {
      const known = [...this.#wanted.keys()].join(", ");
      throw new PinionError(
        "MODULE_UNKNOWN",
        `expected the name or id of a module in use (${known || "there is none"}), got "${nameOrId}"`,
      );
    }
    await this.#options.modules.restart(name);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  whenSettled(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const settle = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiters.delete(settle);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(settle);
      this.#reconciler.schedule();
    });
  }

  close(): Promise<void> {
    this.#initializing?.cancel();
    this.#closing ??= closeResources(this.#options.clock, this.#reconciler, this.#table);
    return this.#closing;
  }

  #noteChange(): void {
    this.#isChanged = true;
    this.#status = undefined;
    this.#board.forgetResources();
    this.#reconciler.schedule();
  }

  #endRound(): void {
    this.#watch.settleEvictions();
    if (this.#isModulePlanDue && this.#closing === undefined) this.#planModules();
    if (this.#isSettled()) {
      this.#endInitializing();
      for (const settle of this.#waiters) settle();
      this.#waiters.clear();
    }
    if (!this.#isChanged) return;
    this.#isChanged = false;
    for (const listener of this.#listeners) this.#tell(listener);
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.logger.error({ error: messageOf(error) }, "a listener to the machine's status failed");
    }
  }

  #isSettled(): boolean {
    if (this.#config === undefined || !this.#reconciler.isQuiet || !this.#watch.isQuiet) return false;
    for (const module of this.#table.all()) {
      if (!module.isSettled) return false;
      if (module.run !== undefined && !(module.run.builds.isIdle && module.run.removals.isIdle)) return false;
    }
    return true;
  }

  #endInitializing(): void {
    this.#initializing?.cancel();
    if (!this.#isInitializing) return;
    this.#isInitializing = false;
    this.#noteChange();
  }

  #planModules(): void {
    this.#isModulePlanDue = false;
    const { modules: manager, catalogue } = this.#options;
    const before = this.#wanted;
    const pairs = this.#reconciler.resources.pairs();
    const wanted = this.#table.plan(this.#config?.modules ?? new Map(), pairs, catalogue);
    const changed = changedModules(before, wanted);
    if (changed.length === 0) return;
    this.#wanted = wanted;
    this.#table.want(wanted);
    for (const name of changed) this.#watch.note(this.#table.get(name));
    manager.apply(wanted);
  }

  #moduleStatuses(): readonly ModuleStatus[] {
    const statuses = this.#options.modules.statuses();
    const invalid = [...(this.#config?.invalidModules ?? [])].filter(([name]) => !statuses.some((status) => status.name === name));
    const all = [...statuses, ...invalid.map(([name, message]) => invalidModuleStatus(name, message, this.#appliedAt))];
    return all.map((status) => this.#withStandIn(status));
  }

  #withStandIn(status: ModuleStatus): ModuleStatus {
    const moduleId = status.config.moduleId ?? this.#config?.invalidModuleIds?.get(status.name);
    if (moduleId === undefined || status.config.isBuiltin || status.state === "ready") return status;
    const standIn = this.#table.standInFor(moduleId);
    return standIn === undefined ? status : { ...status, standIn };
  }
}

/** Modules that came, went or changed; all of them when the order of those that stayed changed, which is their rank. */
function changedModules(before: ReadonlyMap<string, ModuleConfig>, after: ReadonlyMap<string, ModuleConfig>): readonly string[] {
  const stayed = [...after.keys()].filter((name) => before.has(name));
  const isReordered = [...before.keys()].filter((name) => after.has(name)).some((name, index) => name !== stayed[index]);
  const gone = [...before.keys()].filter((name) => !after.has(name));
  if (isReordered) return [...after.keys(), ...gone];
  const changed = [...after].filter(([name, config]) => {
    const known = before.get(name);
    return known === undefined || !isEqualModuleConfig(known, config);
  });
  return [...changed.map(([name]) => name), ...gone];
}
