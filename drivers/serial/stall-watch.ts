/** Notices that something that should move does not. */
import type { Clock } from "pinion/hardware";
import { failedPrecondition } from "pinion/sdk";

export interface StallOptions {
  readonly clock: Clock;
  /** Milliseconds without movement that are too many. */
  readonly limit: number;
  /** Less than this is no movement. */
  readonly least: number;
}

export class StallWatch {
  readonly #options: StallOptions;
  #best: number | undefined;
  #since: number;

  constructor(options: StallOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** `left`: how far it still is. Throws when it has not become less for too long; `describe` names what, with its load if known. */
  check(left: number, describe: () => string): void {
    const { clock, least, limit } = this.#options;
    const now = clock.now();
    if (this.#best === undefined || left <= this.#best - least) {
      this.#best = left;
      this.#since = now;
    }
    if (now - this.#since > limit) throw failedPrecondition(describe());
  }
}
