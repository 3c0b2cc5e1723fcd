/** The motors of a base, told at the same time: when one fails, the others are stopped. */
import { type Dependencies, type Handle, type Motor, motor, RpcError, Status } from "pinion/sdk";
import { aborted } from "../timing.js";
import type { Sides } from "./steering.js";

export interface Wheel {
  readonly name: string;
  readonly side: keyof Sides;
  readonly motor: Handle<Motor>;
}

/** Milliseconds; a motor of another module that does not answer must not keep the rest from stopping. */
const STOP_TIMEOUT = 2000;

export class Wheels {
  readonly all: readonly Wheel[];

  constructor(names: Readonly<Record<keyof Sides, readonly string[]>>, dependencies: Dependencies) {
    this.all = (["left", "right"] as const).flatMap((side) =>
      names[side].map((name) => ({ name, side, motor: dependencies.get(motor, name) })),
    );
  }

  /**
   * Resolves when `action` is done for all. When it fails for one, its signal is aborted for the others, all motors are stopped, and it rejects with
   * the first error, which names the motor. Once `signal` is aborted, it stops all, and resolves: how a call ends that is over is its caller's matter.
   */
  async each(action: (wheel: Wheel, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let failure: RpcError | undefined;
    const act = async (wheel: Wheel): Promise<void> => {
      try {
        await action(wheel, either);
      } catch (error) {
        if (either.aborted) return;
        failure = named(wheel, error);
        failed.abort(failure);
      }
    };
    const acting = Promise.all(this.all.map(act));
    // Not only after the last has answered: one that hangs must not hold up the stop.
    await Promise.race([acting, aborted(either)]);
    if (!either.aborted) return;
    await Promise.allSettled([this.stop(), acting]);
    // Again, because what was on its way to a motor may have come after the first stop.
    const unstopped = await this.stop().then(
      () => undefined,
      (error: RpcError) => error,
    );
    if (failure === undefined && unstopped !== undefined) throw unstopped;
    if (failure === undefined) return;
    if (unstopped === undefined) throw failure;
    throw new RpcError(failure.code, `${failure.message}; ${unstopped.message}`, { cause: failure });
  }

  /** Rejects with what went wrong first, after all were told. */
  async stop(): Promise<void> {
    const stop = async (wheel: Wheel): Promise<void> => {
      try {
        await wheel.motor.stop({ timeout: STOP_TIMEOUT });
      } catch (error) {
        throw named(wheel, error, "could not be stopped: ");
      }
    };
    const results = await Promise.allSettled(this.all.map(stop));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** The motors of these that do not turn. */
  async standing(wheels: readonly Wheel[]): Promise<readonly Wheel[]> {
    const moving = await Promise.all(wheels.map((wheel) => isMoving(wheel)));
    return wheels.filter((_, index) => moving[index] === false);
  }
}

async function isMoving(wheel: Wheel): Promise<boolean> {
  try {
    return await wheel.motor.isMoving({ timeout: STOP_TIMEOUT });
  } catch (error) {
    throw named(wheel, error);
  }
}

function named({ name }: Wheel, error: unknown, what = ""): RpcError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RpcError ? error.code : Status.UNKNOWN;
  return new RpcError(code, `motor "${name}": ${what}${message}`, { cause: error });
}
