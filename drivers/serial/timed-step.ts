/** A movement by time, where nothing measures the way: it lasts as long as the way takes at its speed. */
import type { Clock } from "pinion/hardware";
import type { MotionStep } from "./one-motion.js";

export interface TimedOptions {
  readonly clock: Clock;
  readonly revolutions: number;
  readonly rpm: number;
  /** Throws when the motor cannot have gone on turning. */
  readonly assertThere: () => void;
  readonly end: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

const PERIOD = 50;

/** Begins now: the motor turns already. */
export function timedStep({ clock, revolutions, rpm, assertThere, end, signal }: TimedOptions): MotionStep {
  const until = clock.now() + Math.abs(revolutions / rpm) * 60_000;
  const isDone = async (): Promise<boolean> => {
    assertThere();
    return clock.now() >= until;
  };
  return { isDone, end, period: Math.min(PERIOD, until - clock.now()), signal };
}
