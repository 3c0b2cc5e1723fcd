/** A resource's `frame` of the config as the message modules get. Members of the wrong type count as absent. */
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import type { Frame, Orientation } from "../proto/gen/viam/app/v1/robot.js";
import type { Geometry, Pose } from "../proto/gen/viam/common/v1/common.js";

const DEGREES = 180 / Math.PI;

export function toFrame(config: JsonObject): Frame {
  const orientation = toOrientation(objectOf(config["orientation"]));
  const geometry = toGeometry(objectOf(config["geometry"]));
  return {
    parent: textOf(config["parent"]),
    translation: vectorOf(objectOf(config["translation"])),
    ...(orientation === undefined ? {} : { orientation }),
    ...(geometry === undefined ? {} : { geometry }),
  };
}

function toOrientation(config: JsonObject): Orientation | undefined {
  const value = objectOf(config["value"]);
  const number = (key: string): number => numberOf(value[key]);
  const axis = { theta: number("th"), x: number("x"), y: number("y"), z: number("z") };
  switch (textOf(config["type"])) {
    case "ov_degrees":
      return { type: { $case: "vectorDegrees", value: axis } };
    case "ov_radians":
      return { type: { $case: "vectorRadians", value: axis } };
    case "axis_angles":
      return { type: { $case: "axisAngles", value: axis } };
    case "euler_angles":
      return { type: { $case: "eulerAngles", value: { roll: number("roll"), pitch: number("pitch"), yaw: number("yaw") } } };
    case "quaternion":
      return { type: { $case: "quaternion", value: { w: number("w"), x: number("x"), y: number("y"), z: number("z") } } };
    default:
      return undefined;
  }
}

function toGeometry(config: JsonObject): Geometry | undefined {
  const shape = shapeOf(config);
  if (shape === undefined) return undefined;
  return { center: poseOf(config), geometryType: shape, label: textOf(config["label"]) };
}

function shapeOf(config: JsonObject): Geometry["geometryType"] {
  const radius = numberOf(config["r"]);
  const length = numberOf(config["l"]);
  switch (textOf(config["type"])) {
    case "box":
      return { $case: "box", value: { dimsMm: vectorOf(config) } };
    case "sphere":
      return { $case: "sphere", value: { radiusMm: radius } };
    case "capsule":
      return { $case: "capsule", value: { radiusMm: radius, lengthMm: length } };
    case "point":
      return { $case: "sphere", value: { radiusMm: 0 } };
    case "":
      return untypedShape(config, radius, length);
    default:
      return undefined;
  }
}

/** Without a type, the measures that are given tell the shape. */
function untypedShape(config: JsonObject, radius: number, length: number): Geometry["geometryType"] {
  if (radius > 0)
    return length > 0
      ? { $case: "capsule", value: { radiusMm: radius, lengthMm: length } }
      : { $case: "sphere", value: { radiusMm: radius } };
  const dimsMm = vectorOf(config);
  return dimsMm.x > 0 || dimsMm.y > 0 || dimsMm.z > 0 ? { $case: "box", value: { dimsMm } } : undefined;
}

function poseOf(config: JsonObject): Pose {
  const orientation = toOrientation(objectOf(config["orientation"]))?.type;
  const at = vectorOf(objectOf(config["translation"]));
  switch (orientation?.$case) {
    case "vectorDegrees":
      return { ...at, oX: orientation.value.x, oY: orientation.value.y, oZ: orientation.value.z, theta: orientation.value.theta };
    case "vectorRadians":
      return { ...at, oX: orientation.value.x, oY: orientation.value.y, oZ: orientation.value.z, theta: orientation.value.theta * DEGREES };
    default:
      return { ...at, oX: 0, oY: 0, oZ: 1, theta: 0 };
  }
}

function vectorOf(config: JsonObject): { x: number; y: number; z: number } {
  return { x: numberOf(config["x"]), y: numberOf(config["y"]), z: numberOf(config["z"]) };
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
