/** The disc of an encoder: counts ticks of the shaft it sits on, and keeps its count while it sits on none. */
import type { Shaft } from "./shaft.js";

export class TickDisc {
  #ticksPerRotation: number;
  #shaft: Shaft | undefined;
  /** Ticks when the shaft's angle was `#from`. */
  #base = 0;
  #from = 0;

  constructor(ticksPerRotation: number) {
    this.#ticksPerRotation = ticksPerRotation;
  }

  /** Puts the disc on a shaft. Only the last one turns it. The returned function takes it off again. */
  mount(shaft: Shaft, ticksPerRotation: number): () => void {
    this.#hold();
    this.#shaft = shaft;
    this.#ticksPerRotation = ticksPerRotation;
    this.#from = shaft.state().angle;
    return () => {
      if (this.#shaft !== shaft) return;
      this.#hold();
      this.#shaft = undefined;
    };
  }

  get ticksPerRotation(): number {
    return this.#ticksPerRotation;
  }

  /** Ticks with their fraction: where the disc really is. */
  exactTicks(): number {
    if (this.#shaft === undefined) return this.#base;
    return this.#base + (this.#shaft.state().angle - this.#from) * this.#ticksPerRotation;
  }

  /** Whole ticks since the last reset. */
  ticks(): number {
    return Math.round(this.exactTicks()) + 0; // + 0 makes -0 a 0
  }

  /** The angle since the last reset within one turn, 0 to 360, in steps of one tick. */
  degrees(): number {
    const ticks = ((this.ticks() % this.#ticksPerRotation) + this.#ticksPerRotation) % this.#ticksPerRotation;
    return (ticks / this.#ticksPerRotation) * 360;
  }

  /** Here is zero. */
  reset(): void {
    this.#hold();
    this.#base = 0;
  }

  #hold(): void {
    this.#base = this.exactTicks();
    this.#from = this.#shaft?.state().angle ?? 0;
  }
}
