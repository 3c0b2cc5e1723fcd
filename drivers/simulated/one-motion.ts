/** One motion at a time: a new one takes the place of the one that runs, whose caller is told that it has ended. */
import type { SimClock } from "./physics/sim-clock.js";

export interface Motion {
  /** The time of arrival. */
  readonly until: number;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined;
  /** Runs at the time of arrival, unless the motion ended before. */
  readonly onArrival: () => void;
  /** Runs when the caller gives up. */
  readonly onAbort: () => void;
}

export class OneMotion {
  readonly #clock: SimClock;
  #end: (() => void) | undefined;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Resolves on arrival, or as soon as `end` is called or another motion begins. Rejects when the caller gives up. */
  run({ until, signal, onArrival, onAbort }: Motion): Promise<void> {
    this.end();
    return new Promise((resolve, reject) => {
      let cancelTimer: () => void = () => undefined;
      const finish = (): void => {
        cancelTimer();
        signal?.removeEventListener("abort", abort);
        if (this.#end === finish) this.#end = undefined;
        resolve();
      };
      const abort = (): void => {
        reject(signal?.reason); // before finish, which would resolve
        finish();
        onAbort();
      };
      const wait = (): void => {
        const left = until - this.#clock.now();
        if (left > 0) {
          cancelTimer = this.#clock.after(left, wait);
          return;
        }
        finish();
        onArrival();
      };
      if (signal?.aborted === true) {
        abort();
        return;
      }
      this.#end = finish;
      signal?.addEventListener("abort", abort, { once: true });
      wait();
    });
  }

  /** Ends the motion that runs, if one does: its caller's promise resolves. */
  end(): void {
    this.#end?.();
  }
}
