/**
 * WitMotion frames. No worked frame of a third party is known: these are computed here by the rule (0x55, kind, four s16 little-endian, low byte of the
 * sum), so they prove that the reader follows the rule, not that the rule is the sensor's.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eulerToVector } from "../../../../drivers/serial/wit/euler-to-vector.js";
import { type WitFrame, type WitOutput, WitReader } from "../../../../drivers/serial/wit/wit-frames.js";
import { witFrame } from "../support/wit-frame.js";

test("acceleration, angular rate, angles and field have their scale", () => {
  const reader = new WitReader();
  const stream = Buffer.concat([
    witFrame(0x51, [2048, -2048, 32_767, 0]),
    witFrame(0x52, [16_384, -32_768, 0, 0]),
    witFrame(0x53, [16_384, -8192, -32_768, 0]),
    witFrame(0x54, [100, -200, 300, 0]),
    witFrame(0x50, [1, 2, 3, 4]),
  ]);
  const { frames, bad } = reader.push(stream);
  assert.equal(bad, 0);
  const [acceleration, rate, angles, field, other] = frames;
  assert.ok(acceleration?.kind === "acceleration");
  assert.ok(Math.abs(acceleration.x - 9.80665) < 1e-9 && Math.abs(acceleration.y + 9.80665) < 1e-9, "2048 is one g");
  assert.ok(acceleration.z < 16 * 9.80665 && acceleration.z > 15.99 * 9.80665);
  assert.deepEqual(rate, { kind: "rate", x: 1000, y: -2000, z: 0 });
  assert.deepEqual(angles, { kind: "angles", roll: 90, pitch: -45, yaw: -180 });
  assert.deepEqual(field, { kind: "magnetic", x: 100, y: -200, z: 300 });
  assert.deepEqual(other, { kind: "other", code: 0x50 });
});

test("a frame with a wrong sum is counted and left out; the one after the next head is found", () => {
  const reader = new WitReader();
  const broken = witFrame(0x51, [2048, 0, 0, 0]);
  broken[10] = ((broken[10] ?? 0) + 1) & 0xff;
  const good = witFrame(0x53, [0, 0, 0, 0]);
  assert.equal(reader.push(good).frames.length, 0, "one frame alone may be chance");
  const { frames, bad } = reader.push(Buffer.concat([good, broken, good, good]));
  assert.deepEqual([frames.map(({ kind }) => kind), bad], [["angles", "angles", "angles", "angles"], 1]);
});

test("it begins in the middle of a stream", () => {
  const reader = new WitReader();
  const good = witFrame(0x51, [0x5555, 0x5155, 2048, 0]);
  const { frames } = reader.push(Buffer.concat([good.subarray(3), good, good, good]));
  assert.equal(frames.length, 3);
});

test("any split of the stream gives the same frames", () => {
  const frame = fc
    .tuple(fc.integer({ min: 0x51, max: 0x54 }), fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 4, maxLength: 4 }))
    .map(([kind, values]) => witFrame(kind, values));
  const part = fc.oneof(
    { weight: 4, arbitrary: frame },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)) },
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(200), { maxLength: 20 }), (parts, cuts) => {
      const stream = Buffer.concat(parts);
      const whole = new WitReader().push(stream);
      const reader = new WitReader();
      const ends = [...cuts.toSorted((a, b) => a - b).filter((cut) => cut < stream.length), stream.length];
      const outputs: WitOutput[] = ends.map((end, index) => reader.push(stream.subarray(ends[index - 1] ?? 0, end)));
      assert.deepEqual(
        outputs.flatMap(({ frames }): readonly WitFrame[] => frames),
        whole.frames,
      );
      assert.equal(
        outputs.reduce((sum, { bad }) => sum + bad, 0),
        whole.bad,
      );
    }),
    { numRuns: 300 },
  );
});

test("garbage never throws, and good frames after it are found", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
      const reader = new WitReader();
      reader.push(garbage);
      const good = witFrame(0x52, [1, 2, 3, 4]);
      // The end of the garbage may look like the beginning of a frame and swallow one.
      const { frames } = reader.push(Buffer.concat([good, good, good]));
      assert.ok(frames.length >= 2);
    }),
    { numRuns: 500 },
  );
});

test("angles become a vector and a turn around it", () => {
  const near = (angles: { roll: number; pitch: number; yaw: number }, expected: readonly number[]): void => {
    const { x, y, z, theta } = eulerToVector(angles);
    const actual = [x, y, z, theta];
    assert.ok(
      actual.every((value, index) => Math.abs(value - (expected[index] ?? Number.NaN)) < 1e-9),
      `${JSON.stringify(angles)}: expected ${expected.join(", ")}, got ${actual.join(", ")}`,
    );
  };
  near({ roll: 0, pitch: 0, yaw: 0 }, [0, 0, 1, 0]);
  near({ roll: 0, pitch: 0, yaw: 90 }, [0, 0, 1, 90]);
  near({ roll: 0, pitch: 0, yaw: -135 }, [0, 0, 1, -135]);
  near({ roll: 0, pitch: 90, yaw: 0 }, [1, 0, 0, 0]);
  near({ roll: 90, pitch: 0, yaw: 0 }, [0, -1, 0, 90]);
  near({ roll: 180, pitch: 0, yaw: 0 }, [0, 0, -1, 180]);
  near({ roll: 0, pitch: 45, yaw: 90 }, [0, Math.SQRT1_2, Math.SQRT1_2, 0]);
});

test("the vector is the same rotation as the angles", () => {
  type Vector = readonly [number, number, number];
  const turn = ([x, y, z]: Vector, axis: "x" | "y" | "z", degrees: number): Vector => {
    const [s, c] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
    if (axis === "x") return [x, c * y - s * z, s * y + c * z];
    if (axis === "y") return [c * x + s * z, y, c * z - s * x];
    return [c * x - s * y, s * x + c * y, z];
  };
  const angle = fc.integer({ min: -179, max: 179 });
  fc.assert(
    fc.property(angle, fc.integer({ min: -89, max: 89 }), angle, (roll, pitch, yaw) => {
      const { x, y, z, theta } = eulerToVector({ roll, pitch, yaw });
      const isPole = 1 - Math.abs(z) <= 1e-4;
      const longitude = isPole ? 0 : (Math.atan2(y, x) * 180) / Math.PI;
      const latitude = isPole ? (z > 0 ? 0 : 180) : (Math.acos(z) * 180) / Math.PI;
      for (const probe of [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ] as const) {
        const byAngles = turn(turn(turn(probe, "x", roll), "y", pitch), "z", yaw);
        const byVector = turn(turn(turn(probe, "z", theta), "y", latitude), "z", longitude);
        assert.ok(byAngles.every((value, index) => Math.abs(value - (byVector[index] ?? 9)) < 0.03));
      }
    }),
    { numRuns: 300 },
  );
});
