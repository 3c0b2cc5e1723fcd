/** What all motors refuse, in the words that existing clients know. */
import { invalidArgument } from "pinion/sdk";

const SLOWEST_RPM = 0.1;

export function assertNumber(name: string, value: number): void {
  if (!Number.isFinite(value)) throw invalidArgument(`${name}: expected a finite number, got ${value}`);
}

/** The size of the speed, at most `maxRpm`. */
export function speedOf(rpm: number, maxRpm: number): number {
  assertNumber("rpm", rpm);
  if (Math.abs(rpm) < SLOWEST_RPM) throw invalidArgument(`Cannot move motor at an RPM that is nearly 0, got ${rpm}`);
  return Math.min(Math.abs(rpm), maxRpm);
}

export function assertRevolutions(revolutions: number): void {
  assertNumber("revolutions", revolutions);
  if (revolutions === 0) throw invalidArgument("Cannot move motor for 0 revolutions");
}

/** Power up to this share is off. */
export const OFF_POWER = 0.01;
