/**
 * What a module can be in, what can happen to it and what can follow: the vocabulary of its state machine.
 * A revision is a config of the module, an incarnation one process of it. What is wanted is kept beside the phase.
 */
import type { Millis } from "../base/millis.js";
import type { FailureCause, ModuleState } from "./module-host.js";
import { isFlapping } from "./restart-delay.js";

export interface Run {
  readonly revision: number;
  readonly incarnation: number;
}

/** What is being done, beside a running process, to put another config in its place. */
export type Replacement =
  | { readonly kind: "none" }
  | { readonly kind: "preparing"; readonly revision: number }
  /** It cannot start; the running process goes on and the preparation is tried again. */
  | { readonly kind: "refused"; readonly revision: number };

export type Phase =
  | { readonly kind: "stopped" }
  /** No process yet: the executable is looked for, the first_run script runs. */
  | { readonly kind: "preparing"; readonly revision: number; readonly isFirstRun: boolean }
  /** Failed; tried again when the timer fires. */
  | { readonly kind: "waiting" }
  | { readonly kind: "starting"; readonly run: Run; readonly replacement: Replacement }
  | { readonly kind: "ready"; readonly run: Run; readonly readyAt: Millis; readonly replacement: Replacement }
  /** Its resources are being removed. `next`: the revision that is prepared to follow. */
  | { readonly kind: "draining"; readonly run: Run; readonly next: number | undefined }
  /** The process was told to end. `delay`: it failed and is to be tried again after this. */
  | { readonly kind: "ending"; readonly run: Run; readonly next: number | undefined; readonly delay: Millis | undefined };

export interface ModuleMachine {
  readonly phase: Phase;
  /** Undefined: it is to be down. */
  readonly wanted: number | undefined;
  /** The incarnation that started last; 0 before the first. */
  readonly incarnation: number;
  /** Failures without a stable time between them: rules the delays. */
  readonly streak: number;
  /** Failures since it was last ready: what status tells. */
  readonly consecutiveFailures: number;
  readonly lastFailure: FailureCause | undefined;
}

export type ModuleEvent =
  | { readonly kind: "want"; readonly revision: number }
  | { readonly kind: "unwant" }
  /** The supervisor closes: resources were removed already. */
  | { readonly kind: "shut-down" }
  | { readonly kind: "first-run-started"; readonly revision: number }
  | { readonly kind: "prepared"; readonly revision: number }
  | { readonly kind: "prepare-failed"; readonly revision: number; readonly cause: FailureCause }
  | { readonly kind: "handshaken"; readonly incarnation: number; readonly at: Millis }
  /** The process may still live, but does not become ready, or hangs. */
  | { readonly kind: "failed"; readonly incarnation: number; readonly cause: FailureCause; readonly at: Millis }
  | { readonly kind: "ended"; readonly incarnation: number; readonly cause: FailureCause; readonly at: Millis }
  | { readonly kind: "drained"; readonly incarnation: number }
  | { readonly kind: "retry" };

export type ModuleEffect =
  | { readonly kind: "prepare"; readonly revision: number }
  | { readonly kind: "cancel-preparation" }
  | { readonly kind: "spawn"; readonly run: Run }
  | { readonly kind: "drain"; readonly incarnation: number }
  | { readonly kind: "stop-process"; readonly incarnation: number }
  /** Without asking: it would not hear. */
  | { readonly kind: "kill-process"; readonly incarnation: number; readonly cause: FailureCause }
  | { readonly kind: "arm-retry"; readonly delay: Millis }
  | { readonly kind: "cancel-retry" }
  | { readonly kind: "report-failure"; readonly cause: FailureCause; readonly delay: Millis }
  /** It is down and is to stay so. */
  | { readonly kind: "release" };

export const INITIAL_MACHINE: ModuleMachine = {
  phase: { kind: "stopped" },
  wanted: undefined,
  incarnation: 0,
  streak: 0,
  consecutiveFailures: 0,
  lastFailure: undefined,
};

/** The state as the rest of Pinion, and the wire, know it. */
export function moduleStateOf({ phase, streak }: ModuleMachine): ModuleState {
  switch (phase.kind) {
    case "preparing":
      return phase.isFirstRun ? "first-run" : "pending";
    case "waiting":
      return isFlapping(streak) ? "quarantined" : "backoff";
    case "draining":
    case "ending":
      return "stopping";
    case "stopped":
    case "starting":
    case "ready":
      return phase.kind;
  }
}
