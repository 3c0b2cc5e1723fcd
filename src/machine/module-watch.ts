/** Follows what modules do: adopts processes that became ready, lets go of those that are gone, empties those that are about to stop. */
import type { Clock, Timer } from "../base/clock.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import type { ModuleManager, ModuleStatus } from "../module/module-host.js";
import type { HostedModule } from "./hosted-module.js";
import { ModuleRun } from "./module-run.js";
import type { ModuleTable } from "./module-table.js";
import type { Reconciler } from "./reconciler.js";

/** How long builds in flight may go on in a process that is to stop: one that hangs must not hold up the others. */
const BUILD_GRACE: Millis = seconds(1);
/** A process that was to be stopped but is ready so long after its limit is used again. */
const SECOND_THOUGHTS: Millis = seconds(15);

export interface ModuleWatchOptions {
  readonly clock: Clock;
  readonly table: ModuleTable;
  readonly reconciler: Reconciler;
  readonly manager: ModuleManager;
  /** A module offers other models than before. */
  readonly onOffersChanged: () => void;
}

interface Eviction {
  readonly run: ModuleRun;
  readonly timers: readonly Timer[];
  readonly resolve: () => void;
}

export class ModuleWatch {
  readonly #options: ModuleWatchOptions;
  readonly #news = new Set<HostedModule>();
  readonly #evictions = new Set<Eviction>();

  constructor(options: ModuleWatchOptions) {
    this.#options = options;
  }

  get isQuiet(): boolean {
    return this.#news.size === 0 && this.#evictions.size === 0;
  }

  /** Tells whether the status matters beyond its details. What follows is done in the next round: steps in quick succession count as one. */
  onStatus(status: ModuleStatus): boolean {
    const module = this.#options.table.get(status.name);
    if (!module.take(status)) return false;
    this.note(module);
    return true;
  }

  /** Looks at the module in the next round. */
  note(module: HostedModule): void {
    this.#news.add(module);
    this.#options.reconciler.schedule();
  }

  /** Brings everything up to date with what was noted. To be called at the start of a round. */
  update(): void {
    for (const module of this.#news) {
      this.#news.delete(module);
      this.#refresh(module);
    }
  }

  /** Removes what the process holds, dependents first. Settles when it is empty or the limit has passed. */
  evict(name: string, incarnation: number, limit: Millis): Promise<void> {
    const { clock, table, reconciler } = this.#options;
    const module = table.get(name);
    this.#adopt(module);
    const { run } = module;
    if (run === undefined || run.incarnation !== incarnation) return Promise.resolve();
    run.isEvicted = true;
    run.removeBy = millis(clock.now() + limit);
    this.note(module);
    return new Promise((resolve) => {
      const eviction: Eviction = {
        run,
        resolve,
        timers: [
          clock.after(BUILD_GRACE, () => reconciler.abandonBuilds(run), { unref: true }),
          clock.after(limit, () => this.#endEviction(eviction), { unref: true }),
        ],
      };
      this.#evictions.add(eviction);
      clock.after(millis(limit + SECOND_THOUGHTS), () => this.#reconsider(module, run), { unref: true });
    });
  }

  /** Ends evictions of processes that are empty. To be called at the end of a round. */
  settleEvictions(): void {
    for (const eviction of this.#evictions) {
      if (!eviction.run.isAlive || isEmpty(eviction.run)) this.#endEviction(eviction);
    }
  }

  #endEviction(eviction: Eviction): void {
    if (!this.#evictions.delete(eviction)) return;
    for (const timer of eviction.timers) timer.cancel();
    eviction.resolve();
  }

  #reconsider(module: HostedModule, run: ModuleRun): void {
    if (module.run !== run || module.status?.state !== "ready") return;
    run.isEvicted = false;
    run.removeBy = undefined;
    this.note(module);
  }

  #refresh(module: HostedModule): void {
    const { reconciler } = this.#options;
    const { run, status } = module;
    if (run !== undefined && !isStillIn(run, status)) {
      module.run = undefined;
      reconciler.lose(run);
    }
    this.#touchInterested(module);
    if (this.#adopt(module)) this.#touchInterested(module);
    for (const node of module.run?.nodes ?? []) reconciler.touch(node);
  }

  /** Takes a ready process into use. Tells whether the module now offers something else. */
  #adopt(module: HostedModule): boolean {
    const { manager, table, onOffersChanged } = this.#options;
    const { status, run } = module;
    if (status?.state !== "ready" || run?.incarnation === status.incarnation) return false;
    const calls = manager.calls(module.name);
    if (calls === undefined || calls.incarnation !== status.incarnation) return false;
    module.run = new ModuleRun(calls, status.address ?? "");
    if (!module.learn(status.handlers)) return false;
    table.forgetProviders();
    onOffersChanged();
    return true;
  }

  /** Resources whose model it has, and those whose model nobody has. */
  #touchInterested(module: HostedModule): void {
    const { reconciler, table } = this.#options;
    const { resources } = reconciler;
    for (const pair of resources.pairs()) {
      if (!table.concerns(module, pair)) continue;
      for (const node of resources.withPair(pair)) {
        reconciler.touch(node);
        // Status tells of the module that it waits for.
        if (node.instance === undefined) reconciler.changed(node);
      }
    }
  }
}

function isStillIn(run: ModuleRun, status: ModuleStatus | undefined): boolean {
  if (status?.incarnation !== run.incarnation) return false;
  return status.state === "ready" || (status.state === "stopping" && run.isEvicted);
}

function isEmpty(run: ModuleRun): boolean {
  for (const node of run.nodes) if (node.instance?.run === run || node.call?.run === run) return false;
  return true;
}
