/** Speed and position by a PID on the speed. Gains are of ticks a second to power in 255 parts, as in configs that come from RDK. */
import { type Gains, Pid } from "./pid.js";
import type { Movement, SpeedControl } from "./speed-control.js";
import { Trapezoid } from "./trapezoid.js";

/** Milliseconds: 100 times a second. */
const PERIOD = 10;
export const FULL_POWER = 255;
const ACCELERATION = 30_000;
const APPROACH = 6;
/** Ticks from the goal at which a movement is done, for encoders of enough of them. */
const DONE = 2;
/** Steps that it must be that near, so that it is not passing by. */
const DONE_STEPS = 5;

export class PidControl implements SpeedControl {
  readonly period: number = PERIOD;
  readonly #movement: Movement;
  readonly #pid: Pid;
  readonly #profile: Trapezoid;
  readonly #done: number;
  #ticks: number;
  #near = 0;

  /** `ticks`: where it stands. */
  constructor(movement: Movement, gains: Gains, ticks: number, ticksPerRotation: number) {
    this.#movement = movement;
    this.#pid = new Pid(gains, FULL_POWER);
    this.#profile = new Trapezoid({ speed: movement.speed, acceleration: ACCELERATION, approach: APPROACH });
    this.#done = doneWithin(ticksPerRotation);
    this.#ticks = ticks;
  }

  step(seconds: number, ticks: number): number | undefined {
    const { direction, goal } = this.#movement;
    const distance = goal === undefined ? direction * Number.POSITIVE_INFINITY : goal - ticks;
    this.#near = Math.abs(distance) <= this.#done ? this.#near + 1 : 0;
    if (this.#near === DONE_STEPS) return undefined;
    const speed = seconds > 0 ? (ticks - this.#ticks) / seconds : 0;
    this.#ticks = ticks;
    return this.#pid.step(this.#profile.step(distance, seconds) - speed, seconds) / FULL_POWER;
  }
}

/** Ticks; a twentieth of a turn for encoders with few of them. */
export function doneWithin(ticksPerRotation: number): number {
  return Math.min(DONE, ticksPerRotation / 20);
}
