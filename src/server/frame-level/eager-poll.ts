/**
 * Looks for what comes next instead of going to sleep, while calls follow each other so quickly that falling asleep and being woken is most of
 * their time. A core that sleeps takes tens of microseconds to be woken, which one call in flight pays four times.
 */
import { availableParallelism } from "node:os";

/** Milliseconds in which the next step has to come for the wait to be worth it. */
const WINDOW = 0.3;
/** Steps in a row that came in time, before any are waited for; one that did not costs several. */
const ENOUGH = 24;
const MOST = 64;
const COST_OF_A_MISS = 8;
/** One for the client, one for the module, one to wait on. With two, who is waited for was seen to wait for the core that waits. */
const ENOUGH_CORES = 3;
/** With more calls in flight something is always there to be done. */
const FEW = 2;

/** What the poll needs of the process, for tests. */
export interface EagerPollPort {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** After the sockets were looked at once. */
  readonly afterLook: (action: () => void) => void;
  readonly cores: number;
}

const PROCESS: EagerPollPort = { now: () => performance.now(), afterLook: setImmediate, cores: availableParallelism() };

export class EagerPoll {
  readonly #port: EagerPollPort;
  #inFlight = 0;
  #timely = 0;
  #last = 0;
  #isPolling = false;

  constructor(port: EagerPollPort = PROCESS) {
    this.#port = port;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** A call was passed on. */
  began(): void {
    this.#inFlight += 1;
    this.#step();
  }

  /** An answer was passed on. */
  ended(): void {
    this.#inFlight -= 1;
    this.#step();
  }

  #step(): void {
    if (this.#port.cores < ENOUGH_CORES) return;
    const now = this.#port.now();
    if (now - this.#last < WINDOW) this.#timely = Math.min(MOST, this.#timely + 1);
    else this.#timely = Math.max(0, this.#timely - COST_OF_A_MISS);
    this.#last = now;
    if (this.#isPolling || this.#timely < ENOUGH || this.#inFlight > FEW) return;
    this.#isPolling = true;
    this.#port.afterLook(this.#poll);
  }

  readonly #poll = (): void => {
    this.#isPolling = this.#inFlight <= FEW && this.#port.now() - this.#last < WINDOW;
    if (this.#isPolling) this.#port.afterLook(this.#poll);
  };
}
