/** One movement at a time: a new command takes the place of the movement that runs, whose call then resolves. */
import type { Clock } from "pinion/hardware";
import { millis } from "pinion/hardware";
import { RpcError, Status } from "pinion/sdk";

export interface MotionStep {
  /** Looks how far it is; true when done. Errors end the movement. */
  readonly isDone: () => Promise<boolean>;
  /** Runs when it arrived, failed, or the caller gave up; not when another command took over. */
  readonly end: () => Promise<void>;
  /** Milliseconds between two looks. */
  readonly period: number;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined;
}

export class OneMotion {
  readonly #clock: Clock;
  #owner: AbortController | undefined;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A movement runs. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * A new command: the movement that runs ends, its call resolves, and it leaves the motor alone. The signal is aborted by the next command, so that
   * what still waits to be sent is not sent after that.
   */
  take(): AbortSignal {
    this.#owner?.abort(aborted("a later command took the place of this one"));
    this.#owner = new AbortController();
    this.#isRunning = false;
    return this.#owner.signal;
  }

  /** `begin` starts the movement and resolves to how it is watched. */
  async run(begin: (own: AbortSignal) => Promise<MotionStep>): Promise<void> {
    const own = this.take();
    this.#isRunning = true;
    try {
      const step = await begin(own);
      await this.#watch(step, own);
    } catch (error) {
      if (!own.aborted) throw error;
    } finally {
      if (!own.aborted) this.#isRunning = false;
    }
  }

  async #watch({ isDone, end, period, signal }: MotionStep, own: AbortSignal): Promise<void> {
    const ended = signal === undefined ? own : AbortSignal.any([own, signal]);
    try {
      while (!own.aborted) {
        signal?.throwIfAborted();
        if (await isDone()) break;
        await this.#clock.sleep(millis(period), ended).catch(() => undefined); // the loop looks at the signals
      }
    } catch (error) {
      if (own.aborted) return;
      // The reason matters more than whether stopping worked as well.
      await end().catch(() => undefined);
      throw error;
    }
    if (!own.aborted) await end();
  }
}

function aborted(message: string): RpcError {
  return new RpcError(Status.ABORTED, message);
}
