import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/base/json.js";
import { toConfiguredFrame } from "../../../src/server/frame/configured-frame.js";
import { type Frame, FrameError, FrameSystem } from "../../../src/server/frame/frame-system.js";
import { chain, fromPose, NOWHERE, type Placement, reverse, toPose } from "../../../src/server/frame/placement.js";
import { movePointCloud, PointCloudError } from "../../../src/server/frame/point-cloud.js";
import {
  DEGREE,
  fromAxisAngle,
  fromEuler,
  fromOrientationVector,
  multiply,
  rotate,
  toOrientationVector,
  type Vector,
} from "../../../src/server/frame/rotation.js";

function near(actual: Vector, expected: Vector, limit = 1e-6): void {
  const off = Math.hypot(actual.x - expected.x, actual.y - expected.y, actual.z - expected.z);
  assert.ok(off < limit, `${JSON.stringify(actual)} is not near ${JSON.stringify(expected)}`);
}

const X: Vector = { x: 1, y: 0, z: 0 };
const Y: Vector = { x: 0, y: 1, z: 0 };
const Z: Vector = { x: 0, y: 0, z: 1 };

test("rotations turn the axes as the right hand says", () => {
  near(rotate(fromAxisAngle(Z, 90 * DEGREE), X), Y);
  near(rotate(fromAxisAngle(X, 90 * DEGREE), Y), Z);
  near(rotate(fromEuler(0, 0, 90 * DEGREE), X), Y);
  near(rotate(fromEuler(90 * DEGREE, 0, 0), Y), Z);
  near(rotate(fromOrientationVector({ ...X, theta: 0 }), Z), X);
  near(rotate(fromOrientationVector({ ...Z, theta: 90 * DEGREE }), X), Y);
});

test("an orientation vector survives the way there and back, also at the poles", () => {
  const angle = fc.double({ min: -3.1, max: 3.1, noNaN: true });
  const component = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(component, component, component, angle, (x, y, z, theta) => {
      fc.pre(Math.hypot(x, y, z) > 0.01);
      const turn = fromOrientationVector({ x, y, z, theta });
      const back = fromOrientationVector(toOrientationVector(turn));
      for (const axis of [X, Y, Z]) near(rotate(back, axis), rotate(turn, axis), 1e-3);
    }),
  );
  for (const z of [1, -1]) {
    for (const theta of [-2, -0.5, 0, 1, 3])
      assert.ok(Math.abs(toOrientationVector(fromOrientationVector({ x: 0, y: 0, z, theta })).theta - theta) < 1e-9);
  }
});

const somePlacement = fc
  .tuple(
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.double({ min: -3, max: 3, noNaN: true }),
  )
  .map(([x, y, a, b]): Placement => ({ at: { x, y, z: x - y }, turn: multiply(fromAxisAngle(X, a), fromAxisAngle(Y, b)) }));

test("a placement and its reverse cancel out", () => {
  fc.assert(
    fc.property(somePlacement, (placement) => {
      near(chain(placement, reverse(placement)).at, NOWHERE.at, 1e-6);
      near(chain(reverse(placement), placement).at, NOWHERE.at, 1e-6);
    }),
  );
});

function frame(name: string, config: JsonObject): Frame {
  const found = toConfiguredFrame(name, config);
  assert.ok(found !== undefined);
  return found;
}

test("a pose is carried through the tree", () => {
  const system = new FrameSystem([
    frame("base", {
      parent: "world",
      translation: { x: 100, y: 0, z: 0 },
      orientation: { type: "ov_degrees", value: { x: 0, y: 0, z: 1, th: 90 } },
    }),
    frame("camera", { parent: "base", translation: { x: 10, y: 0, z: 5 } }),
    frame("lamp", { parent: "world", translation: { x: 0, y: 50, z: 0 } }),
  ]);
  near(system.transform(NOWHERE, "camera", "world").at, { x: 100, y: 10, z: 5 });
  near(system.transform(NOWHERE, "lamp", "base").at, { x: 50, y: 100, z: 0 });
  near(system.transform(system.transform(NOWHERE, "camera", "lamp"), "lamp", "camera").at, NOWHERE.at);
  const pose = toPose(system.transform(NOWHERE, "camera", "world"));
  assert.ok(Math.abs(pose.theta - 90) < 1e-6 && Math.abs(pose.oZ - 1) < 1e-9);
  near(fromPose(pose).at, { x: 100, y: 10, z: 5 });
});

