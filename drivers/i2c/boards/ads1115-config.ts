/** The config register of an ADS1115 or ADS1015 and the voltages behind its codes (datasheets 8.1.3 and 8.1.2). */

export const INPUTS = ["A0-A1", "A0-A3", "A1-A3", "A2-A3", "A0", "A1", "A2", "A3"] as const;
/** One against ground, or the difference of two; the index is the MUX field. */
export type Input = (typeof INPUTS)[number];

/** Volts at full scale; the index is the PGA field. */
export const RANGES: readonly number[] = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256];

export interface Converter {
  readonly name: string;
  readonly bits: number;
  /** Samples a second; the index is the DR field. */
  readonly rates: readonly number[];
}

export const ADS1115: Converter = { name: "ADS1115", bits: 16, rates: [8, 16, 32, 64, 128, 250, 475, 860] };
export const ADS1015: Converter = { name: "ADS1015", bits: 12, rates: [128, 250, 490, 920, 1600, 2400, 3300] };

/** Bit 15: written, it starts a conversion; read, it says that none is under way. */
export const START = 0x8000;
const SINGLE_SHOT = 0x0100;
const COMPARATOR_OFF = 0x0003;

export interface Sampling {
  readonly input: Input;
  /** Volts, one of RANGES. */
  readonly range: number;
  /** Samples a second, one of the converter's. */
  readonly rate: number;
}

/** Without START. */
export function configWord({ input, range, rate }: Sampling, { rates }: Converter): number {
  const gain = RANGES.indexOf(range);
  return (INPUTS.indexOf(input) << 12) | (gain << 9) | SINGLE_SHOT | (rates.indexOf(rate) << 5) | COMPARATOR_OFF;
}

/** `word`: the conversion register; results are left-aligned. */
export function codeOf(word: number, { bits }: Converter): number {
  return (word << 16) >> (32 - bits);
}

/** Volts of one code. */
export function stepOf(range: number, { bits }: Converter): number {
  return range / 2 ** (bits - 1);
}
