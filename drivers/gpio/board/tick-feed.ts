/** Edges of some interrupts as an async iterable. A reader that is too slow loses the oldest, and nobody else anything. */
import type { Tick } from "pinion/sdk";

const MOST_WAITING = 4096;

export interface TickFeedOptions {
  readonly signal: AbortSignal | undefined;
  /** Runs once when it is over. */
  readonly onEnd: () => void;
  /** Runs when the first tick is dropped. */
  readonly onSlow: () => void;
}

export class TickFeed implements AsyncIterableIterator<Tick> {
  readonly #options: TickFeedOptions;
  #waiting: Tick[] = [];
  #receivers: ((result: IteratorResult<Tick>) => void)[] = [];
  #dropped = 0;
  #isOver = false;

  constructor(options: TickFeedOptions) {
    this.#options = options;
    if (options.signal?.aborted === true) this.end();
    options.signal?.addEventListener("abort", this.end, { once: true });
  }

  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(tick: Tick): void {
    if (this.#isOver) return;
    const receiver = this.#receivers.shift();
    if (receiver !== undefined) {
      receiver({ value: tick, done: false });
      return;
    }
    this.#waiting.push(tick);
    if (this.#waiting.length <= MOST_WAITING) return;
    // Half at once: dropping one for every tick that comes would move the rest each time.
    this.#waiting = this.#waiting.slice(MOST_WAITING / 2);
    if (this.#dropped === 0) this.#options.onSlow();
    this.#dropped += MOST_WAITING / 2;
  }

  next(): Promise<IteratorResult<Tick>> {
    const tick = this.#waiting.shift();
    if (tick !== undefined) return Promise.resolve({ value: tick, done: false });
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#receivers.push(resolve));
  }

  return(): Promise<IteratorResult<Tick>> {
    this.#waiting = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal?.removeEventListener("abort", this.end);
    for (const receive of this.#receivers.splice(0)) receive({ value: undefined, done: true });
    this.#options.onEnd();
  };
}
