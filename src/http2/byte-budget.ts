/** How many bytes may wait in memory for peers that do not read: for one connection, and within that for all together. */

export class ByteBudget {
  readonly #limit: number;
  readonly #whole: ByteBudget | undefined;
  #used = 0;

  constructor(limit: number, whole?: ByteBudget) {
    this.#limit = limit;
    this.#whole = whole;
  }

  get used(): number {
    return this.#used;
  }

  /** False, and nothing is taken, when that would be too much. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit || this.#whole?.take(bytes) === false) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#whole?.give(bytes);
  }
}
