/** What decides the power of a motor from the ticks of its encoder. Pure: time and ticks come in, power goes out. */

export interface SpeedControl {
  /** Milliseconds between two steps. */
  readonly period: number;
  /** The power until the next step, -1 to 1; undefined when the goal is reached. `seconds`: since the step before. */
  step(seconds: number, ticks: number): number | undefined;
}

export interface Movement {
  /** Ticks a second, above 0. */
  readonly speed: number;
  /** 1: towards more ticks. */
  readonly direction: 1 | -1;
  /** Ticks; undefined runs until told otherwise. */
  readonly goal: number | undefined;
}
