/** Lets a speed control drive a motor until its goal is reached, and stops a motor that gets nowhere. */
import { type Clock, millis } from "pinion/hardware";
import { failedPrecondition, RpcError, Status } from "pinion/sdk";
import { pause } from "../timing.js";
import type { SpeedControl } from "./speed-control.js";
import { type Stall, StallWatch } from "./stall.js";

export interface FollowOptions {
  readonly clock: Clock;
  readonly control: SpeedControl;
  readonly readTicks: (signal: AbortSignal) => Promise<number>;
  /** -1 to 1 */
  readonly drive: (power: number) => Promise<void>;
  /** Milliseconds without a tick; 0 never calls it a stall. */
  readonly stallTimeout: number;
  /** Milliseconds for all of it; undefined for a movement without an end. */
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

/** Returns when the goal is reached or the signal is aborted; the motor may still have power then. */
export async function follow({ clock, control, readTicks, drive, stallTimeout, limit, signal }: FollowOptions): Promise<void> {
  const stall = new StallWatch(stallTimeout);
  const begin = clock.now();
  let before = begin;
  let next: number = begin;
  for (;;) {
    // Against the time it began, so that late timers do not add up; what was missed is not made up for.
    next = Math.max(next + control.period, clock.now());
    await pause(clock, next - clock.now(), signal);
    if (signal.aborted) return;
    const ticks = await readTicks(signal);
    if (signal.aborted) return;
    const now = clock.now();
    const power = control.step((now - before) / 1000, ticks);
    before = now;
    if (power === undefined) return;
    const stalled = stall.check(now, ticks, power);
    if (stalled !== undefined) throw stallError(stalled, power);
    if (limit !== undefined && now - begin > limit) throw limitError(limit);
    await drive(power);
  }
}

/** Milliseconds that a movement may take: it may be slow, but it must not go on for ever. */
export function limitOf(revolutions: number, rpm: number): number {
  return millis(5000 + (5 * 60_000 * Math.abs(revolutions)) / Math.abs(rpm));
}

function stallError({ backward, duration }: Stall, power: number): RpcError {
  const time = `${(duration / 1000).toFixed(1)} s`;
  const percent = `${(power * 100).toFixed(0)} % power`;
  if (backward > 0) {
    return failedPrecondition(
      `stopped: the encoder counted ${backward} ticks backward in ${time} at ${percent}; swap the encoder's pins a and b, or the motor's wires (or set dir_flip)`,
    );
  }
  return failedPrecondition(
    `stopped: no tick of the encoder in ${time} at ${percent}: the motor is blocked or without supply, or the encoder is not connected`,
  );
}

function limitError(limit: number): RpcError {
  return new RpcError(
    Status.DEADLINE_EXCEEDED,
    `stopped: not at the goal after ${(limit / 1000).toFixed(1)} s, five times what the speed that was asked for takes; ask for less speed, or check ticks_per_rotation and the gains`,
  );
}
