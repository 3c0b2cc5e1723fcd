/** What wheels do for what a base is to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mixPower, spinMove, straightMove, wheelSpeeds } from "../../../../drivers/gpio/base/steering.js";

const WHEELBASE = { width: 300, circumference: 200, slip: 1 };

test("power is mixed to both sides, at most full", () => {
  for (const [ahead, turn, left, right] of [
    [0.5, 0, 0.5, 0.5],
    [-0.5, 0, -0.5, -0.5],
    [0, 0.5, -0.5, 0.5],
    [0, -1, 1, -1],
    [0.5, 0.25, 0.25, 0.75],
    [1, 1, 0, 1],
    [1, -1, 1, 0],
    [2, 0, 1, 1],
    [-0.5, 0.25, -0.25, -0.75],
  ] as const) {
    const power = mixPower(ahead, turn);
    assert.deepEqual([power.left + 0, power.right + 0], [left, right], `${ahead} ahead, ${turn} to the left`);
  }
});

test("velocities become speeds of the wheels", () => {
  assert.deepEqual(wheelSpeeds(WHEELBASE, 100, 0), { left: 30, right: 30 });
  const { left, right } = wheelSpeeds(WHEELBASE, 0, 360);
  // One turn a second: each wheel goes round a circle of 300 mm.
  const rpm = (Math.PI * 300 * 60) / 200;
  assert.ok(Math.abs(right - rpm) < 1e-9 && Math.abs(left + rpm) < 1e-9);
});

test("a way becomes turns of the wheels, in the direction of the product of the signs", () => {
  for (const [distance, speed, revolutions] of [
    [1000, 100, 5],
    [-1000, 100, -5],
    [1000, -100, -5],
    [-1000, -100, 5],
  ] as const) {
    assert.deepEqual(straightMove(WHEELBASE, distance, speed), { rpm: 30, revolutions: { left: revolutions, right: revolutions } });
  }
});

test("an angle becomes opposite turns, more of them on a floor that slips", () => {
  const turn = (Math.PI * 300) / 200;
  const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
  const plain = spinMove(WHEELBASE, 360, -90);
  near(plain.revolutions.left, turn);
  near(plain.revolutions.right, -turn);
  near(plain.rpm, (turn / 4) * 60);
  const slipping = spinMove({ ...WHEELBASE, slip: 1.5 }, -180, -90);
  near(slipping.revolutions.right, (turn / 2) * 1.5);
  near(slipping.rpm, (turn / 4) * 60 * 1.5);
});
