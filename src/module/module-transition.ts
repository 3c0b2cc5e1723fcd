/** The life of one module as a pure function: from a state and an event to the next state and what is to be done. */
import { type Millis, seconds } from "../base/millis.js";
import type { FailureCause } from "./module-host.js";
import type { ModuleEffect, ModuleEvent, ModuleMachine, Phase, Replacement, Run } from "./module-state.js";
import { restartDelay, STABLE_AFTER } from "./restart-delay.js";

export interface ModuleStep {
  readonly machine: ModuleMachine;
  readonly effects: readonly ModuleEffect[];
}

const REFUSED_RETRY: Millis = seconds(5);
const NO_REPLACEMENT: Replacement = { kind: "none" };

export function transition(machine: ModuleMachine, event: ModuleEvent): ModuleStep {
  switch (event.kind) {
    case "want":
      return onWant(machine, event.revision);
    case "unwant":
    case "shut-down":
      return onUnwant({ ...machine, wanted: undefined }, event.kind === "unwant");
    case "first-run-started":
      return onFirstRunStarted(machine, event.revision);
    case "prepared":
      return onPrepared(machine, event.revision);
    case "prepare-failed":
      return onPrepareFailed(machine, event.revision, event.cause);
    case "handshaken":
      return onHandshaken(machine, event);
    case "failed":
      return onFailed(machine, event);
    case "ended":
      return onEnded(machine, event);
    case "drained":
      return onDrained(machine, event.incarnation);
    case "retry":
      return onRetry(machine);
  }
}

const stay = (machine: ModuleMachine): ModuleStep => ({ machine, effects: [] });

function to(machine: ModuleMachine, phase: Phase, ...effects: readonly ModuleEffect[]): ModuleStep {
  return { machine: { ...machine, phase }, effects };
}

function prepare(machine: ModuleMachine, revision: number, ...before: readonly ModuleEffect[]): ModuleStep {
  return to(machine, { kind: "preparing", revision, isFirstRun: false }, ...before, { kind: "prepare", revision });
}

function spawn(machine: ModuleMachine, revision: number, replacement: Replacement, ...before: readonly ModuleEffect[]): ModuleStep {
  const run: Run = { revision, incarnation: machine.incarnation + 1 };
  const started = { ...machine, incarnation: run.incarnation };
  return to(started, { kind: "starting", run, replacement }, ...before, { kind: "spawn", run });
}

function release(machine: ModuleMachine, ...before: readonly ModuleEffect[]): ModuleStep {
  return to(machine, { kind: "stopped" }, ...before, { kind: "release" });
}

function onWant(before: ModuleMachine, revision: number): ModuleStep {
  const { phase } = before;
  const machine = { ...before, wanted: revision };
  switch (phase.kind) {
    case "stopped":
      return prepare({ ...machine, streak: 0 }, revision);
    case "preparing":
      return phase.revision === revision ? stay(machine) : prepare({ ...machine, streak: 0 }, revision, { kind: "cancel-preparation" });
    case "waiting":
      return prepare({ ...machine, streak: 0 }, revision, { kind: "cancel-retry" });
    case "starting":
    case "ready":
      return wantBeside(machine, phase, revision);
    case "draining":
      return stay(machine);
    case "ending":
      // Another config need not wait for the failure of this one.
      return phase.run.revision === revision ? stay(machine) : to(machine, { ...phase, delay: undefined });
  }
}

function wantBeside(machine: ModuleMachine, phase: Phase & { kind: "starting" | "ready" }, revision: number): ModuleStep {
  const { run, replacement } = phase;
  if (replacement.kind === "preparing" && replacement.revision === revision) return stay(machine);
  const ended = endReplacement(replacement);
  if (run.revision !== revision) {
    return to(machine, { ...phase, replacement: { kind: "preparing", revision } }, ...ended, { kind: "prepare", revision });
  }
  // Back to what runs: nothing is amiss any more.
  const calm = phase.kind === "ready" ? { ...machine, lastFailure: undefined } : machine;
  return to(calm, { ...phase, replacement: NO_REPLACEMENT }, ...ended);
}

