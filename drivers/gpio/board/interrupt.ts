/** A watched pin: counts rising edges and tells edges to those who listen. */
import type { Edge } from "pinion/hardware";

export type EdgeListener = (edge: Pick<Edge, "isHigh" | "time">) => void;

export class Interrupt {
  readonly #listeners = new Set<EdgeListener>();
  #rising = 0;

  /** Since the board was built. */
  get risingEdges(): number {
    return this.#rising;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  edge(edge: Edge): void {
    if (edge.isHigh) this.#rising += 1;
    for (const listener of this.#listeners) listener(edge);
  }

  listen(listener: EdgeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
