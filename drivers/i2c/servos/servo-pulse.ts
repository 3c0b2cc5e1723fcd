/** The arithmetic of servo pulses: angles in degrees, widths in microseconds. */

export interface PulseRange {
  readonly minAngle: number;
  readonly maxAngle: number;
  readonly minWidth: number;
  readonly maxWidth: number;
}

/** Of an angle within the range, or at its nearer end. */
export function widthOf(angle: number, { minAngle, maxAngle, minWidth, maxWidth }: PulseRange): number {
  const clamped = Math.min(Math.max(angle, minAngle), maxAngle);
  return minWidth + ((clamped - minAngle) * (maxWidth - minWidth)) / (maxAngle - minAngle);
}

export function angleOf(width: number, { minAngle, maxAngle, minWidth, maxWidth }: PulseRange): number {
  return minAngle + ((width - minWidth) * (maxAngle - minAngle)) / (maxWidth - minWidth);
}

/** Hertz: the widest pulse has to end 50 microseconds before the next begins. */
export function highestFrequency(maxWidth: number): number {
  return Math.floor(1e6 / (maxWidth + 50));
}
