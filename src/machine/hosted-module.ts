/** A module as the machine sees it: its place in the config, its last status, the process in use, what it is known to offer. */
import { isEqualJson } from "../base/json.js";
import { isEqualModuleConfig } from "../config/diff-config.js";
import type { ModuleConfig } from "../config/machine-config.js";
import type { Handler, ModuleStatus } from "../module/module-host.js";
import type { ModuleRun } from "./module-run.js";

/** `coming`: it will soon be ready, as far as one can know. */
export type ModuleCondition = "ready" | "coming" | "down";

export class HostedModule {
  readonly name: string;
  /** Undefined: it is to go. */
  config: ModuleConfig | undefined;
  status: ModuleStatus | undefined;
  run: ModuleRun | undefined;
  /** Of the last time it was ready. */
  handlers: readonly Handler[] = [];
  pairs: ReadonlySet<string> = new Set();
  /** It was ready and went away by itself; the first restart is under way. */
  #isRecovering = false;

  constructor(name: string) {
    this.name = name;
  }

  get condition(): ModuleCondition {
    if (this.config === undefined) return "down";
    const state = this.status?.state ?? "pending";
    if (state === "ready") return this.run === undefined || this.run.isEvicted ? "coming" : "ready";
    if (state === "quarantined" || (state === "backoff" && !this.#isRecovering)) return "down";
    return "coming";
  }

  /** Nothing is known to happen to it by itself, but for retries. */
  get isSettled(): boolean {
    const { config, status, run } = this;
    if (config === undefined) return status === undefined || status.state === "stopped";
    if (this.condition === "coming" || status === undefined) return false;
    const isReplaced = status.state === "ready" && status.lastFailure === undefined && !isEqualModuleConfig(status.config, config);
    return !isReplaced && run?.isEvicted !== true;
  }

  /** Takes the status over. Tells whether anything changed that matters to resources. */
  take(status: ModuleStatus): boolean {
    const before = this.status;
    this.status = status;
    if (status.state === "ready") this.#isRecovering = false;
    else if (before?.state === "ready" && this.run?.isEvicted !== true) this.#isRecovering = true;
    else if (before !== undefined && status.consecutiveFailures > before.consecutiveFailures && before.consecutiveFailures > 0) {
      this.#isRecovering = false;
    }
    return (
      before === undefined ||
      before.state !== status.state ||
      before.incarnation !== status.incarnation ||
      before.lastFailure?.message !== status.lastFailure?.message ||
      before.handlers !== status.handlers
    );
  }

  /** Takes the handlers of a process that became ready. Tells whether they differ from those known. */
  learn(handlers: readonly Handler[]): boolean {
    if (this.handlers === handlers) return false;
    if (isEqualJson(this.handlers, handlers)) return false;
    this.handlers = handlers;
    this.pairs = new Set(handlers.flatMap(({ api, models }) => models.map((model) => pairOf(api, model))));
    return true;
  }

  /** Why it does not answer, for people. */
  get cause(): string {
    const failure = this.status?.lastFailure?.message;
    if (this.config === undefined) return "it is no longer in the config";
    const state = this.status?.state ?? "pending";
    return failure === undefined ? `it is ${DOING[state]}` : `it is ${DOING[state]} after a failure: ${failure}`;
  }
}

const DOING: Readonly<Record<ModuleStatus["state"], string>> = {
  pending: "about to start",
  "first-run": "in its first run",
  starting: "starting",
  ready: "ready",
  stopping: "stopping",
  stopped: "stopped",
  backoff: "down",
  quarantined: "down and failing again and again",
};

/** The key under which modules offer, and resources look for, a model of an API. */
export function pairOf(api: string, model: string): string {
  return `${api} ${model}`;
}
