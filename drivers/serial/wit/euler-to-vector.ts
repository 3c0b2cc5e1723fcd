/** Roll, pitch and yaw as the orientation vector that the movement sensor API speaks. */
import type { OrientationVector } from "pinion/sdk";

export interface EulerAngles {
  /** Degrees around x, y and z; yaw is applied first, then pitch, then roll. */
  readonly roll: number;
  readonly pitch: number;
  readonly yaw: number;
}

/** Closer to a pole than this, the vector has no direction of its own, and theta holds all of the turn around z. */
const POLE = 1e-4;

/** The rotation Rz(yaw) Ry(pitch) Rx(roll), written as Rz(longitude) Ry(latitude) Rz(theta); the vector is where its z axis points. */
export function eulerToVector({ roll, pitch, yaw }: EulerAngles): OrientationVector {
  const [sinRoll, cosRoll] = sinCos(roll);
  const [sinPitch, cosPitch] = sinCos(pitch);
  const [sinYaw, cosYaw] = sinCos(yaw);
  const x = cosYaw * sinPitch * cosRoll + sinYaw * sinRoll;
  const y = sinYaw * sinPitch * cosRoll - cosYaw * sinRoll;
  const z = cosPitch * cosRoll;
  const theta =
    1 - Math.abs(z) > POLE
      ? Math.atan2(cosPitch * sinRoll, sinPitch)
      : Math.atan2(sinYaw * cosPitch, z > 0 ? cosYaw * cosPitch : sinYaw * sinPitch * sinRoll + cosYaw * cosRoll);
  return { x, y, z, theta: (theta * 180) / Math.PI };
}

function sinCos(degrees: number): readonly [number, number] {
  const radians = (degrees * Math.PI) / 180;
  return [Math.sin(radians), Math.cos(radians)];
}
