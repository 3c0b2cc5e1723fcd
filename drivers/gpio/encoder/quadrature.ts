/** Counts the steps of two signals a quarter of a period apart. */

// By `previous << 2 | next`, each state being `b << 1 | a`. A jump over a state says nothing about the direction and counts nothing.
const STEPS: readonly (-1 | 0 | 1)[] = [0, -1, 1, 0, 1, 0, 0, -1, -1, 0, 0, 1, 0, 1, -1, 0];

export class Quadrature {
  #state: number;
  #raw = 0;

  constructor(isHighA: boolean, isHighB: boolean) {
    this.#state = stateOf(isHighA, isHighB);
  }

  /** Two for a period of the signals. */
  get ticks(): number {
    return Math.floor(this.#raw / 2);
  }

  /** An edge of one of the signals. */
  edge(signal: "a" | "b", isHigh: boolean): void {
    const bit = signal === "a" ? 1 : 2;
    const next = isHigh ? this.#state | bit : this.#state & ~bit;
    this.#raw += STEPS[(this.#state << 2) | next] ?? 0;
    this.#state = next;
  }

  /** Zero; a half tick that was made stays. */
  reset(): void {
    this.#raw &= 1;
  }
}

function stateOf(isHighA: boolean, isHighB: boolean): number {
  return (isHighA ? 1 : 0) | (isHighB ? 2 : 0);
}
