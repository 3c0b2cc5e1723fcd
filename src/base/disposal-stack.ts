/** What was opened, closed in reverse order, each step bounded and none able to stop the others. */
import type { Clock } from "./clock.js";
import { withDeadline } from "./deadline.js";
import type { Millis } from "./millis.js";

interface Step {
  readonly what: string;
  readonly limit: Millis;
  readonly close: () => void | Promise<void>;
}

export class DisposalStack implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #onError: (what: string, error: unknown) => void;
  #steps: Step[] = [];

  constructor(clock: Clock, onError: (what: string, error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Registers a step; steps run last in, first out. */
  defer(what: string, limit: Millis, close: () => void | Promise<void>): void {
    this.#steps.push({ what, limit, close });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const steps = this.#steps.toReversed();
    this.#steps = [];
    for (const { what, limit, close } of steps) {
      try {
        await withDeadline(this.#clock, limit, what, Promise.resolve(close()));
      } catch (error) {
        this.#onError(what, error);
      }
    }
  }
}
