/**
 * A clock for drivers whose devices are played in this process: as soon as nobody has anything left to do, the time of the next timer is there. So
 * deadlines are the real ones and cost nothing, however slow the machine is; what a test does between them over a socket has no fixed time.
 */
import { type Clock, type Millis, millis, type Timer } from "pinion/hardware";

/** Turns of the event loop without which a played device may still be about to answer. */
const TURNS = 6;

interface Waiting {
  readonly at: number;
  readonly action: () => void;
}

export class QuickClock implements Clock {
  #time = 1000;
  readonly #waiting = new Set<Waiting>();
  #isRunning = false;
  /** Turns since somebody last began to wait. */
  #quietTurns = 0;

  now(): Millis {
    return millis(this.#time);
  }

  wall(): Date {
    return new Date(this.#time);
  }

  after(delay: Millis, action: () => void): Timer {
    const timer = { at: this.#time + delay, action };
    this.#waiting.add(timer);
    this.#quietTurns = 0;
    if (!this.#isRunning) void this.#run();
    return { cancel: () => this.#waiting.delete(timer) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
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

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (++this.#quietTurns < TURNS) continue;
      const [next] = [...this.#waiting].toSorted((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.action();
    }
    this.#isRunning = false;
  }
}
