/** One call to a module with an end that is certain: whatever it does, the outcome is told once. */
import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { type Millis, millis, seconds } from "../base/millis.js";

export interface CallOutcome<T> {
  /** The module's own limit. */
  readonly limit: Millis;
  readonly work: () => Promise<T>;
  readonly done: (result: T) => void;
  readonly failed: (error: unknown) => void;
}

// The call keeps its limit itself and may clean up after that; this ends the wait should it fail to.
const SLACK: Millis = seconds(40);

/** `end` is handed what applies the outcome. */
export function callModule<T>(clock: Clock, what: string, outcome: CallOutcome<T>, end: (settle: () => void) => void): void {
  withDeadline(clock, millis(outcome.limit + SLACK), what, begin(outcome.work)).then(
    (result) => end(() => outcome.done(result)),
    (error: unknown) => end(() => outcome.failed(error)),
  );
}

/** A call that throws at once is a call that fails. */
async function begin<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}
