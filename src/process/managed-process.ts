/** Starts and stops one child process with its group, and reads what it prints. Knows nothing of gRPC. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Clock, Timer } from "../base/clock.js";
import { type Millis, seconds } from "../base/millis.js";
import { countOomKills, type OutOfMemory, wasOutOfMemory } from "./out-of-memory.js";
import { OutputReader } from "./output-reader.js";
import type { ProcessEnd } from "./process-end.js";
import { isGroupAlive, signalGroup } from "./process-group.js";
import { killMarked, markEntry } from "./process-mark.js";
import { type ProcessEffect, type ProcessEvent, type ProcessState, type ProcessTimer, transition } from "./process-state.js";
import { explainSpawnFailure } from "./spawn-failure.js";

export interface ProcessSpec {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Unique to this process; by it those are found and ended with it that left its group. */
  readonly mark?: string;
  /** A group of the kernel's resource control that it is started in. */
  readonly cgroup?: ProcessCgroup;
}

/** What limits the process and all that it starts, however they detach themselves. */
export interface ProcessCgroup {
  /** The file that a process writes its own pid to in order to enter. */
  readonly entrance: string;
  /** SIGKILL to all in it. */
  kill(): void;
  /** Whether memory ran out in it. */
  wasOutOfMemory(): boolean;
}

export type OutputStream = "stdout" | "stderr";

export interface ProcessListener {
  onLine(stream: OutputStream, line: string): void;
  /** Called once, before anything that takes time is done about the end. `at`: when the process was gone. */
  onExit?(at: Millis): void;
  /** Called once, at the moment of the end; the last lines may come shortly after it. */
  onEnd(end: ProcessEnd): void;
}

// Something that left the group may hold the pipes open for ever.
const DRAIN_LIMIT: Millis = seconds(1);

export class ManagedProcess {
  readonly #spec: ProcessSpec;
  readonly #clock: Clock;
  readonly #listener: ProcessListener;
  readonly #timers = new Map<ProcessTimer, Timer>();
  #readers: readonly OutputReader[] = [];
  #state: ProcessState = { kind: "idle" };
  #oomKillsBefore: number | undefined;
  #exitedAt: Millis | undefined;
  #isExitTold = false;

  constructor(spec: ProcessSpec, clock: Clock, listener: ProcessListener) {
    this.#spec = spec;
    this.#clock = clock;
    this.#listener = listener;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** While it runs, and until it ended when asked to. */
  get pid(): number | undefined {
    return "pid" in this.#state ? this.#state.pid : undefined;
  }

  start(): void {
    this.#dispatch({ kind: "start" });
  }

  /** SIGTERM to the group, SIGKILL when it takes too long. The end is told to the listener. */
  stop(): void {
    this.#dispatch({ kind: "stop" });
  }

  /** SIGKILL to the group, at once. */
  kill(): void {
    this.#dispatch({ kind: "kill" });
  }

  #dispatch(event: ProcessEvent): void {
    const { state, effects } = transition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ProcessEffect): void {
    switch (effect.kind) {
      case "spawn":
        this.#spawn();
        return;
      case "signal-group":
        signalGroup(effect.pid, effect.signal);
        return;
      case "probe-group":
        if (!isGroupAlive(effect.pid)) this.#dispatch({ kind: "group-gone" });
        return;
      case "arm-timer":
        this.#arm(effect.timer, effect.delay);
        return;
      case "cancel-timers":
        for (const timer of this.#timers.values()) timer.cancel();
        this.#timers.clear();
        return;
      case "report-end":
        if (effect.end.kind !== "not-started") this.#tellExit();
        this.#killStrays(effect.end);
        this.#clock.after(DRAIN_LIMIT, () => this.#closeReaders(), { unref: true });
        this.#listener.onEnd(effect.end);
    }
  }

  #arm(timer: ProcessTimer, delay: Millis): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.set(
      timer,
      this.#clock.after(delay, () => this.#dispatch({ kind: "timeout", timer })),
    );
  }

  #spawn(): void {
    const { cwd, env, mark } = this.#spec;
    const [command = "", ...args] = commandLine(this.#spec);
    const marked = mark === undefined ? { ...env } : { ...env, ...markEntry(mark) };
    this.#oomKillsBefore = countOomKills();
    let child: ChildProcess;
    try {
      child = spawn(command, args, { cwd, env: marked, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      this.#dispatch({ kind: "spawn-failed", message: explainSpawnFailure(this.#spec, error) });
      return;
    }
    child.on("error", (error) => this.#dispatch({ kind: "spawn-failed", message: explainSpawnFailure(this.#spec, error) }));
    if (child.pid === undefined) return; // the error event follows
    // Not "close", which waits for the pipes: whoever restarts must not wait for them.
    child.on("exit", (code, signal) => {
      this.#exitedAt = this.#clock.now();
      // One that was asked to leave may have left others of its group that are still at work.
      if (this.#state.kind !== "terminating") this.#tellExit();
      const exited = { kind: "exited", code: code ?? undefined, signal: signal ?? undefined } as const;
      const outOfMemory = signal === "SIGKILL" ? this.#whetherOutOfMemory() : undefined;
      // What it printed last mostly waits in the pipes: one round of the event loop reads it, so that it is told before the end.
      setImmediate(() => this.#dispatch(outOfMemory === undefined ? exited : { ...exited, outOfMemory }));
    });
    this.#dispatch({ kind: "spawned", pid: child.pid });
    this.#readers = [this.#read(child.stdout, "stdout"), this.#read(child.stderr, "stderr")].flat();
  }

  #tellExit(): void {
    if (this.#isExitTold) return;
    this.#isExitTold = true;
    // What is left of the group after a crash may hold what its leader held.
    if (this.#state.kind === "running") signalGroup(this.#state.pid, "SIGKILL");
    this.#listener.onExit?.(this.#exitedAt ?? this.#clock.now());
  }

  #whetherOutOfMemory(): OutOfMemory | undefined {
    const { pid } = this;
    if (pid === undefined || this.#state.kind === "killing") return undefined;
    return this.#spec.cgroup?.wasOutOfMemory() === true ? "certain" : wasOutOfMemory(pid, this.#oomKillsBefore);
  }

  /** Those that left the group. */
  #killStrays(end: ProcessEnd): void {
    const { mark, cgroup } = this.#spec;
    if (end.kind === "not-started") return;
    cgroup?.kill();
    if (mark !== undefined) killMarked(mark);
  }

  #read(stream: ChildProcess["stdout"], name: OutputStream): readonly OutputReader[] {
    return stream === null ? [] : [new OutputReader(stream, this.#clock, (line) => this.#listener.onLine(name, line))];
  }

  #closeReaders(): void {
    for (const reader of this.#readers) reader.close();
  }
}

/** A shell enters the group of resource control and becomes the program: nothing of it ever runs outside. */
function commandLine({ command, args, cgroup }: ProcessSpec): readonly string[] {
  if (cgroup === undefined) return [command, ...args];
  return ["/bin/sh", "-c", 'echo $$ > "$1"; shift; exec "$@"', "sh", cgroup.entrance, command, ...args];
}
