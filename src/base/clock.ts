/** Time. Everything that waits or stamps asks a Clock; only this file knows the system's clocks. */
import { type Millis, millis } from "./millis.js";

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic; meaningless but for differences. */
  now(): Millis;
  /** Wall time: an attribute for people, never used for ordering or waiting. */
  wall(): Date;
  /** Runs `action` once after `delay`. `unref`: the timer does not keep the process alive. */
  after(delay: Millis, action: () => void, options?: { readonly unref?: boolean }): Timer;
  /** Resolves after `delay`; rejects with the signal's reason when it is aborted. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

// Longer delays overflow Node's 32-bit timers and would fire at once.
const MAX_DELAY = 2_147_483_647;

export const systemClock: Clock = {
  now: () => millis(performance.now()),
  wall: () => new Date(),
  after(delay, action, options) {
    const timer = setTimeout(action, Math.min(Math.max(0, delay), MAX_DELAY));
    if (options?.unref === true) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  sleep(delay, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        Math.min(Math.max(0, delay), MAX_DELAY),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
