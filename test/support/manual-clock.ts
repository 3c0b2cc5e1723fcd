/** A clock that stands still until the test moves it. */
import type { Clock } from "../../src/base/clock.js";
import { type Millis, millis } from "../../src/base/millis.js";

export interface ManualClock extends Clock {
  /** Moves on by `step`, running the timers that come due, in order. */
  advance(step: Millis): void;
  /** Timers that wait. */
  readonly pending: number;
}

export function manualClock(start: Date = new Date("2030-01-02T03:04:05.678Z")): ManualClock {
  let now = 0;
  let timers: { readonly at: number; readonly action: () => void }[] = [];
  return {
    now: () => millis(now),
    wall: () => new Date(start.getTime() + now),
    after(delay, action) {
      const timer = { at: now + delay, action };
      timers.push(timer);
      return {
        cancel: () => {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
    sleep(delay) {
      return new Promise((resolve) => this.after(delay, resolve));
    },
    advance(step) {
      const end = now + step;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.action();
      }
      now = end;
    },
    get pending() {
      return timers.length;
    },
  };
}
