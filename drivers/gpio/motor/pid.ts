/** A PID controller whose output is bounded and whose integral does not run away while it is. */

export interface Gains {
  readonly p: number;
  readonly i: number;
  readonly d: number;
}

export class Pid {
  readonly #gains: Gains;
  readonly #limit: number;
  #integral = 0;
  #error: number | undefined;

  /** `limit`: of the output and of the integral's part of it, to both sides. */
  constructor(gains: Gains, limit: number) {
    this.#gains = gains;
    this.#limit = limit;
  }

  step(error: number, seconds: number): number {
    const { p, i, d } = this.#gains;
    const slope = this.#error === undefined || seconds <= 0 ? 0 : (error - this.#error) / seconds;
    this.#error = error;
    const integral = this.#bounded(this.#integral + i * error * seconds);
    const output = p * error + integral + d * slope;
    // While the output is at its limit, only what leads away from it is added up.
    if (Math.abs(output) <= this.#limit || Math.sign(output) !== Math.sign(integral - this.#integral)) this.#integral = integral;
    return this.#bounded(output);
  }

  #bounded(value: number): number {
    return Math.min(Math.max(value, -this.#limit), this.#limit);
  }
}
