/** A clock for drivers of chips: who sleeps wakes at once, that much later; timers fire when a test says so. */
import { type Clock, type Millis, millis, type Timer } from "pinion/hardware";

export class EagerClock implements Clock {
  #time = 1000;
  readonly #timers = new Set<{ readonly at: number; readonly action: () => void }>();

  now(): Millis {
    return millis(this.#time);
  }

  wall(): Date {
    return new Date(this.#time);
  }

  after(delay: Millis, action: () => void): Timer {
    const timer = { at: this.#time + delay, action };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  async sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    await settle();
    signal?.throwIfAborted();
    this.#time += delay;
  }

  /** Something will be done at a later time. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass and fires what is due. */
  pass(milliseconds: number): void {
    this.#time += milliseconds;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#time).toSorted((a, b) => a.at - b.at)) {
      if (this.#timers.delete(timer)) timer.action();
    }
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
