/** The arithmetic of a PCA9685: prescale and counts (datasheet 7.3.3 and 7.3.5). */

/** Hertz, nominal. */
export const OSCILLATOR = 25e6;
const STEPS = 4096;
const MIN_PRESCALE = 3;
const MAX_PRESCALE = 255;
/** Bit 4 of an ON_H or OFF_H register: on or off for good; off wins. */
export const FULL = 0x10;
/** ALL_LED_OFF_H. */
export const ALL_OFF_H = 0xfd;
export const CHANNELS = 16;

/** Undefined for a frequency the chip does not have. */
export function prescaleOf(frequency: number, oscillator: number = OSCILLATOR): number | undefined {
  const prescale = Math.round(oscillator / (STEPS * frequency)) - 1;
  return prescale >= MIN_PRESCALE && prescale <= MAX_PRESCALE ? prescale : undefined;
}

/** Hertz. */
export function frequencyOf(prescale: number, oscillator: number = OSCILLATOR): number {
  return oscillator / (STEPS * (prescale + 1));
}

export interface Counts {
  /** Of 4096, where the output goes on. */
  readonly on: number;
  /** Where it goes off. */
  readonly off: number;
}

/** `delay` and `duty` from 0 to 1 of a period; for a duty that is neither always nor never. */
export function countsOf(duty: number, delay = 0): Counts {
  const on = Math.max(Math.round(delay * STEPS) - 1, 0);
  return { on, off: (on + Math.round(duty * STEPS)) % STEPS };
}

/** The four registers of a channel: ON_L, ON_H, OFF_L, OFF_H. */
export function channelBytes(duty: number): Uint8Array {
  const steps = Math.round(duty * STEPS);
  if (steps <= 0) return Uint8Array.of(0, 0, 0, FULL);
  if (steps >= STEPS) return Uint8Array.of(0, FULL, 0, 0);
  const { on, off } = countsOf(duty);
  return Uint8Array.of(on & 0xff, on >> 8, off & 0xff, off >> 8);
}

/** 0 to 1, from the four registers. */
export function dutyOf(bytes: Uint8Array): number {
  const [onLow = 0, onHigh = 0, offLow = 0, offHigh = 0] = bytes;
  if (offHigh & FULL) return 0;
  if (onHigh & FULL) return 1;
  const on = ((onHigh & 0x0f) << 8) | onLow;
  const off = ((offHigh & 0x0f) << 8) | offLow;
  return ((off - on + STEPS) % STEPS) / STEPS;
}

/** The first of a channel's four registers. */
export function channelRegister(channel: number): number {
  return 0x06 + 4 * channel;
}
