/** Bounds for waits. */
import type { Clock } from "./clock.js";
import { PinionError } from "./errors.js";
import { formatGoDuration } from "./go-duration.js";
import type { Millis } from "./millis.js";

/** The work's result, or a DEADLINE_EXCEEDED error that says what took too long. The work itself is not stopped. */
export function withDeadline<T>(clock: Clock, limit: Millis, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () => {
      reject(new PinionError("DEADLINE_EXCEEDED", `${what} took longer than ${formatGoDuration(limit)}`));
    });
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
