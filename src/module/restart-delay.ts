/** How long to wait before a failed module is tried again. It is tried for ever. */
import { type Millis, millis, seconds } from "../base/millis.js";
import type { FailureCause } from "./module-host.js";

/** A module that was ready for this long starts a new streak when it fails. */
export const STABLE_AFTER: Millis = seconds(5);
/** Failures in a row after which a module counts as flapping. */
const FLAPPING_AFTER = 5;

// A process that ended is started anew at once the first time; what a second try alone cannot mend is not hurried.
const AT_ONCE = [0, 250, 1000, 2500, 5000];
const SOON = [1000, 2500, 5000];
const UNHURRIED = [5000];

const STEPS: Readonly<Record<FailureCause["kind"], readonly number[]>> = {
  exit: AT_ONCE,
  signal: AT_ONCE,
  hung: AT_ONCE,
  "start-timeout": AT_ONCE,
  "out-of-memory": SOON,
  "device-gone": SOON,
  spawn: SOON,
  handshake: SOON,
  config: SOON,
  "first-run": UNHURRIED,
};

/** `streak`: failures without a stable time between them, this one included. */
export function restartDelay(kind: FailureCause["kind"], streak: number): Millis {
  const steps = STEPS[kind];
  return millis(steps[Math.min(streak, steps.length) - 1] ?? 0);
}

export function isFlapping(streak: number): boolean {
  return streak >= FLAPPING_AFTER;
}
