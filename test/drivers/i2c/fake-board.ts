/** A board of another module with digital interrupts that the test fires. */
import { invalidArgument, type Tick, TickFeed } from "pinion/sdk";

export class FakeBoard {
  readonly #interrupts: readonly string[];
  readonly #feeds = new Map<TickFeed, readonly string[]>();
  #time = 0n;
  /** Called when somebody has begun to listen. */
  onListener: () => void = () => undefined;

  constructor(interrupts: readonly string[]) {
    this.#interrupts = interrupts;
  }

  get listeners(): number {
    return this.#feeds.size;
  }

  async streamTicks(names: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<AsyncIterable<Tick>> {
    const unknown = names.find((name) => !this.#interrupts.includes(name));
    if (unknown !== undefined) throw invalidArgument(`cannot find interrupt ${unknown}`);
    const feed = new TickFeed({ signal: options?.signal, onEnd: () => this.#feeds.delete(feed) });
    this.#feeds.set(feed, names);
    this.onListener();
    return feed;
  }

  tick(pin: string, isHigh: boolean): void {
    this.#time += 1_000_000n;
    for (const [feed, names] of this.#feeds) if (names.includes(pin)) feed.push({ pin, time: this.#time, isHigh });
  }

  /** The board was restarted. */
  failStreams(): void {
    for (const feed of [...this.#feeds.keys()]) feed.end();
  }
}
