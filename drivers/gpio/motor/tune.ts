/** Finds gains for a motor by giving it steady power and watching how its speed rises. */
import type { Clock } from "pinion/hardware";
import { failedPrecondition } from "pinion/sdk";
import { pause } from "../timing.js";
import type { Gains } from "./pid.js";
import { FULL_POWER } from "./pid-control.js";

export interface Tuning extends Gains {
  /** Ticks a second at full power, if it goes on as it began. */
  readonly ticks_per_sec: number;
}

export interface Sample {
  /** Seconds since the power was given. */
  readonly time: number;
  readonly ticks: number;
}

export const STEP_POWER = 0.35;
/** Seconds; the speed of the second half is taken as the steady one. */
const DURATION = 3;
/** Milliseconds. */
const PERIOD = 10;
const LEAST_TICKS = 50;

export interface TuneOptions {
  readonly clock: Clock;
  readonly readTicks: () => Promise<number>;
  readonly drive: (power: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** The motor still has power when it returns. Throws when it does not turn as an encoder should show. */
export async function tune({ clock, readTicks, drive, signal }: TuneOptions): Promise<Tuning> {
  const start = await readTicks();
  const samples: Sample[] = [];
  await drive(STEP_POWER);
  const begin = clock.now();
  while (clock.now() - begin < DURATION * 1000) {
    await pause(clock, PERIOD, signal);
    signal.throwIfAborted();
    samples.push({ time: (clock.now() - begin) / 1000, ticks: (await readTicks()) - start });
  }
  return gainsOf(samples);
}

/** For a motor whose speed follows its power with a lag: PI gains that let it settle about as fast as it does by itself (internal model control). */
export function gainsOf(samples: readonly Sample[]): Tuning {
  const last = samples.at(-1);
  const middle = samples[Math.floor(samples.length / 2)];
  const moved = last?.ticks ?? 0;
  if (last === undefined || middle === undefined || moved < LEAST_TICKS) {
    throw failedPrecondition(
      `tuning: expected ${LEAST_TICKS} ticks or more at ${STEP_POWER * 100} % power, got ${moved}: is the motor free to turn, and does the encoder count upward when it turns forward?`,
    );
  }
  const speed = (last.ticks - middle.ticks) / (last.time - middle.time);
  // Where the line of the steady way cuts the axis of time is lag and dead time together.
  const delay = Math.max(last.time - last.ticks / speed, 0.02);
  const gain = speed / (STEP_POWER * FULL_POWER);
  const lag = 0.8 * delay;
  const p = lag / (gain * 2 * delay);
  return { p: rounded(p), i: rounded(p / lag), d: 0, ticks_per_sec: Math.round(speed / STEP_POWER) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
