/** One electrical net of a board: a level or a square wave on it, its edges counted, and told to those who listen. */

/** What drives a net. Frequency in hertz, duty from 0 to 1, a wave starts with its high part. */
export type Signal =
  | { readonly kind: "level"; readonly isHigh: boolean }
  | { readonly kind: "wave"; readonly frequency: number; readonly duty: number };

export interface Edge {
  /** Seconds, of the simulation's clock. */
  readonly time: number;
  readonly isHigh: boolean;
}

/** What duty and frequency make of a pin. */
export function pwmSignal(duty: number, frequency: number): Signal {
  if (duty <= 0 || (frequency <= 0 && duty < 1)) return { kind: "level", isHigh: false };
  if (duty >= 1) return { kind: "level", isHigh: true };
  return { kind: "wave", frequency, duty };
}

// Nobody can take more; a listener that slept over more than this gets the newest.
const MOST_EDGES = 1000;

export class Line {
  readonly #now: () => number;
  readonly #listeners = new Set<(edge: Edge) => void>();
  #signal: Signal = { kind: "level", isHigh: false };
  #start: number;
  /** Rising edges before `#start`. */
  #counted = 0;
  /** Up to here the listeners know. */
  #told: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
    this.#told = this.#start;
  }

  isHigh(): boolean {
    return isHighAt(this.#signal, this.#now() - this.#start);
  }

  /** Rising edges since the board came up. */
  risingEdges(): number {
    return this.#counted + risingWithin(this.#signal, this.#now() - this.#start);
  }

  drive(signal: Signal): void {
    const now = this.#now();
    const before = this.isHigh();
    this.tell();
    this.#counted = this.risingEdges();
    this.#signal = signal;
    this.#start = now;
    const after = this.isHigh();
    if (after === before) return;
    if (after) this.#counted += 1;
    for (const listener of this.#listeners) listener({ time: now, isHigh: after });
  }

  /** Listens from now on, to edges that `tell` finds and to those that `drive` makes. Returns how to stop. */
  listen(listener: (edge: Edge) => void): () => void {
    this.tell();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hands the listeners what happened since the last time. Returns the time of the next edge, if there will be one by itself. */
  tell(): number | undefined {
    const now = this.#now();
    if (this.#listeners.size > 0) {
      for (const edge of edgesBetween(this.#signal, this.#told - this.#start, now - this.#start)) {
        for (const listener of this.#listeners) listener({ time: this.#start + edge.time, isHigh: edge.isHigh });
      }
    }
    this.#told = now;
    if (this.#signal.kind === "level") return undefined;
    const { frequency, duty } = this.#signal;
    const turns = (now - this.#start) * frequency;
    const whole = Math.floor(turns);
    return this.#start + (turns - whole < duty ? whole + duty : whole + 1) / frequency;
  }
}

function isHighAt(signal: Signal, time: number): boolean {
  if (signal.kind === "level") return signal.isHigh;
  const turns = time * signal.frequency;
  return turns - Math.floor(turns) < signal.duty;
}

/** In (0, time]: the rise at the very start belongs to the change of signal. */
function risingWithin(signal: Signal, time: number): number {
  return signal.kind === "level" ? 0 : Math.floor(time * signal.frequency);
}

/** In (from, to], newest kept. */
function edgesBetween(signal: Signal, from: number, to: number): readonly Edge[] {
  if (signal.kind === "level" || to <= from) return [];
  const { frequency, duty } = signal;
  const edges: Edge[] = [];
  const last = Math.floor(to * frequency);
  const first = Math.max(Math.floor(from * frequency), last - MOST_EDGES / 2, 0);
  for (let turn = first; turn <= last; turn++) {
    const rise = turn / frequency;
    const fall = (turn + duty) / frequency;
    if (turn > 0 && rise > from && rise <= to) edges.push({ time: rise, isHigh: true });
    if (fall > from && fall <= to) edges.push({ time: fall, isHigh: false });
  }
  return edges;
}
