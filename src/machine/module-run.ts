/** One ready process of a module as the reconciler uses it: its calls, what it holds, and who queues for it. */
import { type Millis, millis } from "../base/millis.js";
import type { ModuleCalls } from "../module/module-host.js";
import type { ResourceNode } from "./resource-node.js";

/** Builds, and removals, in flight at a time in one process. */
const PARALLEL_CALLS = 10;

/** Calls of one sort to one process: at most ten at a time, the others in order. */
export class CallLane {
  #running = 0;
  readonly waiting: Set<ResourceNode> = new Set();

  get hasRoom(): boolean {
    return this.#running < PARALLEL_CALLS;
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.waiting.size === 0;
  }

  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
  }

  /** Takes the one that waits longest. */
  next(): ResourceNode | undefined {
    for (const node of this.waiting) {
      this.waiting.delete(node);
      return node;
    }
    return undefined;
  }
}

export class ModuleRun {
  readonly module: string;
  readonly incarnation: number;
  readonly address: string;
  readonly calls: ModuleCalls;
  readonly builds: CallLane = new CallLane();
  readonly removals: CallLane = new CallLane();
  /** Every resource with an instance, a possible remainder or a call in this process. */
  readonly nodes: Set<ResourceNode> = new Set();
  isAlive = true;
  /** It is about to be stopped: nothing is built in it any more and what it holds is removed. */
  isEvicted = false;
  /** Instant by which removals have to end while it is evicted. */
  removeBy: Millis | undefined;
  /** It answered that it has no ReconfigureResource. */
  lacksReconfigure = false;

  constructor(calls: ModuleCalls, address: string) {
    this.module = calls.module;
    this.incarnation = calls.incarnation;
    this.address = address;
    this.calls = calls;
  }

  /** How long a removal may take: the usual limit, or what is left of the eviction. */
  removalLimit(usual: Millis, now: Millis): Millis {
    return this.removeBy === undefined ? usual : millis(Math.max(1, Math.min(usual, this.removeBy - now)));
  }
}
