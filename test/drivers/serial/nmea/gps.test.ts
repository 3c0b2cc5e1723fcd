/** The GPS as clients see it, on ports and buses in memory. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Millis, millis } from "pinion/hardware";
import { type FakePort, FakeRawChip } from "pinion/hardware/testing";
import { type Handle, isRpcError, type MovementSensor, movementSensor, Status } from "pinion/sdk";
import { encodeSentence } from "../../../../drivers/serial/nmea/sentence-reader.js";
import { eventually } from "../../../support/eventually.js";
import { type ManualClock, manualClock } from "../../../support/manual-clock.js";
import { type SerialModule, startSerial } from "../support/serial-module.js";

const PORT = "/dev/ttyUSB0";
const GGA = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
const RMC = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W";
const GSA = "GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1";
const gps = {
  api: movementSensor,
  model: "rdk:builtin:gps-nmea",
  name: "gps",
  attributes: { connection_type: "serial", serial_attributes: { serial_path: PORT } },
};

interface Rig extends SerialModule {
  readonly port: FakePort;
  readonly clock: ManualClock;
  readonly sensor: Handle<MovementSensor>;
  say(...sentences: string[]): void;
  pass(seconds: number): void;
}

async function rig(t: TestContext, attributes: object = {}): Promise<Rig> {
  const clock = manualClock();
  const serial = await startSerial(t, clock);
  const port = serial.serial.add(PORT);
  const sensor = await serial.module.add({ ...gps, attributes: { ...gps.attributes, ...attributes } });
  const say = (...sentences: string[]): void => {
    for (const sentence of sentences) port.send(encodeSentence(sentence));
  };
  return { ...serial, port, clock, sensor, say, pass: (seconds) => clock.advance(ms(seconds)) };
}

function ms(value: number): Millis {
  return millis(value * 1000);
}

test("position, velocity, heading, accuracy and readings", async (t) => {
  const { sensor, say, port } = await rig(t);
  assert.equal(port.options?.baudRate, 38_400);
  say(GGA, RMC, GSA);
  const { latitude, longitude, altitude } = await sensor.getPosition();
  assert.ok(Math.abs(latitude - 48.1173) < 1e-6 && Math.abs(longitude - 11.516667) < 1e-6 && Math.abs(altitude - 545.4) < 1e-3);
  assert.equal(await sensor.getCompassHeading(), 84.4);
  const { x, y, z } = await sensor.getLinearVelocity();
  assert.ok(Math.abs(x - 11.5235 * Math.sin((84.4 * Math.PI) / 180)) < 1e-3, "x is east");
  assert.ok(Math.abs(y - 11.5235 * Math.cos((84.4 * Math.PI) / 180)) < 1e-3 && z === 0, "y is north");
  const { accuracy, positionHdop, positionVdop, positionNmeaGgaFix } = await sensor.getAccuracy();
  assert.deepEqual(Object.keys(accuracy ?? {}).toSorted(), ["fix", "hDOP", "vDOP"]);
  assert.ok(Math.abs((positionHdop ?? 0) - 1.3) < 1e-6 && Math.abs((positionVdop ?? 0) - 2.1) < 1e-6);
  assert.equal(positionNmeaGgaFix, 1);
  const readings = await sensor.getReadings();
  assert.deepEqual([readings["fix"], readings["satellites_in_use"], readings["position_age_sec"]], [1, 8, 0]);
  assert.deepEqual(Object.keys(readings).toSorted(), [
    "altitude",
    "compass",
    "fix",
    "hdop",
    "linear_velocity",
    "position",
    "position_age_sec",
    "satellites_in_use",
    "vdop",
  ]);
  const { angularVelocitySupported, positionSupported, orientationSupported } = await sensor.getProperties();
  assert.deepEqual([angularVelocitySupported, positionSupported, orientationSupported], [false, true, false]);
});

test("before the first sentence there is an error, and before the first fix another", async (t) => {
  const { sensor, say } = await rig(t);
  await assert.rejects(
    sensor.getPosition(),
    (error) => isRpcError(error, Status.UNAVAILABLE) && /no sentence.*ttyUSB0.*38400.*yet/.test(error.message),
  );
  say("GPGGA,123519,,,,,0,03,,,M,,M,,");
  await assert.rejects(sensor.getPosition(), /no position yet \(fix 0, satellites in use: 3\)/);
  await assert.rejects(sensor.getCompassHeading(), /no course/);
  await assert.rejects(sensor.getLinearVelocity(), /speed/);
  const { positionNmeaGgaFix } = await sensor.getAccuracy();
  assert.equal(positionNmeaGgaFix, 0);
  assert.deepEqual(await sensor.getReadings(), { fix: 0, satellites_in_use: 3 });
});

test("without a fix the last good position stays, with its age, until it is too old", async (t) => {
  const { sensor, say, pass } = await rig(t);
  say(GGA);
  for (let second = 0; second < 50; second += 2) {
    pass(2);
    say("GPGGA,123519,0000.000,N,00000.000,E,0,02,,,M,,M,,", "GPRMC,123519,V,0000.000,N,00000.000,E,,,230394,,,N");
  }
  assert.ok(Math.abs((await sensor.getPosition()).latitude - 48.1173) < 1e-6, "(0, 0) is no position");
  const readings = await sensor.getReadings();
  assert.deepEqual([readings["fix"], readings["position_age_sec"], readings["satellites_in_use"]], [0, 50, 2]);
  pass(12);
  say("GPRMC,123519,V,,,,,,,230394,,,N");
  await assert.rejects(sensor.getPosition(), /62 s old, expected at most 60 s/);
  const late = await sensor.getReadings();
  assert.deepEqual([late["position"], late["altitude"], late["position_age_sec"]], [undefined, undefined, 62]);
});

test("a receiver that falls silent is an error after five seconds", async (t) => {
  const { sensor, say, pass } = await rig(t);
  say(GGA, RMC);
  pass(5);
  await sensor.getPosition();
  pass(1);
  for (const call of [sensor.getPosition(), sensor.getReadings(), sensor.getAccuracy(), sensor.getCompassHeading()]) {
    await assert.rejects(call, (error) => isRpcError(error, Status.UNAVAILABLE) && /no sentence.*for 6 s/.test(error.message));
  }
  say(GGA);
  await sensor.getPosition();
  await assert.rejects(sensor.getCompassHeading(), /no course/, "the course is as old as before");
});

test("standing still is no velocity; moving without a course is an error", async (t) => {
  const { sensor, say } = await rig(t);
  say("GNRMC,203756.00,A,4046.43152,N,07358.90347,W,0.059,,120723,,,A,V");
  assert.deepEqual(await sensor.getLinearVelocity(), { x: 0, y: 0, z: 0 });
  const { longitude, altitude } = await sensor.getPosition();
  assert.ok(longitude < -73.9 && Number.isNaN(altitude), "west is negative, an altitude that nobody told is no number");
  assert.equal((await sensor.getAccuracy()).positionNmeaGgaFix, 1, "the mode letter stands in for GGA");
  say("GNRMC,203757.00,A,4046.43152,N,07358.90347,W,5.0,,120723,,,A,V");
  await assert.rejects(sensor.getLinearVelocity(), /does not know its course/);
});

test("without a fix the speed and course of a receiver that does not mark them as worthless are unknown", async (t) => {
  const { sensor, say } = await rig(t);
  say("GPGGA,123519,,,,,0,00,,,M,,M,,", "GPVTG,000.0,T,,M,000.0,N,000.0,K");
  await assert.rejects(sensor.getLinearVelocity(), /does not know its speed/);
  await assert.rejects(sensor.getCompassHeading(), /no course/);
  say(GGA, "GPVTG,054.7,T,034.4,M,005.5,N,010.2,K");
  assert.equal(await sensor.getCompassHeading(), 54.7);
});

test("a heading of two antennas goes before the course", async (t) => {
  const { sensor, say } = await rig(t);
  say(RMC, "GPHDT,228.02,T");
  assert.equal(await sensor.getCompassHeading(), 228.02);
});

test("one bad checksum is noise; five of ten are told once", async (t) => {
  const { sensor, say, port } = await rig(t);
  say(GGA);
  for (let count = 0; count < 4; count++) port.send("$GPGGA,garbled*00\r\n");
  await sensor.getPosition();
  port.send("$GPGGA,garbled*00\r\n");
  await assert.rejects(
    sensor.getPosition(),
    (error) => isRpcError(error, Status.UNAVAILABLE) && /checksum 00, expected/.test(error.message),
  );
  await sensor.getPosition();
});

test("garbage and a cut sentence before a good one do no harm", async (t) => {
  const { sensor, say, port } = await rig(t);
  port.send(Uint8Array.from({ length: 300 }, (_, index) => index & 0xff));
  port.send("$GPGGA,1235");
  say(GGA);
  assert.ok(Math.abs((await sensor.getPosition()).latitude - 48.1173) < 1e-6);
});

test("an absent port fails the build and names the attribute", async (t) => {
  const { module, serial } = await startSerial(t);
  await assert.rejects(module.add(gps), /attributes\.serial_attributes\.serial_path: serial port \/dev\/ttyUSB0 is not there/);
  serial.add(PORT).openFault = "busy";
  await assert.rejects(module.add(gps), /serial_path: serial port \/dev\/ttyUSB0 is in use/);
});

test("unplugged it is an error at once; plugged in again it goes on", async (t) => {
  const { sensor, say, port, serial } = await rig(t, { setup_sentences: ["PMTK220,1000"] });
  await eventually("the setup is sent", () => port.written.toString() === "$PMTK220,1000*1F\r\n");
  say(GGA);
  port.send("$GPGGA,1235");
  serial.unplug(PORT);
  await assert.rejects(sensor.getPosition(), (error) => isRpcError(error, Status.UNAVAILABLE) && /went away/.test(error.message));
  await assert.rejects(sensor.getReadings(), /went away/);
  serial.plug(PORT);
  await eventually("the port is back", () => port.isOpen);
  say(GGA);
  assert.ok((await sensor.getPosition()).latitude > 48);
  await eventually("the setup is sent again", () => port.writes.length === 2);
});

test("wrong attributes are named", async (t) => {
  const { module } = await startSerial(t);
  const refuse = async (attributes: Record<string, unknown>, message: RegExp): Promise<void> => {
    await assert.rejects(
      module.validate({ ...gps, attributes }),
      (error) => isRpcError(error, Status.INVALID_ARGUMENT) && message.test(error.message),
    );
  };
  await refuse({ connection_type: "usb" }, /attributes\.connection_type: expected "serial" or "I2C", got "usb"/);
  await refuse({ connection_type: "serial" }, /attributes\.serial_attributes: expected .*serial_path/);
  await refuse(
    { connection_type: "serial", serial_attributes: { serial_path: "ttyUSB0" } },
    /serial_attributes\.serial_path: expected a path/,
  );
  await refuse({ connection_type: "I2C" }, /attributes\.i2c_attributes/);
  await refuse({ connection_type: "I2C", i2c_attributes: { i2c_bus: 1, i2c_addr: 300 } }, /i2c_attributes\.i2c_addr/);
  await refuse({ ...gps.attributes, setup_sentences: ["$PMTK220,1000*1F"] }, /setup_sentences\[0\]: expected a sentence without/);
});

test("I2C: filler is dropped, sentences are put together from many reads", async (t) => {
  const clock = manualClock();
  const { module, i2c } = await startSerial(t, clock);
  let queue: number[] = [];
  const reply = (length: number): number[] => Array.from({ length }, () => queue.shift() ?? 0xff);
  i2c.add(1, 0x42, new FakeRawChip({ onReceive: reply }));
  const attributes = {
    connection_type: "I2C",
    serial_attributes: { serial_path: "" },
    i2c_attributes: { i2c_bus: "1", i2c_addr: 0x42, i2c_baud_rate: 115_200 },
  };
  const sensor = await module.add({ ...gps, attributes });
  queue = [...encodeSentence(GGA)].flatMap((byte, index) => (index % 5 === 0 ? [0xff, 0x0a, byte | 0x80] : [byte]));
  await eventually("it is read", () => {
    clock.advance(millis(100));
    return queue.length === 0;
  });
  await eventually("it is understood", async () => (await sensor.getPosition()).latitude > 48);

  i2c.setAbsent(1, 0x42, true);
  await eventually("it counts as gone", async () => {
    clock.advance(millis(100));
    return await sensor.getPosition().then(
      () => false,
      (error: Error) => /0x42/.test(error.message),
    );
  });
  i2c.setAbsent(1, 0x42, false);
  queue = [...encodeSentence(GGA)];
  await eventually("it is back", async () => {
    clock.advance(millis(100));
    return await sensor.getPosition().catch(() => false);
  });
});

test("I2C: an absent receiver fails the build and names the attribute", async (t) => {
  const { module, i2c } = await startSerial(t);
  i2c.addBus(1);
  const attributes = { connection_type: "I2C", i2c_attributes: { i2c_bus: 1, i2c_addr: 0x42 } };
  await assert.rejects(module.add({ ...gps, attributes }), /attributes\.i2c_attributes\.i2c_addr: no receiver at 0x42 of bus 1/);
});