for (const [type, value] of Object.entries({
  ov_degrees: { x: 0, y: 0, z: 1, th: 90 },
  ov_radians: { x: 0, y: 0, z: 1, th: Math.PI / 2 },
  euler_angles: { roll: 0, pitch: 0, yaw: Math.PI / 2 },
  axis_angles: { x: 0, y: 0, z: 1, th: Math.PI / 2 },
  quaternion: { w: 1, x: 0, y: 0, z: 1 },
})) {
  test(`orientation type ${type} is understood`, () => {
    near(rotate(frame("a", { parent: "world", orientation: { type, value } }).placement.turn, X), Y);
  });
}

test("frames are told parents first; those that hang in the air are left out", () => {
  const system = new FrameSystem([
    frame("child", { parent: "mother" }),
    frame("lost", { parent: "nowhere" }),
    frame("mother", { parent: "world" }),
    frame("a", { parent: "b" }),
    frame("b", { parent: "a" }),
  ]);
  assert.deepEqual(
    system.connected().map(({ name }) => name),
    ["mother", "child"],
  );
  assert.throws(() => system.transform(NOWHERE, "lost", "world"), { name: FrameError.name, message: /"lost" is not connected.*"nowhere"/ });
  assert.throws(() => system.transform(NOWHERE, "a", "world"), /a -> b -> a is a cycle/);
  assert.throws(() => system.transform(NOWHERE, "world", "typo"), /no frame "typo".*world, child/);
});

test("a frame's id names it, one without a parent is none", () => {
  assert.equal(frame("arm", { id: "arm_base", parent: "world" }).name, "arm_base");
  assert.equal(toConfiguredFrame("arm", { translation: { x: 1 } }), undefined);
  assert.equal(toConfiguredFrame("world", { parent: "x" }), undefined);
});

test("geometries of all types come along", () => {
  const typeOf = (geometry: JsonObject): string | undefined => frame("a", { parent: "world", geometry }).geometry?.geometryType?.$case;
  assert.equal(typeOf({ type: "box", x: 1, y: 2, z: 3 }), "box");
  assert.equal(typeOf({ x: 1, y: 2, z: 3 }), "box");
  assert.equal(typeOf({ type: "sphere", r: 3 }), "sphere");
  assert.equal(typeOf({ r: 3, l: 9 }), "capsule");
  assert.equal(typeOf({ type: "point" }), "sphere");
  assert.equal(typeOf({}), undefined);
});

const TURN: Placement = { at: { x: 1000, y: 0, z: 0 }, turn: fromAxisAngle(Z, 90 * DEGREE) };

test("points of an ascii cloud move, their colours stay", () => {
  const pcd =
    "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F I\nCOUNT 1 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n1 0 0 255\n0 2 0 77\n";
  const lines = Buffer.from(movePointCloud(Buffer.from(pcd), TURN))
    .toString()
    .trim()
    .split("\n")
    .slice(-2);
  const numbers = lines.map((line) => line.split(" ").map((text) => Math.round(Number(text) * 1e6) / 1e6 + 0));
  assert.deepEqual(numbers, [
    [1, 1, 0, 255],
    [-1, 0, 0, 77],
  ]);
});

test("points of a binary cloud move", () => {
  const header = Buffer.from(
    "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F I\nCOUNT 1 1 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA binary\n",
  );
  const point = Buffer.alloc(16);
  point.writeFloatLE(1, 0);
  point.writeInt32LE(1234, 12);
  const moved = Buffer.from(movePointCloud(Buffer.concat([header, point]), TURN)).subarray(header.length);
  near({ x: moved.readFloatLE(0), y: moved.readFloatLE(4), z: moved.readFloatLE(8) }, { x: 1, y: 1, z: 0 });
  assert.equal(moved.readInt32LE(12), 1234);
});

test("bytes that are no cloud are refused with what is wrong", () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ["", /PCD header/],
    ["FIELDS x y\nPOINTS 1\nDATA ascii\n1 2\n", /fields x, y and z, got x y/],
    ["FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 5\nDATA binary\n1", /expected \d+ bytes for 5 points/],
    ["FIELDS x y z\nPOINTS 1\nDATA binary_compressed\n", /ascii or binary, got "binary_compressed"/],
  ];
  for (const [text, message] of table)
    assert.throws(() => movePointCloud(Buffer.from(text), NOWHERE), { name: PointCloudError.name, message });
});
