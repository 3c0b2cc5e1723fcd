/** Turns the machine's status into events: what changed that somebody may want to know later. */
import type { Clock, Timer } from "../base/clock.js";
import type { JsonObject } from "../base/json.js";
import { type Millis, millis, minutes } from "../base/millis.js";
import type { MachineStatus, ResourceStatus } from "../machine/machine-status.js";
import type { ModuleStatus } from "../module/module-host.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { History } from "./history.js";

export interface MachineEventsOptions {
  readonly clock: Clock;
  readonly history: Pick<History, "tell">;
  readonly status: () => MachineStatus;
  /** Gets what was looked at. */
  readonly onLooked: (status: MachineStatus) => void;
}

/** Changes that follow each other faster are looked at together. */
const LOOK_AFTER = millis(100);
/** Failures in a row that are told one by one; of more only the 8th, 16th, 32nd …, so that a flapping module does not push out all else. */
const TOLD_SINGLY = 4;
/** After so much time without one a failure is news again. */
const ROW_ENDS_AFTER = minutes(10);
const OUTPUT_LINES = 5;

interface KnownModule {
  readonly state: string;
  readonly failures: number;
  /** Failures with the same words in a row, over restarts that succeeded for a moment too. */
  readonly repeats: number;
  readonly failure: string;
  readonly failedAt: Millis | undefined;
}

const UNKNOWN: KnownModule = { state: "", failures: 0, repeats: 0, failure: "", failedAt: undefined };

export class MachineEvents {
  readonly #options: MachineEventsOptions;
  readonly #modules = new Map<string, KnownModule>();
  #resources: ReadonlyMap<ResourceName, ResourceStatus> = new Map();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: MachineEventsOptions) {
    this.#options = options;
  }

  onModule(status: ModuleStatus): void {
    if (this.#isClosed) return;
    const { name, state, lastFailure, consecutiveFailures } = status;
    const known = this.#modules.get(name) ?? UNKNOWN;
    const now = this.#options.clock.now();
    const isRow = known.failedAt !== undefined && now - known.failedAt < ROW_ENDS_AFTER;
    const message = lastFailure?.message ?? "";
    const isNewFailure =
      lastFailure !== undefined && (consecutiveFailures > known.failures || (known.failures === 0 && known.failure === ""));
    const repeats = isNewFailure ? (isRow && message === known.failure ? known.repeats + 1 : 1) : known.repeats;
    const failed = isNewFailure ? { failure: message, failedAt: now } : { failure: known.failure, failedAt: known.failedAt };
    this.#modules.set(name, { state, failures: consecutiveFailures, repeats, ...failed });
    if (isNewFailure && isTold(repeats)) this.#tellFailure(status, repeats);
    if (state !== known.state && isTold(repeats)) this.#tellState(status, known.state);
    if (state === "stopped") this.#modules.delete(name);
  }

  /** Something about the resources changed. */
  onChange(): void {
    if (this.#isClosed) return;
    const look = (): void => {
      this.#timer = undefined;
      this.#look();
    };
    this.#timer ??= this.#options.clock.after(LOOK_AFTER, look, { unref: true });
  }

  /** Looks now: what is told next shall come after it. */
  flush(): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#look();
  }

  /** What ends because the supervisor ends is no news. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #look(): void {
    const { history, status, onLooked } = this.#options;
    const before = this.#resources;
    const next = new Map<ResourceName, ResourceStatus>();
    const looked = status();
    onLooked(looked);
    for (const resource of looked.resources) {
      const known = before.get(resource.name);
      next.set(resource.name, isPassing(resource) && known !== undefined ? known : resource);
      if (resource !== known && !isPassing(resource) && wordsOf(resource) !== wordsOf(known)) this.#tellResource(resource);
    }
    for (const name of before.keys()) {
      if (!next.has(name)) history.tell("resource-removed", "left the config", { resource: name });
    }
    this.#resources = next;
  }

  #tellResource(resource: ResourceStatus): void {
    const { name, state, module, error, waitsFor } = resource;
    const about = { resource: name, ...(module === undefined ? {} : { module }) };
    if (state === "ready") this.#options.history.tell("resource-ready", "is ready", about);
    else if (waitsFor.length > 0) this.#options.history.tell("resource-waits", error ?? `waits for ${waitsFor.join(", ")}`, about);
    else this.#options.history.tell("resource-unhealthy", error ?? state, about);
  }

  #tellFailure({ name, lastFailure, consecutiveFailures, lastOutput, restarts }: ModuleStatus, repeats: number): void {
    const detail: JsonObject = {
      cause: lastFailure?.kind ?? "",
      failures_in_a_row: consecutiveFailures,
      restarts,
      ...(repeats > TOLD_SINGLY ? { same_failure_times: repeats } : {}),
      last_output: (lastFailure?.output ?? lastOutput).slice(-OUTPUT_LINES),
    };
    this.#options.history.tell("module-failed", lastFailure?.message ?? "", { module: name, detail });
  }

  #tellState({ name, state, pid, restarts }: ModuleStatus, before: string): void {
    const { history } = this.#options;
    const about = { module: name, detail: { ...(pid === undefined ? {} : { pid }), restarts } };
    if (before === "first-run" && (state === "starting" || state === "ready"))
      history.tell("module-first-run-done", "its set-up script succeeded", about);
    if (state === "ready")
      history.tell(restarts > 0 ? "module-restarted" : "module-ready", restarts > 0 ? "is ready again" : "is ready", about);
    if (state === "first-run") history.tell("module-first-run", "runs its set-up script", about);
    if (state === "quarantined") history.tell("module-quarantined", "fails again and again and is tried seldom from now on", about);
    if (state === "stopped") history.tell("module-stopped", "was stopped", about);
  }
}

/** On the way from one state to another. */
function isPassing({ state, waitsFor }: ResourceStatus): boolean {
  return state === "configuring" || state === "removing" || (state === "unconfigured" && waitsFor.length === 0);
}

function wordsOf(resource: ResourceStatus | undefined): string {
  return resource === undefined ? "" : `${resource.state} ${resource.error ?? ""} ${resource.waitsFor.join(" ")}`;
}

function isTold(repeats: number): boolean {
  return repeats <= TOLD_SINGLY || (repeats & (repeats - 1)) === 0;
}
