/** A clock that stands still until a test moves it: waits of any length cost nothing. */
import type { Clock, Timer } from "../../src/base/clock.js";
import { type Millis, millis } from "../../src/base/millis.js";

interface Entry {
  readonly due: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #now = 1000;
  readonly #entries = new Set<Entry>();

  /** Timers that are armed. */
  get timers(): number {
    return this.#entries.size;
  }

  now(): Millis {
    return millis(this.#now);
  }

  wall(): Date {
    return new Date(Date.UTC(2025, 0, 1) + this.#now);
  }

  after(delay: Millis, action: () => void): Timer {
    const entry: Entry = { due: this.#now + Math.max(0, delay), action };
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.after(delay, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Moves time on, timer by timer, letting everything that follows from one happen before the next. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#entries.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await settle();
    }
    this.#now = end;
  }

  #earliest(end: number): Entry | undefined {
    let earliest: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.due <= end && (earliest === undefined || entry.due < earliest.due)) earliest = entry;
    }
    return earliest;
  }
}

/** Lets everything happen that needs no time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
