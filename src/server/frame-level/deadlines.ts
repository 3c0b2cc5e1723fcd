/** The deadlines of calls in flight. Nearly all calls end long before theirs, so that long ones share timers instead of each having one. */
import type { Clock } from "../../base/clock.js";
import { type Millis, millis } from "../../base/millis.js";

export interface HasDeadline {
  onDeadline(): void;
}

/** Whose deadlines come together; who ends before that takes itself out. */
export interface DeadlineRow {
  delete(owner: HasDeadline): void;
}

/** Shorter ones are kept to the millisecond. */
const LONG: Millis = millis(1000);

export class Deadlines {
  readonly #clock: Clock;
  readonly #rows = new Map<number, Set<HasDeadline>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called back at `limit` from now; a long one by up to a sixteenth later. */
  add(owner: HasDeadline, limit: Millis): DeadlineRow {
    if (limit < LONG) {
      const timer = this.#clock.after(limit, () => owner.onDeadline(), { unref: true });
      return { delete: () => timer.cancel() };
    }
    const step = 2 ** (Math.floor(Math.log2(limit)) - 4);
    const now = this.#clock.now();
    const index = Math.ceil((now + limit) / step);
    // Steps are powers of two below 2^32, so that no two rows share a key.
    const key = index * 32 + Math.log2(step);
    const known = this.#rows.get(key);
    if (known !== undefined) return known.add(owner);
    const row = new Set([owner]);
    this.#rows.set(key, row);
    const onTimeout = (): void => {
      this.#rows.delete(key);
      for (const one of [...row]) one.onDeadline();
    };
    this.#clock.after(millis(index * step - now), onTimeout, { unref: true });
    return row;
  }
}
