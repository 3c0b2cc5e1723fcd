/** The life of one child process as a pure state machine. Sends no signal and reads no clock; the effects say what to do. */
import { type Millis, millis, seconds } from "../base/millis.js";
import type { OutOfMemory } from "./out-of-memory.js";
import type { ProcessEnd } from "./process-end.js";

export type ProcessState =
  | { readonly kind: "idle" }
  | { readonly kind: "spawning" }
  | { readonly kind: "running"; readonly pid: number }
  /** The group got SIGTERM and has until the timer to leave. */
  | { readonly kind: "terminating"; readonly pid: number }
  | { readonly kind: "killing"; readonly pid: number }
  /** The process left in time, others of its group are still at work. */
  | { readonly kind: "sweeping"; readonly pid: number; readonly end: ProcessEnd }
  | { readonly kind: "ended"; readonly end: ProcessEnd };

export type ProcessTimer = "limit" | "probe";

export type ProcessEvent =
  | { readonly kind: "start" }
  | { readonly kind: "spawned"; readonly pid: number }
  | { readonly kind: "spawn-failed"; readonly message: string }
  /** An orderly stop was asked for. */
  | { readonly kind: "stop" }
  /** The end was asked for, now. */
  | { readonly kind: "kill" }
  | {
      readonly kind: "exited";
      readonly code: number | undefined;
      readonly signal: NodeJS.Signals | undefined;
      readonly outOfMemory?: OutOfMemory;
    }
  | { readonly kind: "group-gone" }
  | { readonly kind: "timeout"; readonly timer: ProcessTimer };

export type ProcessEffect =
  | { readonly kind: "spawn" }
  | { readonly kind: "signal-group"; readonly pid: number; readonly signal: "SIGTERM" | "SIGKILL" }
  /** Look whether anything of the group is left; answers with `group-gone` or not at all. */
  | { readonly kind: "probe-group"; readonly pid: number }
  | { readonly kind: "arm-timer"; readonly timer: ProcessTimer; readonly delay: Millis }
  | { readonly kind: "cancel-timers" }
  | { readonly kind: "report-end"; readonly end: ProcessEnd };

export interface ProcessStep {
  readonly state: ProcessState;
  readonly effects: readonly ProcessEffect[];
}

/** From SIGTERM to SIGKILL. */
const STOP_LIMIT: Millis = seconds(10);
/** What is left of the group after an orderly end of its leader: a wrapper script dies of SIGTERM before the program it started. */
const STRAGGLER_LIMIT: Millis = seconds(3);
/** From SIGKILL to giving up on a process that hangs inside the kernel. */
const KILL_LIMIT: Millis = seconds(5);
const PROBE_INTERVAL: Millis = millis(50);

export function transition(state: ProcessState, event: ProcessEvent): ProcessStep {
  switch (state.kind) {
    case "idle":
      return whileIdle(state, event);
    case "spawning":
      return whileSpawning(state, event);
    case "running":
      return whileRunning(state, event);
    case "terminating":
      return whileTerminating(state, event);
    case "killing":
      return whileKilling(state, event);
    case "sweeping":
      return whileSweeping(state, event);
    case "ended":
      return stay(state);
  }
}

const stay = (state: ProcessState): ProcessStep => ({ state, effects: [] });

function whileIdle(state: ProcessState, event: ProcessEvent): ProcessStep {
  if (event.kind === "start") return { state: { kind: "spawning" }, effects: [{ kind: "spawn" }] };
  if (event.kind === "stop" || event.kind === "kill")
    return ended({ kind: "not-started", message: "it was stopped before it was started" });
  return stay(state);
}

function whileSpawning(state: ProcessState, event: ProcessEvent): ProcessStep {
  if (event.kind === "spawned") return stay({ kind: "running", pid: event.pid });
  if (event.kind === "spawn-failed") return ended({ kind: "not-started", message: event.message });
  return stay(state);
}

function whileRunning(state: ProcessState & { kind: "running" }, event: ProcessEvent): ProcessStep {
  const { pid } = state;
  if (event.kind === "stop") {
    return {
      state: { kind: "terminating", pid },
      effects: [
        { kind: "signal-group", pid, signal: "SIGTERM" },
        { kind: "arm-timer", timer: "limit", delay: STOP_LIMIT },
      ],
    };
  }
  if (event.kind === "kill") return kill(pid);
  // After a crash nothing of the old group may be left beside the next process.
  if (event.kind === "exited") return ended(endOf(pid, event, false), pid);
  return stay(state);
}

function whileTerminating(state: ProcessState & { kind: "terminating" }, event: ProcessEvent): ProcessStep {
  const { pid } = state;
  if (event.kind === "kill" || (event.kind === "timeout" && event.timer === "limit")) return kill(pid);
  if (event.kind !== "exited") return stay(state);
  return {
    state: { kind: "sweeping", pid, end: endOf(pid, event, true) },
    effects: [
      { kind: "cancel-timers" },
      { kind: "arm-timer", timer: "limit", delay: STRAGGLER_LIMIT },
      { kind: "arm-timer", timer: "probe", delay: PROBE_INTERVAL },
      { kind: "probe-group", pid },
    ],
  };
}

function whileKilling(state: ProcessState & { kind: "killing" }, event: ProcessEvent): ProcessStep {
  if (event.kind === "exited") return ended(endOf(state.pid, event, true), state.pid);
  if (event.kind === "timeout" && event.timer === "limit") return ended({ kind: "stuck", pid: state.pid });
  return stay(state);
}

function whileSweeping(state: ProcessState & { kind: "sweeping" }, event: ProcessEvent): ProcessStep {
  const { pid, end } = state;
  if (event.kind === "group-gone") return ended(end);
  if (event.kind === "kill" || (event.kind === "timeout" && event.timer === "limit")) return ended(end, pid);
  if (event.kind !== "timeout") return stay(state);
  return {
    state,
    effects: [
      { kind: "arm-timer", timer: "probe", delay: PROBE_INTERVAL },
      { kind: "probe-group", pid },
    ],
  };
}

function kill(pid: number): ProcessStep {
  return {
    state: { kind: "killing", pid },
    effects: [
      { kind: "signal-group", pid, signal: "SIGKILL" },
      { kind: "cancel-timers" },
      { kind: "arm-timer", timer: "limit", delay: KILL_LIMIT },
    ],
  };
}

/** `group`: what is left of this group is killed first. */
function ended(end: ProcessEnd, group?: number): ProcessStep {
  const sweep: readonly ProcessEffect[] = group === undefined ? [] : [{ kind: "signal-group", pid: group, signal: "SIGKILL" }];
  return { state: { kind: "ended", end }, effects: [...sweep, { kind: "cancel-timers" }, { kind: "report-end", end }] };
}

function endOf(pid: number, event: ProcessEvent & { kind: "exited" }, isRequested: boolean): ProcessEnd {
  const { code, signal, outOfMemory } = event;
  if (signal !== undefined) return { kind: "signalled", pid, signal, isRequested, ...(outOfMemory === undefined ? {} : { outOfMemory }) };
  return { kind: "exited", pid, code: code ?? 0, isRequested };
}
