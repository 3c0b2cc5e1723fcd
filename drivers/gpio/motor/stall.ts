/** Notices a motor that is driven and does not get anywhere. */

export interface Stall {
  /** Ticks it moved against the direction it was driven in; 0 when it stood. */
  readonly backward: number;
  /** Milliseconds. */
  readonly duration: number;
}

export class StallWatch {
  readonly #limit: number;
  #direction = 0;
  #since = 0;
  #start = 0;
  /** The farthest in the direction it is driven in. */
  #farthest = 0;

  /** `limit`: milliseconds without a tick in the direction that it is driven in; 0 never calls it a stall. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** At `now` milliseconds it stands at `ticks` and has `power`. */
  check(now: number, ticks: number, power: number): Stall | undefined {
    const direction = Math.sign(power);
    if (direction !== this.#direction) {
      this.#direction = direction;
      this.#since = now;
      this.#start = ticks;
      this.#farthest = ticks;
    }
    if (direction * (ticks - this.#farthest) > 0) {
      this.#farthest = ticks;
      this.#since = now;
    }
    const duration = now - this.#since;
    if (this.#limit === 0 || direction === 0 || duration < this.#limit) return undefined;
    return { backward: Math.max(direction * (this.#start - ticks), 0), duration };
  }
}
