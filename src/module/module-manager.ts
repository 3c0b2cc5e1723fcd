/** Hosts the modules that the config wants: one actor each, none of which waits for another. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.js";
import { PinionError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";
import { CgroupTree } from "../process/cgroup-tree.js";
import type { FirstRunRecords } from "./first-run.js";
import { type BusyPort, ModuleActor } from "./module-actor.js";
import type { ModuleCalls, ModuleManager, ModuleManagerEvents, ModuleStatus } from "./module-host.js";
import { type ModuleLimits, moduleLimits } from "./module-limits.js";
import type { ParentPorts } from "./parent-socket.js";

export interface ModuleManagerOptions extends ParentPorts, BusyPort {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: ModuleManagerEvents;
  /** VIAM_HOME. */
  readonly home: string;
  /** "local" without a cloud. */
  readonly robotId: string;
  /** A private folder for the modules' sockets; its path should be short. */
  readonly socketFolder: string;
  /** Unique to this supervisor; the environment of all its processes carries it. Made if left out. */
  readonly supervisorId?: string;
  /** The supervisor's own environment: modules inherit it, and two of its variables set limits. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opened when a first_run script is about to run or has run. Absent: only markers remember. */
  readonly firstRuns?: () => Promise<FirstRunRecords>;
  /** In the order of their ids; modules get the first. Asked at each `apply`. */
  apiKeys(): readonly ApiKey[];
}

export function createModuleManager(options: ModuleManagerOptions): ModuleManager {
  return new ActorModuleManager(options);
}

class ActorModuleManager implements ModuleManager {
  readonly #options: ModuleManagerOptions;
  readonly #logger: Logger;
  readonly #limits: ModuleLimits;
  readonly #supervisorId: string;
  readonly #cgroups = new CgroupTree();
  readonly #actors = new Map<string, ModuleActor>();
  /** Of modules that were hosted once: a process must never be taken for one of an earlier life of its module. */
  readonly #lastIncarnations = new Map<string, number>();
  #order: readonly string[] = [];
  #isClosed = false;

  constructor(options: ModuleManagerOptions) {
    this.#options = options;
    this.#logger = options.logger.child("modmanager");
    this.#supervisorId = options.supervisorId ?? randomUUID();
    this.#limits = moduleLimits(options.env, this.#logger);
  }

  apply(wanted: ReadonlyMap<string, ModuleConfig>): void {
    if (this.#isClosed) return;
    this.#order = [...wanted.keys()];
    const [apiKey] = this.#options.apiKeys().toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (const [name, actor] of this.#actors) {
      if (!wanted.has(name)) actor.unwant();
    }
    for (const [name, config] of wanted) this.#actor(name).want(config, apiKey);
  }

  statuses(): readonly ModuleStatus[] {
    const rest = [...this.#actors.keys()].filter((name) => !this.#order.includes(name));
    return [...this.#order, ...rest].flatMap((name) => this.status(name) ?? []);
  }

  status(module: string): ModuleStatus | undefined {
    return this.#actors.get(module)?.status();
  }

  calls(module: string): ModuleCalls | undefined {
    return this.#actors.get(module)?.calls;
  }

  async restart(module: string): Promise<void> {
    const actor = this.#actors.get(module);
    if (actor?.isWanted !== true) {
      const known = this.#order.length === 0 ? "there are none" : `there are ${this.#order.join(", ")}`;
      throw new PinionError("MODULE_UNKNOWN", `no module "${module}" is configured; ${known}`);
    }
    await actor.restart();
  }

  killAll(): void {
    this.#isClosed = true;
    for (const actor of this.#actors.values()) actor.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#actors.values()].map((actor) => actor.shutDown()));
  }

  #actor(name: string): ModuleActor {
    const known = this.#actors.get(name);
    if (known !== undefined) return known;
    const { clock, home, robotId, env, socketFolder, events, firstRuns } = this.#options;
    const actor = new ModuleActor(name, this.#lastIncarnations.get(name) ?? 0, {
      surroundings: { clock, home, robotId, env, ...(firstRuns === undefined ? {} : { firstRuns }) },
      socketFolder,
      supervisorId: this.#supervisorId,
      limits: this.#limits,
      cgroups: this.#cgroups,
      logger: this.#logger.child(name, { module: name }),
      events,
      ...(this.#options.isBusySince === undefined ? {} : { isBusySince: this.#options.isBusySince }),
      openParent: (module) => this.#options.openParent(module),
      closeParent: (module) => this.#options.closeParent(module),
      onReleased: () => this.#forget(name, actor),
    });
    this.#actors.set(name, actor);
    return actor;
  }

  #forget(name: string, actor: ModuleActor): void {
    this.#lastIncarnations.set(name, actor.incarnation);
    if (!actor.isWanted && this.#actors.get(name) === actor) this.#actors.delete(name);
  }
}
