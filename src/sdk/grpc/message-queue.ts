/**
 * The peer's messages of one stream, as an async iterable. The peer may send more when one was taken: a consumer that is slow, or does not
 * look, holds it back.
 */

interface Item<T> {
  readonly message: T;
  readonly size: number;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

type End = { readonly kind: "end" } | { readonly kind: "error"; readonly error: Error };

/** Items that were taken and are not yet moved out of the list: with each one, all others would move. */
const MAX_TAKEN = 256;

export class MessageQueue<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #credit: (bytes: number) => void;
  readonly #onLeave: (() => void) | undefined;
  #items: (Item<T> | undefined)[] = [];
  #taken = 0;
  readonly #waiters: Waiter<T>[] = [];
  #end: End | undefined;
  /** Received, and the peer was not told that it may send as much again. */
  #owed = 0;
  #hasLeft = false;

  /** `credit`: the peer may send so many bytes more. `onLeave`: the consumer left before the end. */
  constructor(credit: (bytes: number) => void, onLeave?: () => void) {
    this.#credit = credit;
    this.#onLeave = onLeave;
  }

  /** Bytes came; which messages they are is told with `push` meanwhile. */
  received(bytes: number): void {
    this.#owed += bytes;
    // With nothing to take, the rest of a message that is longer than the window could never come.
    if (this.#isEmpty) this.#pay(this.#owed);
  }

  /** `size`: bytes of the stream. */
  push(message: T, size: number): void {
    if (this.#hasLeft || this.#end !== undefined) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push({ message, size });
    else waiter.resolve({ done: false, value: message });
  }

  /** No more come; those that are there can be taken. */
  finish(): void {
    this.#end ??= { kind: "end" };
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  /** The stream broke: whoever waits is told. What came before can still be taken unless `isAbrupt`. */
  fail(error: Error, isAbrupt: boolean = false): void {
    this.#end ??= { kind: "error", error };
    if (isAbrupt) this.#drop();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#take();
    if (item !== undefined) {
      this.#pay(this.#isEmpty ? this.#owed : Math.min(item.size, this.#owed));
      return Promise.resolve({ done: false, value: item.message });
    }
    if (this.#hasLeft || this.#end?.kind === "end") return Promise.resolve({ done: true, value: undefined });
    const end = this.#end;
    const next = new Promise<IteratorResult<T, undefined>>((resolve, reject) => {
      if (end === undefined) this.#waiters.push({ resolve, reject });
      else reject(end.error);
    });
    // Whoever asked ahead, and is done before the answer is there, must not end the process.
    next.catch(() => undefined);
    return next;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const isEarly = !this.#hasLeft && this.#end === undefined;
    this.#hasLeft = true;
    this.#drop();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
    if (isEarly) this.#onLeave?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #isEmpty(): boolean {
    return this.#taken === this.#items.length;
  }

  #take(): Item<T> | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#isEmpty) this.#items.length = 0;
    else if (this.#taken >= MAX_TAKEN && this.#taken * 2 >= this.#items.length) this.#items.splice(0, this.#taken);
    else return item;
    this.#taken = 0;
    return item;
  }

  #drop(): void {
    this.#items.length = 0;
    this.#taken = 0;
    this.#pay(this.#owed);
  }

  #pay(bytes: number): void {
    if (bytes === 0) return;
    this.#owed -= bytes;
    this.#credit(bytes);
  }
}
