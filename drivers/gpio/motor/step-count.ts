/** The arithmetic of steps: of a motor with so many to a turn, at so many in a second. */

export interface StepperGeometry {
  /** Full steps of a turn. */
  readonly ticksPerRotation: number;
  /** Of a full step; 1 or more. */
  readonly microsteps: number;
}

export function stepsPerRotation({ ticksPerRotation, microsteps }: StepperGeometry): number {
  return ticksPerRotation * microsteps;
}

/** Steps a second. */
export function stepRate(rpm: number, geometry: StepperGeometry): number {
  return (Math.abs(rpm) * stepsPerRotation(geometry)) / 60;
}

export function rpmOf(rate: number, geometry: StepperGeometry): number {
  return (rate * 60) / stepsPerRotation(geometry);
}

/** Whole steps, with the sign of the direction. */
export function stepsFor(revolutions: number, geometry: StepperGeometry): number {
  return Math.round(revolutions * stepsPerRotation(geometry));
}

/** Steps of a pulse train of `rate` Hz after `milliseconds`: the first pulse comes at once. */
export function stepsAfter(milliseconds: number, rate: number): number {
  return milliseconds <= 0 ? 0 : Math.floor((milliseconds * rate) / 1000) + 1;
}
