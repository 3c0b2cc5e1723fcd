/** Does something again and again until it is closed, each time `interval` milliseconds after the last time was done. */
import { type Clock, millis, type Timer } from "pinion/hardware";

export class Poller {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #step: () => Promise<void>;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** `step` must not throw. */
  constructor(clock: Clock, interval: number, step: () => Promise<void>) {
    this.#clock = clock;
    this.#interval = interval;
    this.#step = step;
    this.#arm();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #arm(): void {
    if (this.#isClosed) return;
    const run = (): void => {
      this.#running = this.#step().finally(() => this.#arm());
    };
    this.#timer = this.#clock.after(millis(this.#interval), run, { unref: true });
  }
}
