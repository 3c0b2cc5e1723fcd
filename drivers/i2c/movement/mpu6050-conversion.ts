/** The 14 data registers of an MPU6050 from 0x3B (register map 4.17 to 4.19) in SI units. */
import type { Vector3 } from "pinion/sdk";

/** Metres per second squared of 1 g. */
export const STANDARD_GRAVITY = 9.80665;

export interface InertialReading {
  /** Metres per second squared. */
  readonly acceleration: Vector3;
  /** Degrees per second. */
  readonly rotation: Vector3;
  readonly celsius: number;
}

/** `accelerometerRange` in g, `gyroscopeRange` in degrees per second: what the largest value stands for. */
export function parseInertial(
  bytes: Uint8Array,
  { accelerometerRange, gyroscopeRange }: { readonly accelerometerRange: number; readonly gyroscopeRange: number },
): InertialReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = (offset: number, step: number): Vector3 => ({
    x: view.getInt16(offset) * step,
    y: view.getInt16(offset + 2) * step,
    z: view.getInt16(offset + 4) * step,
  });
  return {
    acceleration: vector(0, STANDARD_GRAVITY / accelerometerSteps(accelerometerRange)),
    rotation: vector(8, 1 / gyroscopeSteps(gyroscopeRange)),
    celsius: view.getInt16(6) / 340 + 36.53,
  };
}

/** Steps in 1 g. */
export function accelerometerSteps(range: number): number {
  return 32768 / range;
}

/** Steps in 1 degree per second: 131 in the smallest range, half of it in the next, to one decimal as the datasheet has them. */
export function gyroscopeSteps(range: number): number {
  return Math.round((131 * 250 * 10) / range) / 10;
}
