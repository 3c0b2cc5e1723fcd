/** Rotations as unit quaternions, and the forms configs and messages write them in. Pure arithmetic. */

export interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Quaternion extends Vector {
  readonly w: number;
}

/** Where the local z axis points, and the turn about it: the field's "orientation vector". Theta in radians. */
export interface OrientationVector extends Vector {
  readonly theta: number;
}

export const IDENTITY: Quaternion = { w: 1, x: 0, y: 0, z: 0 };
export const DEGREE: number = Math.PI / 180;

/** Closer to the pole than this the direction's longitude means nothing. */
const POLE = 1e-4;

/** First `b`, then `a`. */
export function multiply(a: Quaternion, b: Quaternion): Quaternion {
  return {
    w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
    x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
    y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
    z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
  };
}

/** The reverse rotation. */
export function conjugate(q: Quaternion): Quaternion {
  return { w: q.w, x: -q.x, y: -q.y, z: -q.z };
}

/** To length 1; what has no length becomes no rotation. */
export function normalize(q: Quaternion): Quaternion {
  const length = Math.hypot(q.w, q.x, q.y, q.z);
  if (!(length > 0) || !Number.isFinite(length)) return IDENTITY;
  return { w: q.w / length, x: q.x / length, y: q.y / length, z: q.z / length };
}

export function rotate(q: Quaternion, v: Vector): Vector {
  const turned = multiply(multiply(q, { w: 0, ...v }), conjugate(q));
  return { x: turned.x, y: turned.y, z: turned.z };
}

/** A turn by `theta` radians about an axis of any length; an axis of no length is no rotation. */
export function fromAxisAngle(axis: Vector, theta: number): Quaternion {
  const length = Math.hypot(axis.x, axis.y, axis.z);
  if (!(length > 0)) return IDENTITY;
  const scale = Math.sin(theta / 2) / length;
  return normalize({ w: Math.cos(theta / 2), x: axis.x * scale, y: axis.y * scale, z: axis.z * scale });
}

/** Roll about x, then pitch about y, then yaw about z, in fixed axes; radians. */
export function fromEuler(roll: number, pitch: number, yaw: number): Quaternion {
  return multiply(multiply(aboutZ(yaw), aboutY(pitch)), fromAxisAngle({ x: 1, y: 0, z: 0 }, roll));
}

/** A vector of no length points up. */
export function fromOrientationVector(vector: OrientationVector): Quaternion {
  const length = Math.hypot(vector.x, vector.y, vector.z);
  if (!(length > 0)) return aboutZ(vector.theta);
  const height = clamp(vector.z / length);
  const longitude = 1 - Math.abs(height) > POLE ? Math.atan2(vector.y, vector.x) : 0;
  return normalize(multiply(multiply(aboutZ(longitude), aboutY(Math.acos(height))), aboutZ(vector.theta)));
}

export function toOrientationVector(q: Quaternion): OrientationVector {
  const up = rotate(q, { x: 0, y: 0, z: 1 });
  const right = rotate(q, { x: 1, y: 0, z: 0 });
  if (1 - Math.abs(up.z) <= POLE) {
    // At the poles all of the turn is about the local z axis.
    return { ...up, theta: Math.atan2(right.y, up.z > 0 ? right.x : -right.x) };
  }
  const forward = rotate(q, { x: 0, y: 1, z: 0 });
  return { ...up, theta: Math.atan2(forward.z, -right.z) };
}

function aboutZ(theta: number): Quaternion {
  return { w: Math.cos(theta / 2), x: 0, y: 0, z: Math.sin(theta / 2) };
}

function aboutY(theta: number): Quaternion {
  return { w: Math.cos(theta / 2), x: 0, y: Math.sin(theta / 2), z: 0 };
}

function clamp(value: number): number {
  return Math.max(-1, Math.min(1, value));
}
