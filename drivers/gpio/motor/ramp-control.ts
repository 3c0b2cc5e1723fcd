/** Speed without gains: power goes up or down by a fixed amount, by whether the motor is too slow or too fast. Never turns it round. */
import type { Movement, SpeedControl } from "./speed-control.js";

/** Milliseconds. */
const LOOK = 10;
/** Seconds between two changes of power. */
const CHANGE = 0.05;
const FIRST_POWER = 0.2;

export class RampControl implements SpeedControl {
  readonly period: number = LOOK;
  readonly #movement: Movement;
  readonly #rate: number;
  #power = FIRST_POWER;
  #since = 0;
  #ticks: number;

  /** `rate`: power for each change, 0 to 1. `ticks`: where it stands. */
  constructor(movement: Movement, rate: number, ticks: number) {
    this.#movement = movement;
    this.#rate = rate;
    this.#ticks = ticks;
  }

  step(seconds: number, ticks: number): number | undefined {
    const { direction, goal, speed } = this.#movement;
    if (goal !== undefined && direction * (goal - ticks) <= 0) return undefined;
    this.#since += seconds;
    if (this.#since >= CHANGE - 1e-9) {
      const actual = (direction * (ticks - this.#ticks)) / this.#since;
      this.#power = Math.min(Math.max(this.#power + Math.sign(speed - actual) * this.#rate, 0), 1);
      this.#since = 0;
      this.#ticks = ticks;
    }
    return direction * this.#power;
  }
}
