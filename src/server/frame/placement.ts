/** Where one frame stands in another: a rotation, then a shift in millimetres. Placements chain and reverse. */
import type { Pose } from "../../proto/gen/viam/common/v1/common.js";
import {
  conjugate,
  DEGREE,
  fromOrientationVector,
  IDENTITY,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  toOrientationVector,
  type Vector,
} from "./rotation.js";

export interface Placement {
  readonly at: Vector;
  readonly turn: Quaternion;
}

export const NOWHERE: Placement = { at: { x: 0, y: 0, z: 0 }, turn: IDENTITY };

/** `inner` stands in a frame that itself stands at `outer`: where `inner` stands in the frame outside. */
export function chain(outer: Placement, inner: Placement): Placement {
  return { at: apply(outer, inner.at), turn: normalize(multiply(outer.turn, inner.turn)) };
}

export function reverse({ at, turn }: Placement): Placement {
  const back = conjugate(turn);
  return { at: rotate(back, { x: -at.x, y: -at.y, z: -at.z }), turn: back };
}

/** A point of the inner frame as the outer one sees it. */
export function apply({ at, turn }: Placement, point: Vector): Vector {
  const turned = rotate(turn, point);
  return { x: at.x + turned.x, y: at.y + turned.y, z: at.z + turned.z };
}

export function fromPose(pose: Pose | undefined): Placement {
  if (pose === undefined) return NOWHERE;
  return {
    at: { x: pose.x, y: pose.y, z: pose.z },
    turn: fromOrientationVector({ x: pose.oX, y: pose.oY, z: pose.oZ, theta: pose.theta * DEGREE }),
  };
}

export function toPose({ at, turn }: Placement): Pose {
  const vector = toOrientationVector(turn);
  return { x: at.x, y: at.y, z: at.z, oX: vector.x, oY: vector.y, oZ: vector.z, theta: vector.theta / DEGREE };
}
