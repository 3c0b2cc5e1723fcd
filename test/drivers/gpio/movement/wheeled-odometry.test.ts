/** Odometry from motors that are where the test puts them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { base, isRpcError, type MovementSensor, movementSensor, Status } from "pinion/sdk";
import type { WheeledOdometry } from "../../../../drivers/gpio/movement/wheeled-odometry.js";
import { FakeMotor } from "../base/fake-motor.js";
import { Bench } from "../support/bench.js";

const MODEL = "rdk:builtin:wheeled-odometry";
const ATTRIBUTES = { left_motors: ["l"], right_motors: ["r"], base: "rover" };
// One turn is 0.2 m.
const WHEELED = { left: ["l"], right: ["r"], wheel_circumference_mm: 200, width_mm: 300 };

async function scene(attributes: object = {}) {
  const bench = new Bench();
  const [l, r] = [new FakeMotor(), new FakeMotor()];
  bench.addForeign("rdk:component:motor/l", l);
  bench.addForeign("rdk:component:motor/r", r);
  [l.position, r.position] = [17, -4];
  await bench.add(base, "rdk:builtin:wheeled", "rover", WHEELED);
  const odometry = async () =>
    (await bench.add<MovementSensor>(movementSensor, MODEL, "o", { ...ATTRIBUTES, ...attributes })) as unknown as WheeledOdometry;
  return { bench, l, r, odometry };
}

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${actual}`);
}

test("attributes are checked by name; base and motors are dependencies", async () => {
  const bench = new Bench();
  const validate = (attributes: object) => bench.validate(movementSensor, MODEL, { ...ATTRIBUTES, ...attributes });
  assert.deepEqual((await validate({})).required, ["rover", "l", "r"]);
  await assert.rejects(validate({ base: "" }), /attributes\.base: expected the name of the base/);
  await assert.rejects(validate({ left_motors: [] }), /attributes\.left_motors: expected the names of motors/);
  await assert.rejects(validate({ left_motors: ["l", "m"] }), /left_motors, right_motors: expected as many.*got 2 and 1/);
  await assert.rejects(validate({ time_interval_msecs: 5 }), /attributes\.time_interval_msecs/);
});

test("begins at zero wherever the motors stand, and follows them", async () => {
  const { bench, l, r, odometry } = await scene();
  const o = await odometry();
  await bench.clock.advance(500);
  assert.deepEqual(await o.getPosition({ extra: { return_relative_pos_m: true } }), { latitude: 0, longitude: 0, altitude: 0 });
  // A metre ahead in half a second.
  l.position += 5;
  r.position += 5;
  await bench.clock.advance(500);
  assert.deepEqual(await o.getLinearVelocity(), { x: 0, y: 2, z: 0 });
  assert.equal((await o.getOrientation()).theta, 0);
  near((await o.getPosition()).latitude, 180 / Math.PI / 6_371_000, 1e-12);
  // A quarter turn to the left.
  const quarter = (Math.PI * 0.3) / 4 / 0.2;
  l.position -= quarter;
  r.position += quarter;
  await bench.clock.advance(500);
  near((await o.getAngularVelocity()).z, 180);
  near((await o.getOrientation()).theta, 90);
  l.position += 5;
  r.position += 5;
  await bench.clock.advance(500);
  const readings = await o.getReadings();
  near(Number(readings["position_meters_X"]), -1);
  near(Number(readings["position_meters_Y"]), 1);
  assert.equal(readings["compass"], undefined);
  await bench.clock.advance(500);
  assert.deepEqual(await o.getLinearVelocity(), { x: 0, y: 0, z: 0 });
  await bench.close(o);
  assert.equal(bench.clock.timers, 0);
});

test("motors that cannot be read are an error, not an old place; what they rolled meanwhile counts", async () => {
  const { bench, l, r, odometry } = await scene({ time_interval_msecs: 100 });
  const o = await odometry();
  l.failure = new Error("no answer");
  await bench.clock.advance(300);
  for (const call of [o.getPosition(), o.getOrientation(), o.getLinearVelocity(), o.getAngularVelocity(), o.getReadings()]) {
    await assert.rejects(
      call,
      (error) => isRpcError(error, Status.UNAVAILABLE) && /positions can not be read: no answer/.test(error.message),
    );
  }
  assert.equal(bench.logs.filter(({ level }) => level === "error").length, 1, "it is logged once");
  l.failure = undefined;
  l.position += 5;
  r.position += 5;
  await bench.clock.advance(100);
  near((await o.getPosition({ extra: { return_relative_pos_m: true } })).latitude, 1);
  near((await o.getLinearVelocity()).y, 1 / 0.4, 0.01);
  l.position = Number.NaN;
  await bench.clock.advance(100);
  await assert.rejects(o.getPosition(), /expected numbers of revolutions/);
  await bench.close(o);
});

test("a motor without an encoder is refused by name", async () => {
  const { r, odometry } = await scene();
  r.hasPosition = false;
  await assert.rejects(
    odometry(),
    (error) => isRpcError(error, Status.FAILED_PRECONDITION) && /motor "r" does not know its position/.test(error.message),
  );
});

test("commands: the place where it began, a shift, north, and a reset", async () => {
  const { bench, l, r, odometry } = await scene();
  const o = await odometry();
  await assert.rejects(o.getCompassHeading(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  assert.equal((await o.getProperties()).compassHeadingSupported, false);
  await o.doCommand({ use_compass: true, setLat: 40, setLong: -70, moveX: 3, moveY: -2 });
  near((await o.getPosition()).latitude, 40 - (2 * 180) / Math.PI / 6_371_000, 1e-9);
  const eighth = (Math.PI * 0.3) / 8 / 0.2;
  l.position -= eighth;
  r.position += eighth;
  await bench.clock.advance(500);
  near(await o.getCompassHeading(), 315);
  assert.equal((await o.getProperties()).compassHeadingSupported, true);
  assert.deepEqual(await o.doCommand({ reset: true }), { x_m: 0, y_m: 0, yaw_deg: 0, use_compass: true });
  near((await o.getPosition()).latitude, 0);
  await assert.rejects(o.doCommand({ setLat: 1 }), (error) => isRpcError(error, Status.INVALID_ARGUMENT));
  await assert.rejects(o.doCommand({ dance: true }), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  await bench.close(o);
});
