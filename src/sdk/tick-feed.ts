/** Ticks of a board for one listener, as the async iterable that `streamTicks` resolves to. A listener that is too slow loses the oldest, and nobody else anything. */
import type { Tick } from "./apis/board.js";

const MOST_WAITING = 4096;

export interface TickFeedOptions {
  /** The caller's: ends the feed. */
  readonly signal?: AbortSignal | undefined;
  /** Runs once when it is over. */
  readonly onEnd: () => void;
  /** Runs when the first tick is dropped. */
  readonly onSlow?: () => void;
}

/**
 * @example
 * const feed = new TickFeed({ signal: options?.signal, onEnd: () => line.off("edge", tell) });
 * const tell = (isHigh: boolean) => feed.push({ pin: "button", isHigh, time: process.hrtime.bigint() });
 * line.on("edge", tell);
 * return feed;
 */
export class TickFeed implements AsyncIterableIterator<Tick> {
  readonly #options: TickFeedOptions;
  #waiting: Tick[] = [];
  #receivers: ((result: IteratorResult<Tick>) => void)[] = [];
  #isSlow = false;
  #isOver = false;

  /** Throws the signal's reason when it is aborted already. */
  constructor(options: TickFeedOptions) {
    options.signal?.throwIfAborted();
    this.#options = options;
    options.signal?.addEventListener("abort", this.end, { once: true });
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
    if (!this.#isSlow) this.#options.onSlow?.();
    this.#isSlow = true;
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

  /** No more ticks come; those that wait are still told. */
  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal?.removeEventListener("abort", this.end);
    for (const receive of this.#receivers.splice(0)) receive({ value: undefined, done: true });
    this.#options.onEnd();
  };
}
