/** The edges of some lines as an async iterable, told when they happen. Has a timer only while somebody listens to a line that swings. */
import type { Tick } from "pinion/sdk";
import type { Edge, Line } from "../physics/line.js";
import type { SimClock } from "../physics/sim-clock.js";

/** A consumer this far behind loses the oldest ticks, as it would with a real line's buffer. */
const MOST_WAITING = 4096;
/** Fast waves are told in bundles. Seconds. */
const SHORTEST_WAIT = 0.002;

export class TickFeed implements AsyncIterableIterator<Tick> {
  readonly #clock: SimClock;
  readonly #lines: readonly (readonly [string, Line])[];
  readonly #waiting: Tick[] = [];
  readonly #stop: (() => void)[] = [];
  #receiver: ((result: IteratorResult<Tick>) => void) | undefined;
  #cancelTimer: () => void = () => undefined;
  #isOver = false;
  /** While several lines are looked at: their edges, to be told in the order of time. */
  #bundle: { readonly pin: string; readonly edge: Edge }[] | undefined;
  onEnd: () => void = () => undefined;

  constructor(clock: SimClock, lines: readonly (readonly [string, Line])[], signal: AbortSignal | undefined) {
    this.#clock = clock;
    this.#lines = lines;
    for (const [name, line] of lines) this.#stop.push(line.listen((edge) => this.#take(name, edge)));
    if (signal !== undefined) {
      const end = (): void => this.end();
      signal.addEventListener("abort", end, { once: true });
      this.#stop.push(() => signal.removeEventListener("abort", end));
      if (signal.aborted) this.end();
    }
    this.look();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Tick>> {
    const tick = this.#waiting.shift();
    if (tick !== undefined) return Promise.resolve({ value: tick, done: false });
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#receiver = resolve;
    });
  }

  return(): Promise<IteratorResult<Tick>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    for (const stop of this.#stop) stop();
    this.#receiver?.({ value: undefined, done: true });
    this.#receiver = undefined;
    this.onEnd();
  }

  /** Takes what has happened and sets the timer for what comes next. */
  look(): void {
    if (this.#isOver) return;
    this.#cancelTimer();
    const bundle: { readonly pin: string; readonly edge: Edge }[] = [];
    this.#bundle = bundle;
    const next = this.#lines.map(([, line]) => line.tell()).filter((time) => time !== undefined);
    this.#bundle = undefined;
    for (const { pin, edge } of bundle.toSorted((a, b) => a.edge.time - b.edge.time)) this.#push(pin, edge);
    if (next.length === 0) return;
    this.#cancelTimer = this.#clock.after(Math.max(Math.min(...next) - this.#clock.now(), SHORTEST_WAIT), () => this.look());
  }

  #take(pin: string, edge: Edge): void {
    if (this.#bundle === undefined) this.#push(pin, edge);
    else this.#bundle.push({ pin, edge });
  }

  #push(pin: string, { time, isHigh }: Edge): void {
    const tick: Tick = { pin, time: BigInt(Math.round(time * 1e9)), isHigh };
    if (this.#receiver !== undefined) {
      const deliver = this.#receiver;
      this.#receiver = undefined;
      deliver({ value: tick, done: false });
      return;
    }
    this.#waiting.push(tick);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }
}
