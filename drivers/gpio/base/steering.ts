/** From what a base is to do to what the wheels of its two sides do. Pure. */

export interface Sides {
  readonly left: number;
  readonly right: number;
}

export interface Wheelbase {
  /** Millimetres. */
  readonly width: number;
  readonly circumference: number;
  /** How much further than on paper the wheels have to go for a turn on the spot. */
  readonly slip: number;
}

/** The motors refuse less, revolutions per minute. */
export const SLOWEST_RPM = 0.1;

/** Powers for shares of power ahead and to the left. Backward, `turn` has the sense of a car's steering wheel: the way back of the curve ahead. */
export function mixPower(ahead: number, turn: number): Sides {
  const left = ahead < 0 ? -turn : turn;
  const share = (power: number): number => Math.min(Math.max(power, -1), 1);
  return { left: share(ahead - left), right: share(ahead + left) };
}

/** Revolutions per minute for mm/s ahead and degrees per second to the left. */
export function wheelSpeeds({ width, circumference }: Wheelbase, ahead: number, turn: number): Sides {
  const side = (turn * Math.PI * width) / 360;
  const rpm = (speed: number): number => (speed * 60) / circumference;
  return { left: rpm(ahead - side), right: rpm(ahead + side) };
}

export interface WheelMove {
  /** Above 0. */
  readonly rpm: number;
  /** With the sign of the direction. */
  readonly revolutions: Sides;
}

/** Straight ahead: millimetres, mm/s. */
export function straightMove({ circumference }: Wheelbase, distance: number, speed: number): WheelMove {
  const revolutions = (Math.sign(speed) * distance) / circumference;
  return { rpm: (Math.abs(speed) * 60) / circumference, revolutions: { left: revolutions, right: revolutions } };
}

/** On the spot: degrees, degrees per second. */
export function spinMove({ width, circumference, slip }: Wheelbase, angle: number, speed: number): WheelMove {
  const perDegree = (slip * Math.PI * width) / 360 / circumference;
  const revolutions = Math.sign(speed) * angle * perDegree;
  return { rpm: Math.abs(speed) * perDegree * 60, revolutions: { left: -revolutions, right: revolutions } };
}
