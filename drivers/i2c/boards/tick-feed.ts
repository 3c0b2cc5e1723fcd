/** Edges for one consumer as an async iterable. One that is too slow loses the oldest. */
import type { Tick } from "pinion/sdk";

const MOST_WAITING = 4096;

export class TickFeed implements AsyncIterableIterator<Tick> {
  readonly #waiting: Tick[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #onEnd: (feed: TickFeed) => void;
  #receiver: ((result: IteratorResult<Tick>) => void) | undefined;
  #isOver = false;

  constructor(signal: AbortSignal | undefined, onEnd: (feed: TickFeed) => void) {
    this.#signal = signal;
    this.#onEnd = onEnd;
    signal?.addEventListener("abort", this.end, { once: true });
    if (signal?.aborted === true) this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(tick: Tick): void {
    if (this.#isOver) return;
    const deliver = this.#receiver;
    if (deliver !== undefined) {
      this.#receiver = undefined;
      deliver({ value: tick, done: false });
      return;
    }
    this.#waiting.push(tick);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  next(): Promise<IteratorResult<Tick>> {
    const tick = this.#waiting.shift();
    if (tick !== undefined) return Promise.resolve({ value: tick, done: false });
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#receiver = resolve;
    });
  }

  return(): Promise<IteratorResult<Tick>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.end);
    this.#receiver?.({ value: undefined, done: true });
    this.#receiver = undefined;
    this.#onEnd(this);
  };
}
