/**
 * Performs what the module's state machine decides, for one module. Every module has its own actor and waits only for itself.
 * Events are taken one after another, also those that come while an effect is performed.
 */
import type { Timer } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { messageOf, PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { ApiKey, ModuleConfig } from "../config/machine-config.js";
import type { CgroupTree } from "../process/cgroup-tree.js";
import { LastOutput } from "./last-output.js";
import { causeOfEnd, causeOfError } from "./module-failure.js";
import type { FailureCause, ModuleCalls, ModuleManagerEvents, ModuleState, ModuleStatus } from "./module-host.js";
import { DRAIN_LIMIT, type ModuleLimits } from "./module-limits.js";
import { ModuleRevisions } from "./module-revisions.js";
import { ModuleRun } from "./module-run.js";
import { INITIAL_MACHINE, type ModuleEffect, type ModuleEvent, type ModuleMachine, moduleStateOf, type Run } from "./module-state.js";
import { transition } from "./module-transition.js";
import { type ParentPorts, ParentSocket } from "./parent-socket.js";
import { type ModuleSurroundings, prepareModule } from "./prepare-module.js";

/** What the outside knows of the calls to modules. */
export interface BusyPort {
  /** Whether a call of a client or another module is in flight in this process that began before this instant. Absent: none are. */
  isBusySince?(module: string, incarnation: number, at: Millis): boolean;
}

export interface ActorPorts extends ParentPorts, BusyPort {
  readonly surroundings: ModuleSurroundings;
  readonly socketFolder: string;
  /** What the marks of all our processes start with. */
  readonly supervisorId: string;
  readonly limits: ModuleLimits;
  readonly cgroups: CgroupTree;
  readonly logger: Logger;
  readonly events: ModuleManagerEvents;
  /** The module is down and nobody wants it. */
  onReleased(): void;
}

const LOGGED_LINES = 5;

export class ModuleActor {
  readonly #name: string;
  readonly #ports: ActorPorts;
  readonly #stdout: Logger;
  readonly #stderr: Logger;
  readonly #output = new LastOutput();
  readonly #revisions = new ModuleRevisions();
  readonly #parent: ParentSocket;
  readonly #inbox: ModuleEvent[] = [];
  readonly #background = new Set<Promise<void>>();
  #isBusy = false;
  #machine: ModuleMachine;
  #since: Date;
  #shownState: ModuleState = "stopped";
  #starts = 0;
  #run: ModuleRun | undefined;
  #preparation: AbortController | undefined;
  #retry: Timer | undefined;
  /** Told when a process was started, or could not be, or is not to be. */
  #startWaiters: (() => void)[] = [];

  /** `incarnation`: the last one of an earlier actor of this module. */
  constructor(name: string, incarnation: number, ports: ActorPorts) {
    this.#name = name;
    this.#ports = ports;
    this.#parent = new ParentSocket(name, ports);
    this.#stdout = ports.logger.child("StdOut");
    this.#stderr = ports.logger.child("StdErr");
    this.#machine = { ...INITIAL_MACHINE, incarnation };
    this.#since = ports.surroundings.clock.wall();
  }

  get isWanted(): boolean {
    return this.#machine.wanted !== undefined;
  }

  get incarnation(): number {
    return this.#machine.incarnation;
  }

  get calls(): ModuleCalls | undefined {
    const { kind } = this.#machine.phase;
    return kind === "ready" || kind === "draining" ? this.#run?.calls : undefined;
  }

  want(config: ModuleConfig, apiKey: ApiKey | undefined): void {
    const inUse = this.#revisionsInUse();
    const revision = this.#revisions.find({ config, apiKey }, inUse) ?? this.#revisions.add({ config, apiKey }, inUse);
    if (revision !== this.#machine.wanted) this.#dispatch({ kind: "want", revision });
  }

  unwant(): void {
    if (this.isWanted) this.#dispatch({ kind: "unwant" });
  }

  /** Resolves when a new process was started, or failed to. */
  async restart(): Promise<void> {
    const spec = this.#machine.wanted === undefined ? undefined : this.#revisions.get(this.#machine.wanted);
    if (spec === undefined) return;
    const { config, apiKey } = spec;
    const isStarted = new Promise<void>((resolve) => this.#startWaiters.push(resolve));
    this.#dispatch({ kind: "want", revision: this.#revisions.add({ config, apiKey }, this.#revisionsInUse()) });
    await isStarted;
  }

  /** Stops the process without asking for its resources to be removed. Resolves when nothing of it is left. */
  async shutDown(): Promise<void> {
    this.#dispatch({ kind: "shut-down" });
    while (this.#machine.phase.kind !== "stopped") await new Promise<void>((resolve) => this.#startWaiters.push(resolve));
    await Promise.all(this.#background);
  }

  /** Ends everything of the module without waiting for it; it stays down. */
  kill(): void {
    this.#dispatch({ kind: "shut-down" });
    this.#run?.kill();
  }

  status(): ModuleStatus | undefined {
    const { phase, incarnation, consecutiveFailures, lastFailure, wanted } = this.#machine;
    const shown = "run" in phase ? phase.run.revision : wanted;
    const config = (shown === undefined ? this.#revisions.latest() : this.#revisions.get(shown))?.config;
    if (config === undefined) return undefined;
    const isServing = phase.kind === "ready" || phase.kind === "draining";
    const pid = this.#run?.pid;
    const address = isServing ? this.#run?.address : undefined;
    const limitsProblem = "run" in phase ? this.#run?.limitsProblem : undefined;
    return {
      name: this.#name,
      state: moduleStateOf(this.#machine),
      since: this.#since,
      config,
      incarnation,
      handlers: isServing ? (this.#run?.handlers ?? []) : [],
      consecutiveFailures,
      restarts: Math.max(0, this.#starts - 1),
      lastOutput: this.#output.lines(),
      ...(pid === undefined ? {} : { pid }),
      ...(address === undefined ? {} : { address }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
      ...(limitsProblem === undefined ? {} : { limitsProblem }),
    };
  }

  /** Those that may still be started. */
  #revisionsInUse(): readonly (number | undefined)[] {
    const { wanted, phase } = this.#machine;
    return [wanted, "run" in phase ? phase.run.revision : undefined];
  }

  #dispatch(event: ModuleEvent): void {
    this.#inbox.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#take(next);
    this.#isBusy = false;
  }

  #take(event: ModuleEvent): void {
    const before = this.#machine;
    const { machine, effects } = transition(before, event);
    this.#machine = machine;
    for (const effect of effects) this.#perform(effect);
    if (machine !== before) this.#announce();
    if (effects.some((effect) => effect.kind === "release")) this.#ports.onReleased();
  }

  #perform(effect: ModuleEffect): void {
    switch (effect.kind) {
      case "prepare":
        this.#prepare(effect.revision);
        return;
      case "cancel-preparation":
        this.#preparation?.abort();
        return;
      case "spawn":
        this.#spawn(effect.run);
        return;
      case "drain":
        this.#keep(this.#drain(effect.incarnation));
        return;
      case "stop-process":
        this.#run?.stop();
        return;
      case "kill-process":
        this.#run?.kill(`${effect.cause.message}; it is replaced`);
        return;
      case "arm-retry":
        this.#retry = this.#ports.surroundings.clock.after(effect.delay, () => this.#dispatch({ kind: "retry" }));
        return;
      case "cancel-retry":
        this.#retry?.cancel();
        return;
      case "report-failure":
        this.#ports.logger.error(
          {
            kind: effect.cause.kind,
            error: effect.cause.message,
            retry_in: formatGoDuration(effect.delay),
            ...(effect.cause.output === undefined ? {} : { last_output: effect.cause.output.slice(-LOGGED_LINES) }),
          },
          "module failed",
        );
        this.#wakeStartWaiters();
        return;
      case "release":
        this.#release();
    }
  }

  #withOutput(cause: FailureCause): FailureCause {
    const output = this.#output.fresh();
    return output.length === 0 ? cause : { ...cause, output };
  }

  #prepare(revision: number): void {
    const spec = this.#revisions.get(revision);
    if (spec === undefined) return;
    const controller = new AbortController();
    this.#preparation = controller;
    // A process may be running beside; what it says is not of the preparation.
    if (this.#run?.pid === undefined) this.#output.mark();
    this.#parent.open().catch(() => undefined); // opening overlaps with the preparation; the start reports what went wrong
    const work = prepareModule(this.#ports.surroundings, {
      config: spec.config,
      apiKey: spec.apiKey,
      logger: this.#ports.logger,
      mark: `${this.#ports.supervisorId}/${this.#name}#first-run`,
      signal: controller.signal,
      onLine: (line) => this.#output.add(line),
      onFirstRun: () => this.#dispatch({ kind: "first-run-started", revision }),
    });
    this.#keep(
      work.then(
        (executable) => {
          if (controller.signal.aborted) return;
          spec.executable = executable;
          this.#dispatch({ kind: "prepared", revision });
        },
        (error: unknown) => {
          if (!controller.signal.aborted)
            this.#dispatch({ kind: "prepare-failed", revision, cause: this.#withOutput(causeOfError(error)) });
        },
      ),
    );
  }

  #spawn({ revision, incarnation }: Run): void {
    const { clock } = this.#ports.surroundings;
    this.#starts += 1;
    try {
      this.#run = this.#startRun(revision, incarnation);
      this.#keep(this.#run.started);
    } catch (error) {
      this.#run = undefined;
      this.#dispatch({ kind: "ended", incarnation, cause: { kind: "spawn", message: messageOf(error) }, at: clock.now() });
    }
    this.#wakeStartWaiters();
  }

  #startRun(revision: number, incarnation: number): ModuleRun {
    const { surroundings, socketFolder, limits, cgroups, logger } = this.#ports;
    const spec = this.#revisions.get(revision);
    if (spec?.executable === undefined) throw new PinionError("INTERNAL", `module "${this.#name}" was to start unprepared`);
    const { clock } = surroundings;
    const startedAt = clock.now();
    let wasReady = false;
    this.#output.mark();
    const run: ModuleRun = new ModuleRun({
      incarnation,
      config: spec.config,
      apiKey: spec.apiKey,
      executable: spec.executable,
      parent: this.#parent.open(),
      surroundings,
      socketFolder,
      mark: `${this.#ports.supervisorId}/${this.#name}#${incarnation}`,
      limits,
      cgroups,
      logger,
      isBusySince: (at) => this.#ports.isBusySince?.(this.#name, incarnation, at) ?? false,
      listener: {
        onLine: (stream, line) => this.#print(stream, line),
        onReady: () => {
          wasReady = true;
          logger.info({ pid: run.pid, incarnation, took_ms: Math.round(clock.now() - startedAt) }, "module ready");
          this.#dispatch({ kind: "handshaken", incarnation, at: clock.now() });
        },
        onGone: (reason) => this.#tell(() => this.#ports.events.onGone?.(this.#name, incarnation, reason)),
        onFailed: (error) => this.#dispatch({ kind: "failed", incarnation, cause: this.#withOutput(causeOfError(error)), at: clock.now() }),
        onExit: (at) => this.#tell(() => this.#ports.events.onExit?.(this.#name, incarnation, at)),
        onEnd: (end) => {
          const cause = this.#withOutput(causeOfEnd(this.#name, end, wasReady, this.#output.fresh()));
          this.#dispatch({ kind: "ended", incarnation, cause, at: clock.now() });
        },
      },
    });
    return run;
  }

  async #drain(incarnation: number): Promise<void> {
    const { events, surroundings, logger } = this.#ports;
    const what = `removing the resources of module "${this.#name}"`;
    try {
      await withDeadline(surroundings.clock, DRAIN_LIMIT, what, events.beforeStop(this.#name, incarnation, DRAIN_LIMIT));
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "module is stopped with resources left");
    }
    this.#dispatch({ kind: "drained", incarnation });
  }

  #release(): void {
    this.#keep(this.#parent.close());
    this.#wakeStartWaiters();
  }

  #print(stream: "stdout" | "stderr", line: string): void {
    this.#output.add(line);
    if (stream === "stdout") this.#stdout.info({}, line);
    else this.#stderr.error({}, line);
  }

  #announce(): void {
    const state = moduleStateOf(this.#machine);
    if (state !== this.#shownState) this.#since = this.#ports.surroundings.clock.wall();
    this.#shownState = state;
    const status = this.status();
    if (status === undefined) return;
    this.#tell(() => this.#ports.events.onStatus(status));
  }

  /** A listener that throws must not stop the module's own course. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#ports.logger.error({ error: messageOf(error) }, "unexpected error of a listener to module events");
    }
  }

  #wakeStartWaiters(): void {
    const waiters = this.#startWaiters;
    this.#startWaiters = [];
    for (const wake of waiters) wake();
  }

  /** Work that goes on beside; it is awaited when the actor is shut down. */
  #keep(work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) => this.#ports.logger.error({ error: messageOf(error) }, "unexpected error in a module's background work"))
      .finally(() => this.#background.delete(kept));
    this.#background.add(kept);
  }
}
