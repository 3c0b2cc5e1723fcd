/** From the power that is asked for to the power that is given. */

/** Up to this share of power a motor is stopped. */
const OFF = 0.01;

export interface PowerLimits {
  /** 0 to 1. */
  readonly least: number;
  readonly most: number;
}

/** 0 or a power between the limits, with the sign of `power`. */
export function limitPower(power: number, { least, most }: PowerLimits): number {
  if (Math.abs(power) <= OFF) return 0;
  return Math.sign(power) * Math.max(Math.min(Math.abs(power), most), least);
}

/** Whether a motor cannot be moved that slowly. Revolutions a minute. */
export function isNearlyZero(rpm: number): boolean {
  return Math.abs(rpm) < 0.1;
}

/** Whether it is asked for all it can give, where nothing is left to correct with. */
export function isNearlyMost(rpm: number, maxRpm: number): boolean {
  return maxRpm > 0 && Math.abs(rpm) > maxRpm - 0.1;
}
