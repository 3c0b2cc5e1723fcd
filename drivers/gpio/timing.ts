/** Time as drivers of pins need it: the clock, waits that end early, and waits more exact than timers. */
import { type Clock, millis, systemClock } from "pinion/hardware";

export interface Timing {
  readonly clock: Clock;
  /**
   * Runs `action` at `time` of the clock, a few tens of microseconds late on an idle process: its last milliseconds keep one core busy, but let
   * everything else of the process run. Returns what ends the wait.
   */
  exactly(time: number, action: () => void): () => void;
  /** Blocks; for pulses only. */
  spin(microseconds: number): void;
}

/** Timers come up to this much late; the rest is waited for by looking at the clock. Milliseconds. */
const TIMER_GRAIN = 2;

export const systemTiming: Timing = {
  clock: systemClock,
  exactly(time, action) {
    let immediate: NodeJS.Immediate | undefined;
    const look = (): void => {
      if (systemClock.now() >= time) action();
      else immediate = setImmediate(look);
    };
    const timer = systemClock.after(millis(Math.max(time - systemClock.now() - TIMER_GRAIN, 0)), look);
    return () => {
      timer.cancel();
      clearImmediate(immediate);
    };
  },
  spin(microseconds) {
    const end = process.hrtime.bigint() + BigInt(Math.round(microseconds * 1000));
    while (process.hrtime.bigint() < end);
  },
};

/** Resolves after `delay` milliseconds, or as soon as the signal is aborted: look at it afterwards. */
export async function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await clock.sleep(millis(delay), signal).catch(() => undefined);
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