function endReplacement(replacement: Replacement): readonly ModuleEffect[] {
  switch (replacement.kind) {
    case "none":
      return [];
    case "preparing":
      return [{ kind: "cancel-preparation" }];
    case "refused":
      return [{ kind: "cancel-retry" }];
  }
}

function onUnwant(machine: ModuleMachine, isDrained: boolean): ModuleStep {
  const { phase } = machine;
  switch (phase.kind) {
    case "stopped":
    case "ending":
      return stay(machine);
    case "preparing":
      return release(machine, { kind: "cancel-preparation" });
    case "waiting":
      return release(machine, { kind: "cancel-retry" });
    case "starting":
      return end(machine, phase.run, undefined, ...endReplacement(phase.replacement));
    case "ready":
      if (!isDrained) return end(machine, phase.run, undefined, ...endReplacement(phase.replacement));
      return drain(machine, phase.run, undefined, ...endReplacement(phase.replacement));
    case "draining":
      return isDrained ? stay(machine) : end(machine, phase.run, undefined);
  }
}

function drain(machine: ModuleMachine, run: Run, next: number | undefined, ...before: readonly ModuleEffect[]): ModuleStep {
  return to(machine, { kind: "draining", run, next }, ...before, { kind: "drain", incarnation: run.incarnation });
}

function end(machine: ModuleMachine, run: Run, next: number | undefined, ...before: readonly ModuleEffect[]): ModuleStep {
  const effect: ModuleEffect = { kind: "stop-process", incarnation: run.incarnation };
  return to(machine, { kind: "ending", run, next, delay: undefined }, ...before, effect);
}

function onFirstRunStarted(machine: ModuleMachine, revision: number): ModuleStep {
  const { phase } = machine;
  if (phase.kind !== "preparing" || phase.revision !== revision) return stay(machine);
  return to(machine, { ...phase, isFirstRun: true });
}

function onPrepared(machine: ModuleMachine, revision: number): ModuleStep {
  const { phase } = machine;
  if (phase.kind === "preparing" && phase.revision === revision) return spawn(machine, revision, NO_REPLACEMENT);
  if (phase.kind !== "starting" && phase.kind !== "ready") return stay(machine);
  if (phase.replacement.kind !== "preparing" || phase.replacement.revision !== revision) return stay(machine);
  const fresh = { ...machine, streak: 0 };
  return phase.kind === "ready" ? drain(fresh, phase.run, revision) : end(fresh, phase.run, revision);
}

function onPrepareFailed(machine: ModuleMachine, revision: number, cause: FailureCause): ModuleStep {
  const { phase } = machine;
  if (phase.kind === "preparing" && phase.revision === revision) return fail(machine, cause);
  if (phase.kind !== "starting" && phase.kind !== "ready") return stay(machine);
  if (phase.replacement.kind !== "preparing" || phase.replacement.revision !== revision) return stay(machine);
  return to(
    { ...machine, lastFailure: cause },
    { ...phase, replacement: { kind: "refused", revision } },
    { kind: "report-failure", cause, delay: REFUSED_RETRY },
    { kind: "arm-retry", delay: REFUSED_RETRY },
  );
}

function onHandshaken(machine: ModuleMachine, event: ModuleEvent & { kind: "handshaken" }): ModuleStep {
  const { phase } = machine;
  if (phase.kind !== "starting" || phase.run.incarnation !== event.incarnation) return stay(machine);
  const { run, replacement } = phase;
  const lastFailure = replacement.kind === "refused" ? machine.lastFailure : undefined;
  return to({ ...machine, consecutiveFailures: 0, lastFailure }, { kind: "ready", run, readyAt: event.at, replacement });
}

