/** A clock for the simulation that stands still until a test moves it. */
import type { SimClock } from "../../../drivers/simulated/physics/sim-clock.js";

export class ManualClock implements SimClock {
  #time = 1000;
  readonly #timers = new Set<{ readonly at: number; readonly action: () => void }>();

  readonly now = (): number => this.#time;
  readonly wall = (): Date => new Date(this.#time * 1000);

  readonly after = (delay: number, action: () => void): (() => void) => {
    const timer = { at: this.#time + delay, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** How many timers wait: none on an idle machine. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `seconds` pass, firing timers in their order and letting promises settle after each. */
  async pass(seconds: number): Promise<void> {
    const end = this.#time + seconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#time = Math.max(this.#time, next.at);
      next.action();
      await settle();
    }
    this.#time = end;
    await settle();
  }
}

/** All that promises have to do now is done. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
