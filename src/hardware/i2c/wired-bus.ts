/**
 * One bus: transfers one after another, each with a deadline; lost arbitration and missing answers are tried again; a bus that is held low fails at once
 * until it is tried again after a pause, so that callers do not queue up behind it.
 */
import type { Clock, Timer } from "../../base/clock.js";
import { PinionError, systemCode } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { type Millis, millis, seconds } from "../../base/millis.js";
import { SerialQueue } from "../../base/serial-queue.js";
import { busHeldError, isWorthRetrying, type Place, toI2cError } from "./i2c-errors.js";
import type { I2cWire, WireSource } from "./i2c-wire.js";

export interface BusLimits {
  /** A transfer that takes longer counts as stuck. Controllers of the kernel give up by themselves after a second. */
  readonly transfer: Millis;
  /** For a `sequence`, with the waits in it. */
  readonly sequence: Millis;
  /** How long a held bus is left alone before one transfer is let through again. */
  readonly heldPause: Millis;
  /** Before the second and later tries. */
  readonly retryPause: Millis;
  /** What is open is given back when nothing was asked for so long: while it is open, the adapter's kernel module cannot be removed. 0: never. */
  readonly idle: Millis;
}

export const DEFAULT_LIMITS: BusLimits = {
  transfer: seconds(2),
  sequence: seconds(10),
  heldPause: millis(250),
  retryPause: millis(2),
  idle: seconds(1),
};

/** Tries of a transfer that met lost arbitration or no answer. */
export const TRIES = 3;

export class WiredBus {
  readonly number: number;
  readonly clock: Clock;
  readonly limits: BusLimits;
  readonly queue: SerialQueue = new SerialQueue();
  readonly #source: WireSource;
  readonly #wire: I2cWire;
  #held: { readonly until: number; readonly cause: PinionError } | undefined;
  #stuckSince: number | undefined;
  #lastUse = 0;
  #isActive = false;
  #idleTimer: Timer | undefined;
  #isClosed = false;

  constructor(number: number, source: WireSource, clock: Clock, limits: BusLimits) {
    this.number = number;
    this.clock = clock;
    this.limits = limits;
    this.#source = source;
    this.#wire = source.openWire(number);
  }

  /** One transfer, now: the caller has the queue's turn. */
  async perform<T>(place: Place, tries: number, work: (wire: I2cWire) => Promise<T>): Promise<T> {
    for (let count = 1; ; count++) {
      this.#check(place);
      try {
        const result = await this.#bounded(place, work);
        this.#held = undefined;
        return result;
      } catch (thrown) {
        const error = toI2cError(thrown, place, this.#source, count);
        this.#note(error, thrown);
        if (count >= tries || !isWorthRetrying(error.code)) throw error;
      }
      if (this.limits.retryPause > 0) await this.clock.sleep(this.limits.retryPause);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idleTimer?.cancel();
    await this.queue.idle();
    if (this.#stuckSince === undefined) this.#wire.drop();
  }

  #check(place: Place): void {
    if (this.#isClosed) throw new PinionError("I2C_FAILED", `i2c-${this.number} was closed: open it again to use it`);
    if (this.#stuckSince !== undefined) {
      const duration = formatGoDuration(millis(this.clock.now() - this.#stuckSince));
      throw busHeldError(place, `an earlier transfer has not come back for ${duration}`);
    }
    if (this.#held === undefined || this.clock.now() >= this.#held.until) return;
    throw busHeldError(place, "not tried: it was held a moment ago", this.#held.cause);
  }

  /** The work may go on after the deadline; until it has ended nothing else is given to the wire, which would only take up another thread. */
  #bounded<T>(place: Place, work: (wire: I2cWire) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const started = this.clock.now();
      this.#isActive = true;
      this.#awaitIdle();
      let isSettled = false;
      const timer = this.clock.after(this.limits.transfer, () => {
        // A result that came while this process was held up is read before the next immediate.
        setImmediate(() => {
          if (isSettled) return;
          this.#stuckSince = started;
          reject(busHeldError(place, `not back after ${formatGoDuration(this.limits.transfer)}`));
        });
      });
      const settle = (deliver: () => void): void => {
        isSettled = true;
        timer.cancel();
        this.#isActive = false;
        this.#lastUse = this.clock.now();
        if (this.#stuckSince !== undefined) {
          this.#stuckSince = undefined;
          this.#wire.drop();
        }
        deliver();
      };
      const settled = work(this.#wire);
      settled.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  /** One timer for all transfers, which looks again when it finds that one came since. */
  #awaitIdle(delay: Millis = this.limits.idle): void {
    if (this.#idleTimer !== undefined || this.limits.idle <= 0) return;
    const look = (): void => {
      this.#idleTimer = undefined;
      const left = this.#isActive ? this.limits.idle : millis(this.limits.idle - (this.clock.now() - this.#lastUse));
      if (left > 0) this.#awaitIdle(left);
      else this.#wire.drop();
    };
    this.#idleTimer = this.clock.after(delay, look, { unref: true });
  }

  #note(error: PinionError, thrown: unknown): void {
    if (this.#stuckSince !== undefined) return;
    const isHeld = error.code === "I2C_BUS_HELD";
    this.#held = isHeld ? { until: this.clock.now() + this.limits.heldPause, cause: error } : undefined;
    // What was opened for an address that could not be taken, or on an adapter that is gone, would go wrong when used again.
    const isAnswer = error.code === "I2C_NO_ANSWER" && systemCode(thrown) !== "ENODEV";
    if (!isAnswer && error.code !== "I2C_ARBITRATION_LOST") this.#wire.drop();
  }
}
