/** Values that drift as measured ones do: slow waves that never repeat together, and a little noise in each reading. */

export interface WanderOptions {
  readonly mean: number;
  /** Furthest drift from the mean, without the noise. */
  readonly amplitude: number;
  /** Seconds of the slowest wave. */
  readonly period: number;
  /** The instrument's step. Readings are multiples of it, and two in a row differ. */
  readonly resolution: number;
  /** Texts that differ give different courses. */
  readonly seed: string;
}

export class Wander {
  readonly #now: () => number;
  readonly #options: WanderOptions;
  readonly #phase: number;
  readonly #random: () => number;
  #last: number | undefined;

  constructor(now: () => number, options: WanderOptions) {
    this.#now = now;
    this.#options = options;
    this.#random = randomOf(options.seed);
    this.#phase = this.#random();
  }

  /** The true value, without the instrument. */
  value(): number {
    const { mean, amplitude, period } = this.#options;
    const turns = this.#now() / period + this.#phase;
    // Irrational ratios of the periods, so that the course does not repeat.
    const drift = 0.6 * wave(turns) + 0.3 * wave(turns * Math.SQRT2 * 2 + 0.3) + 0.1 * wave(turns * Math.PI * 3 + 0.7);
    return mean + amplitude * drift;
  }

  /** What the instrument shows. */
  read(): number {
    const { amplitude, resolution } = this.#options;
    const noise = (this.#random() - 0.5) * Math.min(4 * resolution, amplitude / 10);
    let steps = Math.round((this.value() + noise) / resolution);
    if (steps === this.#last && amplitude > 0) steps += this.#random() < 0.5 ? -1 : 1;
    this.#last = steps;
    // 0.01 * 2150 is not 21.5 in binary fractions: shown with as many decimals as a step has.
    return Number((steps * resolution).toFixed(decimalsOf(resolution)));
  }
}

function decimalsOf(step: number): number {
  return Math.min(Math.max(0, 2 - Math.floor(Math.log10(step))), 20);
}

/** Repeatable numbers from 0 up to 1, another row for each seed. */
function randomOf(seed: string): () => number {
  let state = 2_166_136_261;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function wave(turns: number): number {
  return Math.sin(2 * Math.PI * turns);
}
