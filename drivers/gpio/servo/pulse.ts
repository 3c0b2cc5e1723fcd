/** The arithmetic of servo pulses: angles in degrees, widths in microseconds. */

export interface PulseRange {
  readonly minAngle: number;
  readonly maxAngle: number;
  readonly minWidth: number;
  readonly maxWidth: number;
}

/** What must stay between two pulses. Microseconds. */
const GAP = 50;

/** Clamped to the range. */
export function widthOf(angle: number, { minAngle, maxAngle, minWidth, maxWidth }: PulseRange): number {
  const clamped = Math.min(Math.max(angle, minAngle), maxAngle);
  return minWidth + ((clamped - minAngle) * (maxWidth - minWidth)) / (maxAngle - minAngle);
}

export function angleOf(width: number, { minAngle, maxAngle, minWidth, maxWidth }: PulseRange): number {
  return minAngle + ((width - minWidth) * (maxAngle - minAngle)) / (maxWidth - minWidth);
}

/** 0 to 1. */
export function dutyOf(width: number, frequency: number): number {
  return (width * frequency) / 1e6;
}

export function widthOfDuty(duty: number, frequency: number): number {
  return (duty * 1e6) / frequency;
}

/** The highest frequency, in hertz, at which the widest pulse still ends before the next begins. */
export function highestFrequency(maxWidth: number): number {
  return Math.floor(1e6 / (maxWidth + GAP));
}
