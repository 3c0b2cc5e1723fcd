/** Errors that happen while nobody asks: few of them are noise, many are told once to whoever asks next. */

/** Results that are remembered, and how many of them must be errors to speak of it. */
const REMEMBERED = 10;
const TOO_MANY = 5;

export class ErrorRing {
  #results: (Error | undefined)[] = [];

  add(result: Error | undefined): void {
    this.#results.push(result);
    if (this.#results.length > REMEMBERED) this.#results.shift();
  }

  /** The newest error when there were too many, after which the ring is empty. */
  take(): Error | undefined {
    const errors = this.#results.filter((result) => result !== undefined);
    if (errors.length < TOO_MANY) return undefined;
    this.#results = [];
    return errors.at(-1);
  }
}
