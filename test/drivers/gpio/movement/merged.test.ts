/** One movement sensor of several, through the module's socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeHardware } from "pinion/hardware/testing";
import { isRpcError, type MovementSensor, movementSensor, Status, unavailable } from "pinion/sdk";
import { startTestModule, type TestScope } from "pinion/sdk/testing";
import { createModels } from "../../../../drivers/gpio/models.js";
import { createRig } from "../../../../drivers/gpio/rig.js";
import { Bench } from "../support/bench.js";

const MODEL = "rdk:builtin:merged";

class Gps implements MovementSensor {
  isWorking = true;
  readonly #latitude: number;

  constructor(latitude: number) {
    this.#latitude = latitude;
  }

  async getPosition() {
    if (!this.isWorking) throw unavailable("no fix");
    return { latitude: this.#latitude, longitude: 2, altitude: 3 };
  }

  async getAccuracy() {
    return { accuracy: { metres: this.#latitude }, positionHdop: 1.5, positionNmeaGgaFix: 4, compassDegreesError: 9 };
  }
}

const imu: MovementSensor = {
  getAngularVelocity: async () => ({ x: 1, y: 2, z: 3 }),
  getCompassHeading: async () => 90,
  getAccuracy: async () => ({ compassDegreesError: 2 }),
};

async function start(t: TestScope, attributes: Record<string, unknown>) {
  const [first, second] = [new Gps(10), new Gps(20)];
  const dependencies = {
    "rdk:component:movement_sensor/gps1": first,
    "rdk:component:movement_sensor/gps2": second,
    "rdk:component:movement_sensor/imu": imu,
  };
  const module = await startTestModule({ models: createModels(createRig(createFakeHardware().hardware)), dependencies }, t);
  const add = () => module.add({ api: movementSensor, model: MODEL, name: "m", attributes });
  return { first, second, add };
}

test("each quantity comes from the sensor that is named for it, the others are not measured", async (t) => {
  const { add } = await start(t, { position: ["gps1"], angular_velocity: ["imu"], compass_heading: ["gps1", "imu"] });
  const merged = await add();
  assert.equal((await merged.getPosition()).latitude, 10);
  assert.deepEqual(await merged.getAngularVelocity(), { x: 1, y: 2, z: 3 });
  assert.equal(await merged.getCompassHeading(), 90, "the first sensor of the list that measures it");
  await assert.rejects(merged.getOrientation(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  assert.deepEqual(await merged.getProperties(), {
    linearVelocitySupported: false,
    angularVelocitySupported: true,
    orientationSupported: false,
    positionSupported: true,
    compassHeadingSupported: true,
    linearAccelerationSupported: false,
  });
  assert.deepEqual(Object.keys(await merged.getReadings()).toSorted(), ["altitude", "angular_velocity", "compass", "position"]);
  assert.deepEqual(await merged.getAccuracy(), {
    accuracy: { gps1_metres: 10 },
    positionHdop: 1.5,
    positionVdop: undefined,
    positionNmeaGgaFix: 4,
    compassDegreesError: 2,
  });
});

test("when the first fails the second answers, and the first again when it can", async (t) => {
  const { add, first, second } = await start(t, { position: ["gps1", "gps2"] });
  const merged = await add();
  first.isWorking = false;
  assert.equal((await merged.getPosition()).latitude, 20);
  assert.deepEqual((await merged.getAccuracy()).accuracy, { gps2_metres: 20 });
  first.isWorking = true;
  assert.equal((await merged.getPosition()).latitude, 10);
  first.isWorking = false;
  second.isWorking = false;
  await assert.rejects(
    merged.getPosition(),
    (error) => isRpcError(error, Status.UNAVAILABLE) && error.message === '"gps1": no fix; "gps2": no fix',
  );
});

test("a list in which no sensor measures it is refused with the reason of each", async (t) => {
  const { add } = await start(t, { linear_velocity: ["gps1", "imu"] });
  await assert.rejects(add(), /attributes\.linear_velocity: .*"gps1" does not measure it, "imu" does not measure it/);
});

test("sensors that others can stand in for are optional; a config without any list is wrong", async () => {
  const bench = new Bench();
  const outcome = await bench.validate(movementSensor, MODEL, { position: ["a", "b"], orientation: ["b"], linear_velocity: null });
  assert.deepEqual(outcome, { required: ["b"], optional: ["a"] });
  await assert.rejects(bench.validate(movementSensor, MODEL, {}), /expected a list of movement sensors in position, orientation/);
});
