/** Reckoning where a base is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Odometer, placeFrom } from "../../../../drivers/gpio/movement/odometer.js";

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${actual}`);
}

test("straight on, then a turn to the left on the spot, then straight on", () => {
  const odometer = new Odometer(0.3);
  odometer.roll({ left: 2, right: 2, duration: 4 });
  near(odometer.y, 2);
  near(odometer.x, 0);
  near(odometer.speed, 0.5);
  const quarter = (Math.PI * 0.3) / 4;
  odometer.roll({ left: -quarter, right: quarter, duration: 1 });
  near(odometer.yaw, Math.PI / 2);
  near(odometer.turning, Math.PI / 2);
  near(odometer.speed, 0);
  odometer.roll({ left: 1, right: 1, duration: 1 });
  near(odometer.x, -1);
  near(odometer.y, 2);
});

test("an arc is exact however long the interval was", () => {
  // A quarter of a circle of 1 m to the left ends 1 m ahead and 1 m to the left.
  for (const steps of [1, 7, 100]) {
    const odometer = new Odometer(0.4);
    for (let step = 0; step < steps; step += 1) {
      odometer.roll({ left: (Math.PI / 2 / steps) * 0.8, right: (Math.PI / 2 / steps) * 1.2, duration: 1 / steps });
    }
    near(odometer.x, -1);
    near(odometer.y, 1);
    near(odometer.yaw, Math.PI / 2);
  }
});

test("turning right, the heading stays between 0 and a full turn", () => {
  const odometer = new Odometer(1);
  odometer.roll({ left: 0.1, right: -0.1, duration: 1 });
  near(odometer.yaw, 2 * Math.PI - 0.2);
  odometer.reset();
  near(odometer.yaw, 0);
});

test("a place is that many metres north and east of another", () => {
  const degree = (Math.PI * 6_371_000) / 180;
  near(placeFrom({ latitude: 0, longitude: 0 }, 0, degree).latitude, 1);
  near(placeFrom({ latitude: 0, longitude: 0 }, degree, 0).longitude, 1);
  near(placeFrom({ latitude: 60, longitude: 0 }, 100, 0).longitude, 200 / degree, 1e-9);
  near(placeFrom({ latitude: 0, longitude: 179.5 }, degree, 0).longitude, -179.5);
});
