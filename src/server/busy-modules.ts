/** Which processes of modules are at work on calls of clients and other modules, and since when: what tells a slow call from a hang. */
import type { Clock } from "../base/clock.js";
import { LinkedList, type Member } from "../base/linked-list.js";
import { type Millis, minutes } from "../base/millis.js";

export class BusyCall implements Member {
  readonly at: Millis;
  /** Nothing is known about its kind: it may be a stream that goes on for ever. */
  readonly isOpenEnded: boolean;
  before: Member | undefined;
  after: Member | undefined;

  constructor(at: Millis, isOpenEnded: boolean) {
    this.at = at;
    this.isOpenEnded = isOpenEnded;
  }
}

/** A stream does not keep its module from answering, so a call that may be one counts only so long. */
const OPEN_ENDED_LIMIT: Millis = minutes(2);

const MAX_IDLE = 64;

export class BusyModules {
  readonly #clock: Clock;
  /** Calls in the order of their beginning. */
  readonly #calls = new Map<string, LinkedList<BusyCall>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `key`: of the process. */
  enter(key: string, isOpenEnded: boolean): BusyCall {
    const call = new BusyCall(this.#clock.now(), isOpenEnded);
    let calls = this.#calls.get(key);
    if (calls === undefined) {
      calls = new LinkedList();
      this.#calls.set(key, calls);
    }
    calls.add(call);
    return call;
  }

  leave(key: string, call: BusyCall): void {
    const calls = this.#calls.get(key);
    if (calls === undefined) return;
    calls.delete(call);
    // A module that is called often comes back at once; keys of those that ended are few.
    if (calls.isEmpty && this.#calls.size > MAX_IDLE) this.#calls.delete(key);
  }

  /** Whether a call is in flight that began before this instant. */
  isBusySince(key: string, at: Millis): boolean {
    for (const call of this.#calls.get(key) ?? []) {
      if (call.at > at) return false;
      if (!call.isOpenEnded || this.#clock.now() - call.at < OPEN_ENDED_LIMIT) return true;
    }
    return false;
  }
}