function onFailed(machine: ModuleMachine, event: ModuleEvent & { kind: "failed" }): ModuleStep {
  const { phase } = machine;
  if ((phase.kind !== "starting" && phase.kind !== "ready") || phase.run.incarnation !== event.incarnation) return stay(machine);
  const { counted, delay, report } = countFailure(machine, event.cause, stableTime(phase, event.at));
  const { incarnation, cause } = event;
  const effect: ModuleEffect = cause.kind === "hung" ? { kind: "kill-process", incarnation, cause } : { kind: "stop-process", incarnation };
  return to(counted, { kind: "ending", run: phase.run, next: undefined, delay }, ...endReplacement(phase.replacement), report, effect);
}

function onEnded(machine: ModuleMachine, event: ModuleEvent & { kind: "ended" }): ModuleStep {
  const { phase } = machine;
  if (!("run" in phase) || phase.run.incarnation !== event.incarnation) return stay(machine);
  switch (phase.kind) {
    case "draining":
      return follow(machine, phase.next);
    case "ending":
      return phase.delay === undefined ? follow(machine, phase.next) : wait(machine, phase.delay);
    case "starting":
    case "ready":
      return onCrash(machine, phase, event);
  }
}

function onCrash(
  machine: ModuleMachine,
  phase: Phase & { kind: "starting" | "ready" },
  event: ModuleEvent & { kind: "ended" },
): ModuleStep {
  const { counted, delay, report } = countFailure(machine, event.cause, stableTime(phase, event.at));
  // At once, with what ran before: a replacement that is not ready to start does not keep the robot waiting.
  if (delay === 0) return spawn(counted, phase.run.revision, phase.replacement, report);
  if (phase.replacement.kind === "preparing") {
    return to(counted, { kind: "preparing", revision: phase.replacement.revision, isFirstRun: false }, report);
  }
  return wait(counted, delay, ...endReplacement(phase.replacement), report);
}

function fail(machine: ModuleMachine, cause: FailureCause): ModuleStep {
  const { counted, delay, report } = countFailure(machine, cause, undefined);
  return wait(counted, delay, report);
}

interface Counted {
  readonly counted: ModuleMachine;
  readonly delay: Millis;
  readonly report: ModuleEffect;
}

function countFailure(machine: ModuleMachine, cause: FailureCause, readyFor: Millis | undefined): Counted {
  const streak = readyFor !== undefined && readyFor >= STABLE_AFTER ? 1 : machine.streak + 1;
  const delay = restartDelay(cause.kind, streak);
  return {
    counted: { ...machine, streak, consecutiveFailures: machine.consecutiveFailures + 1, lastFailure: cause },
    delay,
    report: { kind: "report-failure", cause, delay },
  };
}

function stableTime(phase: Phase & { kind: "starting" | "ready" }, at: Millis): Millis | undefined {
  // The difference of two instants of one clock.
  return phase.kind === "ready" ? ((at - phase.readyAt) as Millis) : undefined;
}

/** After the end of a process that failed. */
function wait(machine: ModuleMachine, delay: Millis, ...before: readonly ModuleEffect[]): ModuleStep {
  if (machine.wanted === undefined) return release(machine, ...before);
  return to(machine, { kind: "waiting" }, ...before, { kind: "arm-retry", delay });
}

/** After the end of a process that was to end. */
function follow(machine: ModuleMachine, next: number | undefined): ModuleStep {
  const { wanted } = machine;
  if (wanted === undefined) return release(machine);
  return next === wanted ? spawn(machine, wanted, NO_REPLACEMENT) : prepare({ ...machine, streak: 0 }, wanted);
}

function onDrained(machine: ModuleMachine, incarnation: number): ModuleStep {
  const { phase } = machine;
  if (phase.kind !== "draining" || phase.run.incarnation !== incarnation) return stay(machine);
  return end(machine, phase.run, phase.next);
}

function onRetry(machine: ModuleMachine): ModuleStep {
  const { phase, wanted } = machine;
  if (wanted === undefined) return stay(machine);
  if (phase.kind === "waiting") return prepare(machine, wanted);
  if (phase.kind !== "starting" && phase.kind !== "ready") return stay(machine);
  if (phase.replacement.kind !== "refused") return stay(machine);
  return to(machine, { ...phase, replacement: { kind: "preparing", revision: wanted } }, { kind: "prepare", revision: wanted });
}
