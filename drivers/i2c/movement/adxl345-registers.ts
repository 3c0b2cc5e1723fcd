/** The arithmetic of an ADXL345 (datasheet, register definitions). */
import type { Vector3 } from "pinion/sdk";
import { STANDARD_GRAVITY } from "./mpu6050-conversion.js";

/** With full resolution, in every range. */
const STEPS_PER_G = 256;

/** `bytes`: the 6 data registers from 0x32. Metres per second squared. */
export function parseAcceleration(bytes: Uint8Array): Vector3 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number): number => (view.getInt16(offset, true) * STANDARD_GRAVITY) / STEPS_PER_G;
  return { x: at(0), y: at(2), z: at(4) };
}

/** What one step of a register stands for. */
export const STEP: Readonly<Record<"tapThreshold" | "tapDuration" | "fallThreshold" | "fallTime", number>> = {
  /** Milli-g, THRESH_TAP 0x1D. */
  tapThreshold: 62.5,
  /** Microseconds, DUR 0x21. */
  tapDuration: 625,
  /** Milli-g, THRESH_FF 0x28. */
  fallThreshold: 62.5,
  /** Milliseconds, TIME_FF 0x29. */
  fallTime: 5,
};

/** The nearest register value, at least one step: 0 gives "undesirable results", or switches the function off. */
export function toSteps(value: number, step: number): number {
  return Math.min(Math.max(Math.round(value / step), 1), 0xff);
}
