/**
 * The state of one resource, and how events change it. Pure: effects are told, not performed.
 * Whether an instance runs, and what is wanted, are kept beside the state.
 */

export type NodeState =
  /** Known, with nothing done for it yet. */
  | { readonly kind: "unconfigured" }
  /** To be built or rebuilt; an instance that it already has stays in use. `waitsFor`: what comes before it. */
  | { readonly kind: "configuring"; readonly waitsFor: readonly string[] }
  /** `notice`: it runs, but not as the config wants. */
  | { readonly kind: "ready"; readonly notice: string | undefined; readonly waitsFor: readonly string[] }
  | { readonly kind: "removing" }
  | { readonly kind: "unhealthy"; readonly error: string; readonly waitsFor: readonly string[] };

export type NodeEvent =
  /** A new or changed config is wanted. */
  | { readonly kind: "configured" }
  /** What runs is to be rebuilt. */
  | { readonly kind: "outdated"; readonly waitsFor: readonly string[] }
  /** It has to wait for something that is on its way. */
  | { readonly kind: "waits"; readonly waitsFor: readonly string[] }
  /** It cannot be built until something else changes. */
  | { readonly kind: "blocked"; readonly error: string; readonly waitsFor: readonly string[] }
  | { readonly kind: "built" }
  /** What runs is as wanted. */
  | { readonly kind: "confirmed" }
  /** It could not be built and does not run. */
  | { readonly kind: "failed"; readonly error: string }
  /** Its new config was refused; what ran before runs on. */
  | { readonly kind: "refused"; readonly notice: string }
  /** Its new config cannot be built yet; what ran before runs on. */
  | { readonly kind: "kept"; readonly notice: string; readonly waitsFor: readonly string[] }
  /** It vanished with its module's process. */
  | { readonly kind: "lost" }
  | { readonly kind: "removal-started" }
  | { readonly kind: "removed" }
  /** It may still be there. */
  | { readonly kind: "removal-failed" }
  /** An attempt came to nothing without anyone's fault. */
  | { readonly kind: "interrupted" };

export type NodeEffect =
  | { readonly kind: "arm-retry" }
  | { readonly kind: "cancel-retry" }
  /** Worth a line in the log. `isRepeat`: the same as the last time. */
  | { readonly kind: "tell"; readonly what: "ready" | "failed" | "waits" | "kept"; readonly isRepeat: boolean };

export interface NodeStep {
  readonly state: NodeState;
  readonly effects: readonly NodeEffect[];
}

export const UNCONFIGURED: NodeState = { kind: "unconfigured" };
const NOTHING: readonly string[] = [];
const FRESH: NodeState = { kind: "configuring", waitsFor: NOTHING };
const CANCEL: NodeEffect = { kind: "cancel-retry" };
const ARM: NodeEffect = { kind: "arm-retry" };

export function transition(state: NodeState, event: NodeEvent): NodeStep {
  switch (event.kind) {
    case "configured":
      return { state: FRESH, effects: [CANCEL] };
    case "outdated":
      return state.kind === "ready" || state.kind === "removing" || state.kind === "configuring"
        ? wait(state, event.waitsFor)
        : stay(state);
    case "waits":
      // What is unhealthy stays so until it is built, or its state would flicker with every attempt.
      return state.kind === "unhealthy" ? stay(state) : wait(state, event.waitsFor);
    case "blocked":
      return isSameFailure(state, event.error, event.waitsFor)
        ? stay(state)
        : {
            state: { kind: "unhealthy", error: event.error, waitsFor: event.waitsFor },
            // The reason may be told anew, e.g. at each failure of a module; what it waits for is the news.
            effects: [tell("waits", state.kind === "unhealthy" && isSameList(state.waitsFor, event.waitsFor))],
          };
    case "built":
      return { state: { kind: "ready", notice: undefined, waitsFor: NOTHING }, effects: [CANCEL, tell("ready", false)] };
    case "confirmed":
      return confirm(state);
    case "failed":
      return isSameFailure(state, event.error, NOTHING)
        ? { state, effects: [ARM, tell("failed", true)] }
        : { state: { kind: "unhealthy", error: event.error, waitsFor: NOTHING }, effects: [ARM, tell("failed", false)] };
    case "refused":
      return keep(state, event.notice, NOTHING, [ARM]);
    case "kept":
      return keep(state, event.notice, event.waitsFor, []);
    case "lost":
      return state.kind === "unhealthy" || state.kind === "unconfigured" ? stay(state) : { state: FRESH, effects: [CANCEL] };
    case "removal-started":
      return state.kind === "removing" ? stay(state) : { state: { kind: "removing" }, effects: [CANCEL] };
    case "removed":
      return state.kind === "removing" ? stay(UNCONFIGURED) : stay(state);
    case "removal-failed":
    case "interrupted":
      return { state, effects: [ARM] };
  }
}

const stay = (state: NodeState): NodeStep => ({ state, effects: [] });

function tell(what: "ready" | "failed" | "waits" | "kept", isRepeat: boolean): NodeEffect {
  return { kind: "tell", what, isRepeat };
}

function wait(state: NodeState, waitsFor: readonly string[]): NodeStep {
  if (state.kind === "configuring" && isSameList(state.waitsFor, waitsFor)) return stay(state);
  return stay({ kind: "configuring", waitsFor });
}

function confirm(state: NodeState): NodeStep {
  switch (state.kind) {
    case "ready":
      return state.notice === undefined
        ? stay(state)
        : { state: { kind: "ready", notice: undefined, waitsFor: NOTHING }, effects: [CANCEL] };
    case "configuring":
    case "removing":
      return { state: { kind: "ready", notice: undefined, waitsFor: NOTHING }, effects: [CANCEL] };
    case "unconfigured":
    case "unhealthy":
      return stay(state);
  }
}

function keep(state: NodeState, notice: string, waitsFor: readonly string[], effects: readonly NodeEffect[]): NodeStep {
  const isRepeat = state.kind === "ready" && state.notice === notice;
  if (isRepeat && isSameList(state.waitsFor, waitsFor)) {
    return { state, effects: effects.length === 0 ? [] : [...effects, tell("kept", true)] };
  }
  return { state: { kind: "ready", notice, waitsFor }, effects: [...effects, tell("kept", isRepeat)] };
}

function isSameFailure(state: NodeState, error: string, waitsFor: readonly string[]): boolean {
  return state.kind === "unhealthy" && state.error === error && isSameList(state.waitsFor, waitsFor);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
