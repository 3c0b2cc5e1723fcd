/** Tells the edges of some lines when they happen. Has a timer only while somebody listens to a line that swings. */
import { TickFeed } from "pinion/sdk";
import type { Edge, Line } from "../physics/line.js";
import type { SimClock } from "../physics/sim-clock.js";

/** Fast waves are told in bundles. Seconds. */
const SHORTEST_WAIT = 0.002;

export interface LineFeedOptions {
  readonly clock: SimClock;
  readonly lines: readonly (readonly [string, Line])[];
  readonly signal: AbortSignal | undefined;
  /** Runs once when it is over. */
  readonly onEnd: () => void;
}

export class LineFeed {
  readonly ticks: TickFeed;
  readonly #clock: SimClock;
  readonly #lines: readonly (readonly [string, Line])[];
  readonly #stop: readonly (() => void)[];
  #cancelTimer: () => void = () => undefined;
  /** While several lines are looked at: their edges, to be told in the order of time. */
  #bundle: { readonly pin: string; readonly edge: Edge }[] | undefined;

  constructor({ clock, lines, signal, onEnd }: LineFeedOptions) {
    this.#clock = clock;
    this.#lines = lines;
    this.ticks = new TickFeed({
      signal,
      onEnd: () => {
        this.#cancelTimer();
        for (const end of this.#stop) end();
        onEnd();
      },
    });
    this.#stop = lines.map(([name, line]) => line.listen((edge) => this.#take(name, edge)));
    this.look();
  }

  /** Takes what has happened and sets the timer for what comes next. */
  look(): void {
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
    this.ticks.push({ pin, time: BigInt(Math.round(time * 1e9)), isHigh });
  }
}
