/** Counts the turns of a shaft of which only the angle within one turn is known. */

export class Turns {
  #position: number | undefined;
  #zero = 0;

  /** `angle` in turns, 0 to 1. The shaft is taken to have gone the shorter way: it must be looked at more often than it makes half a turn. */
  advance(angle: number): void {
    if (this.#position === undefined) {
      this.#position = angle;
      return;
    }
    const change = angle - (this.#position - Math.floor(this.#position));
    this.#position += change - Math.round(change);
  }

  /** Turns since the shaft was first looked at in its zero, or since `reset`. */
  get position(): number {
    return (this.#position ?? 0) - this.#zero;
  }

  /** The present position is zero from now on. */
  reset(): void {
    this.#zero = this.#position ?? 0;
  }
}

/** Degrees within the turn, 0 up to 360. */
export function degreesOf(turns: number): number {
  const degrees = (turns - Math.floor(turns)) * 360;
  return degrees >= 360 ? 0 : degrees;
}
