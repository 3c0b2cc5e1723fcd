/** The WitMotion sensor as clients see it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { millis } from "pinion/hardware";
import type { FakePort } from "pinion/hardware/testing";
import { type Handle, isRpcError, type MovementSensor, movementSensor, Status } from "pinion/sdk";
import { eventually } from "../../../support/eventually.js";
import { type ManualClock, manualClock } from "../../../support/manual-clock.js";
import { type SerialModule, startSerial } from "../support/serial-module.js";
import { witFrame } from "../support/wit-frame.js";

const PORT = "/dev/ttyUSB0";
const wit = { api: movementSensor, model: "rdk:builtin:imu-wit", name: "imu", attributes: { serial_path: PORT } };
const ALL = Buffer.concat([
  witFrame(0x51, [0, 0, 2048, 0]),
  witFrame(0x52, [16_384, 0, 0, 0]),
  witFrame(0x53, [0, 0, 16_384, 0]),
  witFrame(0x54, [10, 20, 30, 0]),
]);
/** The head of the next frame: what came before it is in step. */
const HEAD = [0x55];

interface Rig extends SerialModule {
  readonly port: FakePort;
  readonly clock: ManualClock;
  readonly sensor: Handle<MovementSensor>;
}

async function rig(t: TestContext, model = wit.model): Promise<Rig> {
  const clock = manualClock();
  const serial = await startSerial(t, clock);
  const port = serial.serial.add(PORT);
  const sensor = await serial.module.add({ ...wit, model });
  return { ...serial, port, clock, sensor };
}

for (const model of ["rdk:builtin:imu-wit", "viam:wit-motion:imu-wit-hwt905"]) {
  test(`${model}: acceleration, angular velocity, orientation, readings`, async (t) => {
    const { sensor, port } = await rig(t, model);
    assert.equal(port.options?.baudRate, 115_200);
    port.send([...ALL, ...HEAD]);
    const { z } = await sensor.getLinearAcceleration();
    assert.ok(Math.abs(z - 9.80665) < 1e-9);
    assert.deepEqual(await sensor.getAngularVelocity(), { x: 1000, y: 0, z: 0 });
    const { theta } = await sensor.getOrientation();
    assert.ok(Math.abs(theta - 90) < 1e-9);
    const readings = await sensor.getReadings();
    assert.deepEqual(readings["magnetometer"], { _type: "vector3", x: 10, y: 20, z: 30 });
    assert.deepEqual(Object.keys(readings).toSorted(), [
      "angular_velocity",
      "bad_frames",
      "linear_acceleration",
      "magnetometer",
      "orientation",
    ]);
    await assert.rejects(
      sensor.getCompassHeading(),
      (error) => isRpcError(error, Status.UNIMPLEMENTED) && /CompassHeading Unimplemented/.test(error.message),
    );
    assert.equal((await sensor.getProperties()).compassHeadingSupported, false);
  });
}

test("what was never sent, or is older than a second, is an error that names the frame", async (t) => {
  const { sensor, port, clock } = await rig(t);
  await assert.rejects(
    sensor.getReadings(),
    (error) => isRpcError(error, Status.UNAVAILABLE) && /no frames from the sensor on \/dev\/ttyUSB0/.test(error.message),
  );
  port.send([...witFrame(0x51, [0, 0, 2048, 0]), ...HEAD]);
  await sensor.getLinearAcceleration();
  await assert.rejects(sensor.getOrientation(), /no frame of angles \(0x53\).*115200 baud/);
  assert.deepEqual(Object.keys(await sensor.getReadings()).toSorted(), ["bad_frames", "linear_acceleration"]);
  clock.advance(millis(1001));
  await assert.rejects(sensor.getLinearAcceleration(), /no frame of acceleration/);
});

test("garbage before frames, short frames and bad sums give no wrong value; too many are told", async (t) => {
  const { sensor, port } = await rig(t);
  port.send([0x55, 0x51, 1, 2, 3]);
  port.send([...ALL, ...HEAD]);
  const { z } = await sensor.getLinearAcceleration();
  assert.ok(Math.abs(z - 9.80665) < 1e-9);
  const broken = witFrame(0x51, [1, 1, 1, 1]);
  broken[10] = 0;
  port.send(witFrame(0x52, [0, 0, 0, 0]).subarray(1)); // completes the head
  for (let round = 0; round < 6; round++)
    port.send([...broken, ...witFrame(0x52, [0, 0, 0, 0]), ...HEAD, ...witFrame(0x52, [0, 0, 0, 0]).subarray(1)]);
  assert.ok(Math.abs((await sensor.getLinearAcceleration().catch(() => ({ z: 9.80665 }))).z - 9.80665) < 1e-9);
  assert.ok(Number((await sensor.getReadings())["bad_frames"]) >= 6);
});

test("an absent port fails the build; unplugged it is an error; plugged in again it goes on without old values", async (t) => {
  const { module, serial } = await startSerial(t);
  await assert.rejects(module.add(wit), /attributes\.serial_path: serial port \/dev\/ttyUSB0 is not there/);
  const port = serial.add(PORT);
  const sensor = await module.add(wit);
  port.send([...ALL, ...HEAD]);
  await sensor.getOrientation();
  serial.unplug(PORT);
  await assert.rejects(sensor.getOrientation(), (error) => isRpcError(error, Status.UNAVAILABLE) && /went away/.test(error.message));
  serial.plug(PORT);
  await eventually("it is back", () => port.isOpen);
  await assert.rejects(sensor.getOrientation(), /no frame/);
  port.send([...ALL, ...HEAD]);
  await sensor.getOrientation();
});
