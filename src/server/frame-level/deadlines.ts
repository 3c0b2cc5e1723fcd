/** The deadlines of calls in flight. Nearly all calls end long before theirs, so that long ones share timers instead of each having one. */
import type { Clock, Timer } from "../../base/clock.js";
import { LinkedList, type Member } from "../../base/linked-list.js";
import { type Millis, millis } from "../../base/millis.js";

export interface HasDeadline {
  onDeadline(): void;
}

/** Shorter ones are kept to the millisecond. */
const LONG: Millis = millis(1000);
/** Of longer ones this is as good as none. */
const LONGEST: Millis = millis(2 ** 31 - 1);

/** Whose deadlines come together. */
interface Row {
  readonly key: number;
  readonly deadlines: LinkedList<Deadline>;
}

export class Deadline implements Member {
  readonly owner: HasDeadline;
  readonly #row: Row | undefined;
  readonly #timer: Timer | undefined;
  before: Member | undefined;
  after: Member | undefined;
  #isOver = false;

  constructor(owner: HasDeadline, row: Row | undefined, timer: Timer | undefined) {
    this.owner = owner;
    this.#row = row;
    this.#timer = timer;
  }

  /** The owner ended before it. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#row?.deadlines.delete(this);
  }
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #rows = new Map<number, Row>();
  #last: Row | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called back at `limit` from now; a long one by up to a sixteenth later. */
  add(owner: HasDeadline, limit: Millis): Deadline {
    if (limit < LONG)
      return new Deadline(
        owner,
        undefined,
        this.#clock.after(limit, () => owner.onDeadline(), { unref: true }),
      );
    const row = this.#rowOf(Math.min(limit, LONGEST));
    const deadline = new Deadline(owner, row, undefined);
    row.deadlines.add(deadline);
    return deadline;
  }

  #rowOf(limit: number): Row {
    const exponent = 31 - Math.clz32(limit) - 4;
    const step = 1 << exponent;
    const now = this.#clock.now();
    const index = Math.ceil((now + limit) / step);
    // Exponents are below 32, so that no two rows share a key.
    const key = index * 32 + exponent;
    if (this.#last?.key === key) return this.#last;
    const row = this.#rows.get(key) ?? this.#open(key, millis(index * step - now));
    this.#last = row;
    return row;
  }

  #open(key: number, delay: Millis): Row {
    const row: Row = { key, deadlines: new LinkedList() };
    this.#rows.set(key, row);
    const onTimeout = (): void => {
      this.#rows.delete(key);
      if (this.#last === row) this.#last = undefined;
      for (const { owner } of [...row.deadlines]) owner.onDeadline();
    };
    this.#clock.after(delay, onTimeout, { unref: true });
    return row;
  }
}
