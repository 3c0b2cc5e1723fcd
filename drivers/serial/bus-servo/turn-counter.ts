/** Whole turns from a counter that begins anew, as long as it is read more often than half a count around. */

export class TurnCounter {
  readonly #modulus: number;
  #last: number | undefined;
  #total = 0;

  /** Steps after which the counter begins anew. */
  constructor(modulus: number) {
    this.#modulus = modulus;
  }

  /** Steps since the first reading, plus what `set` said. */
  update(steps: number): number {
    if (this.#last !== undefined) this.#total += nearest(steps - this.#last, this.#modulus);
    this.#last = steps;
    return this.#total;
  }

  /** Makes the place of the last reading count as `total`. */
  set(total: number): void {
    this.#total = total;
  }
}

function nearest(difference: number, modulus: number): number {
  const rest = ((difference % modulus) + modulus) % modulus;
  return rest >= modulus / 2 ? rest - modulus : rest;
}
