/** Messages of an async iterable that is somebody else's, and how it is let go at once when no more are wanted. */

/** A source that is never short of messages would otherwise keep everything else waiting until its peer's window is full. */
const MOST_IN_A_ROW = 128;

export class MessageSource {
  readonly #iterator: AsyncIterator<unknown>;
  #resolve: ((nothing: undefined) => void) | undefined;
  #isDone = false;
  #asked = 0;

  constructor(iterable: AsyncIterable<unknown>) {
    this.#iterator = iteratorOf(iterable);
  }

  /** The next message; undefined at the end, and as soon as the source was left. What the source throws rejects. */
  next(): Promise<{ readonly value: unknown } | undefined> {
    // No Promise.race with one promise for the whole stream: that would keep every message's reaction alive.
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      const ask = (): void => void this.#ask().then(resolve, reject);
      this.#asked += 1;
      if (this.#asked % MOST_IN_A_ROW === 0) setImmediate(ask);
      else ask();
    });
  }

  /** Wants no more. Not waited for: a generator in the middle of an await returns when that settles. */
  leave(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#resolve?.(undefined);
    const returning = async (): Promise<unknown> => await this.#iterator.return?.();
    returning().catch(() => undefined);
  }

  async #ask(): Promise<{ readonly value: unknown } | undefined> {
    if (this.#isDone) return undefined;
    try {
      const next = await this.#iterator.next();
      if (next.done === true) this.#isDone = true;
      return this.#isDone ? undefined : next;
    } catch (error) {
      this.#isDone = true;
      throw error;
    }
  }
}

/** What `for await` would take. */
function iteratorOf(iterable: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> {
  return Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : inTurn(iterable);
}

async function* inTurn(items: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* items;
}
