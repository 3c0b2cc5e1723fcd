/** A resource's `frame` of the config as a frame of the frame system. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import type { Geometry } from "../../proto/gen/viam/common/v1/common.js";
import type { Frame } from "./frame-system.js";
import { NOWHERE, type Placement, toPose } from "./placement.js";
import { DEGREE, fromAxisAngle, fromEuler, fromOrientationVector, IDENTITY, normalize, type Quaternion, type Vector } from "./rotation.js";

/** What is asked of the config; its own type for a resource fits. */
export interface FramedResource {
  readonly name: string;
  readonly frame?: JsonObject;
}

/** Undefined where the entry makes no frame: without a parent it stands nowhere. */
export function toConfiguredFrame(simpleName: string, config: JsonObject): Frame | undefined {
  const parent = textOf(config["parent"]);
  const id = textOf(config["id"]);
  const name = id === "" ? simpleName : id;
  if (parent === "" || name === "world") return undefined;
  const geometry = toGeometry(objectOf(config["geometry"]));
  return { name, parent, placement: toPlacement(config), ...(geometry === undefined ? {} : { geometry }) };
}

function toPlacement(config: JsonObject): Placement {
  return { at: toVector(objectOf(config["translation"])), turn: toRotation(objectOf(config["orientation"])) };
}

function toRotation(config: JsonObject): Quaternion {
  const value = objectOf(config["value"]);
  const axis = toVector(value);
  const theta = numberOf(value["th"]);
  switch (textOf(config["type"])) {
    case "ov_degrees":
      return fromOrientationVector({ ...axis, theta: theta * DEGREE });
    case "ov_radians":
      return fromOrientationVector({ ...axis, theta });
    case "euler_angles":
      return fromEuler(numberOf(value["roll"]), numberOf(value["pitch"]), numberOf(value["yaw"]));
    case "axis_angles":
      return fromAxisAngle(axis, theta);
    case "quaternion":
      return normalize({ w: numberOf(value["w"]), ...axis });
    default:
      return IDENTITY;
  }
}

function toGeometry(config: JsonObject): Geometry | undefined {
  const geometryType = toShape(config);
  if (geometryType === undefined) return undefined;
  const placement = "translation" in config || "orientation" in config ? toPlacement(config) : NOWHERE;
  return { center: toPose(placement), geometryType, label: textOf(config["label"]) };
}

function toShape(config: JsonObject): Geometry["geometryType"] {
  const dimsMm = toVector(config);
  const radiusMm = numberOf(config["r"]);
  const lengthMm = numberOf(config["l"]);
  const type = textOf(config["type"]);
  if (type === "point") return { $case: "sphere", value: { radiusMm: 0 } };
  if (type === "capsule" || (type === "" && radiusMm > 0 && lengthMm > 0)) return { $case: "capsule", value: { radiusMm, lengthMm } };
  if (type === "sphere" || (type === "" && radiusMm > 0)) return { $case: "sphere", value: { radiusMm } };
  if (type === "box" || (type === "" && Math.max(dimsMm.x, dimsMm.y, dimsMm.z) > 0)) return { $case: "box", value: { dimsMm } };
  return undefined;
}

function toVector(value: JsonObject): Vector {
  return { x: numberOf(value["x"]), y: numberOf(value["y"]), z: numberOf(value["z"]) };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
