/** The speed on the way to a goal: rises and falls evenly, in between the speed that was asked for, and slows down so that it ends at the goal. */

export interface TrapezoidOptions {
  /** Ticks a second. */
  readonly speed: number;
  /** Ticks a second, each second. */
  readonly acceleration: number;
  /** 1/s: in the end the speed is the distance times this, so that a motor that lags does not run past. */
  readonly approach: number;
}

export class Trapezoid {
  readonly #options: TrapezoidOptions;
  #speed = 0;

  constructor(options: TrapezoidOptions) {
    this.#options = options;
  }

  /** Ticks a second, towards the goal `distance` ticks away; of an endless way only the sign counts. */
  step(distance: number, seconds: number): number {
    const { speed, acceleration, approach } = this.#options;
    const way = Math.abs(distance);
    const fastest = Number.isFinite(way) ? Math.min(speed, Math.sqrt(2 * acceleration * way), approach * way) : speed;
    const wanted = Math.sign(distance) * fastest;
    const change = acceleration * seconds;
    this.#speed = Math.min(Math.max(wanted, this.#speed - change), this.#speed + change);
    // Slowing down for the goal must not be late because of the steps of time.
    if (Math.abs(this.#speed) > fastest && Math.sign(this.#speed) === Math.sign(wanted)) this.#speed = wanted;
    return this.#speed;
  }
}
