/** Collects writes that may come late and does them together, seconds apart. While there is nothing to write, nothing runs. */
import type { Clock, Timer } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";

/** What waits to be written. Both run synchronously; `commit` only after the transaction of `write` succeeded. */
export interface BatchSource {
  hasPending(): boolean;
  write(): void;
  commit(): void;
}

export interface BatchWriterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs the work in one transaction. */
  readonly transaction: (work: () => void) => void;
  readonly interval?: Millis;
}

const INTERVAL = seconds(3);
// A full or read-only disk: asking seldom keeps an idle board idle.
const INTERVAL_AFTER_FAILURE = seconds(30);

export class BatchWriter {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transaction: (work: () => void) => void;
  readonly #interval: Millis;
  readonly #sources: BatchSource[] = [];
  #timer: Timer | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor({ clock, logger, transaction, interval = INTERVAL }: BatchWriterOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#transaction = transaction;
    this.#interval = interval;
  }

  /** The last write failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  add(source: BatchSource): void {
    this.#sources.push(source);
  }

  /** Something is pending: it will be written within the interval. */
  schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    // Closing flushes, so the timer need not hold the process.
    this.#timer = this.#clock.after(this.#isFailing ? INTERVAL_AFTER_FAILURE : this.#interval, () => this.flush(), { unref: true });
  }

  /** Writes everything pending now. False when that failed; then it stays pending and is tried again. */
  flush(): boolean {
    this.#timer?.cancel();
    this.#timer = undefined;
    const sources = this.#sources.filter((source) => source.hasPending());
    if (sources.length === 0) return true;
    try {
      this.#transaction(() => {
        for (const source of sources) source.write();
      });
    } catch (error) {
      this.#fail(error);
      return false;
    }
    for (const source of sources) source.commit();
    if (this.#isFailing) {
      this.#isFailing = false;
      this.#logger.info({}, "the store can be written again");
    }
    return true;
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fail(error: unknown): void {
    const isFirst = !this.#isFailing;
    this.#isFailing = true;
    this.schedule();
    // Said once for each time that writing fails, since the line itself ends up in the log that cannot be written.
    if (isFirst)
      this.#logger.warn({ error: messageOf(error) }, "the log cannot be written to the store; the newest lines are kept in memory");
  }
}
