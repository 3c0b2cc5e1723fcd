/** What is particular to single sensors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRpcError, movementSensor, powerSensor, Status, sensor } from "pinion/sdk";
import { eventually } from "../../support/eventually.js";
import { adxl345Chip, boschChip, ina219Chip, mpu6050Chip, SHT_ANSWER, shtChip } from "./chips.js";
import { FakeBoard } from "./fake-board.js";
import { startI2c } from "./i2c-module.js";

const on = (address: number): Readonly<Record<string, unknown>> => ({ i2c_bus: "1", i2c_addr: address });

test("a BME280 that says for ever that it copies its trim is not waited for for ever", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = boschChip(0x60);
  chip.set(0xf3, 0x01);
  i2c.add(1, 0x76, chip);
  const resource = { api: sensor, model: "rdk:builtin:bme280", name: "s", attributes: on(0x76) };
  await assert.rejects(module.add(resource), /BME280 on i2c-1 address 0x76: its status.*copies its trim \(waited 100 ms\)/);
});

test("a BME280 that skips its measurements, or has no trim, gives no reading", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = boschChip(0x60);
  i2c.add(1, 0x76, chip);
  const resource = { api: sensor, model: "rdk:builtin:bme280", name: "s", attributes: on(0x76) };
  const air = await module.add(resource);
  chip.set(0xfa, 0x80, 0, 0);
  await assert.rejects(air.getReadings(), /has not measured yet/);
  chip.set(0xfa, 0x7e, 0xed, 0, 0x80, 0);
  await assert.rejects(air.getReadings(), /has not measured humidity yet/);
  await module.remove(sensor, "s");
  chip.set(0x88, 0, 0);
  await assert.rejects(module.add(resource), /trim is empty: T1 is 0/);
});

test("when nothing answers, the error says where else the chip can be", async (t) => {
  const { module } = await startI2c(t);
  const resource = { api: sensor, model: "rdk:builtin:bme280", name: "s", attributes: { i2c_bus: 1 } };
  await assert.rejects(module.add(resource), /a BME280 can also be at 0x76: then set i2c_addr to 118/);
});

test("an SHT3x that is slow is waited for, one that never ends is not", async (t) => {
  const { module, i2c } = await startI2c(t);
  const chip = shtChip();
  i2c.add(1, 0x44, chip.chip);
  const air = await module.add({ api: sensor, model: "viam:sensirion:sht3xd", name: "s", attributes: on(0x44) });
  chip.busy = 5;
  assert.equal(typeof (await air.getReadings())["temperature_celsius"], "number");
  chip.busy = 1_000_000;
  await assert.rejects(air.getReadings(), /SHT3x on i2c-1 address 0x44/);
  chip.busy = 0;
  assert.equal(typeof (await air.getReadings())["temperature_celsius"], "number");
});

test("a reading of an SHT3x with a wrong checksum is none", async (t) => {
  const { module, i2c } = await startI2c(t);
  const chip = shtChip();
  i2c.add(1, 0x44, chip.chip);
  const air = await module.add({ api: sensor, model: "viam:sensirion:sht3xd", name: "s", attributes: on(0x44) });
  chip.answer = [0xbe, 0xef, 0x92, 0xbe, 0xef, 0x93];
  await assert.rejects(air.getReadings(), /SHT3x on i2c-1 address 0x44: the checksum of word 2 is 0x93/);
  chip.answer = SHT_ANSWER;
  assert.equal(typeof (await air.getReadings())["relative_humidity_pct"], "number");
});

test("a DS18B20: readings, and every way to have none", async (t) => {
  const { module, oneWire } = await startI2c(t);
  const id = "28-000005e2fdc3";
  const resource = { api: sensor, model: "rdk:builtin:ds18b20", name: "s", attributes: { unique_id: "000005e2fdc3" } };
  await assert.rejects(module.add(resource), /28-000005e2fdc3 does not answer/);
  oneWire.set(id, [0x98, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x08, 0x10]);
  const probe = await module.add(resource);
  assert.deepEqual(await probe.getReadings(), { degrees_celsius: 25.5 });
  oneWire.failNext(id, "checksum");
  await assert.rejects(probe.getReadings(), /DS18B20.*28-000005e2fdc3.*checksum/);
  oneWire.set(id, [0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10]);
  await assert.rejects(probe.getReadings(), /DS18B20 28-000005e2fdc3: .*power-up/);
  oneWire.remove(id);
  await assert.rejects(probe.getReadings(), /does not answer/);
  oneWire.setTemperature(id, -10.125);
  assert.deepEqual(await probe.getReadings(), { degrees_celsius: -10.125 });
});

test("a current beyond the shunt's is told, and the voltage still read", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = ina219Chip();
  i2c.add(1, 0x40, chip);
  const meter = await module.add({ api: powerSensor, model: "viam:texas-instruments:ina219", name: "p", attributes: on(0x40) });
  assert.equal((await meter.getCurrent()).amperes.toFixed(9), "0.200000000");
  chip.words[1] = 0x8300;
  await assert.rejects(meter.getCurrent(), /INA219 on i2c-1 address 0x40: the current is beyond 3\.20 A.*0\.1 ohm/);
  assert.equal((await meter.getVoltage()).volts.toFixed(2), "11.98");
  chip.words[1] = 0xffff;
  assert.equal((await meter.getPower()).toFixed(6), "-0.001198");
});

test("an MPU6050 that does not wake up is told", async (t) => {
  const { module, i2c } = await startI2c(t);
  const chip = mpu6050Chip();
  i2c.add(1, 0x69, {
    read: (length) => chip.chip.read(length),
    write: ([register = 0, ...values]) => {
      if (register !== 0x6b || values.length === 0) chip.chip.write(Uint8Array.of(register, ...values));
    },
  });
  const resource = {
    api: movementSensor,
    model: "viam:tdk-invensense:mpu6050",
    name: "m",
    attributes: { i2c_bus: 1, use_alt_i2c_address: true },
  };
  await assert.rejects(module.add(resource), /MPU6050 on i2c-1 address 0x69: it does not wake up/);
});

test("inertial sensors say what they do not measure, in the words that clients compare", async (t) => {
  const { module, i2c } = await startI2c(t);
  i2c.add(1, 0x68, mpu6050Chip().chip);
  i2c.add(1, 0x53, adxl345Chip().chip);
  const gyro = await module.add({ api: movementSensor, model: "rdk:builtin:gyro-mpu6050", name: "g", attributes: { i2c_bus: 1 } });
  const accelerometer = await module.add({
    api: movementSensor,
    model: "rdk:builtin:accel-adxl345",
    name: "a",
    attributes: { i2c_bus: 1 },
  });
  for (const [call, text] of [
    [() => gyro.getPosition(), "Position Unimplemented"],
    [() => gyro.getOrientation(), "Orientation Unimplemented"],
    [() => gyro.getLinearVelocity(), "LinearVelocity Unimplemented"],
    [() => gyro.getCompassHeading(), "CompassHeading Unimplemented"],
    [() => accelerometer.getAngularVelocity(), "AngularVelocity Unimplemented"],
  ] as const) {
    await assert.rejects(call(), (error: Error) => isRpcError(error, Status.UNIMPLEMENTED) && error.message.includes(text));
  }
  const { positionHdop, positionNmeaGgaFix, compassDegreesError } = await gyro.getAccuracy();
  assert.deepEqual([positionHdop, positionNmeaGgaFix, compassDegreesError], [undefined, undefined, undefined]);
  const { angularVelocitySupported, linearAccelerationSupported, positionSupported } = await accelerometer.getProperties();
  assert.deepEqual([angularVelocitySupported, linearAccelerationSupported, positionSupported], [false, true, false]);
  assert.deepEqual(await gyro.getAngularVelocity(), { x: 1, y: 0, z: -1 });
});

test("an ADXL345 counts taps and falls by its interrupts, through a board that goes away and comes back", async (t) => {
  const pi = new FakeBoard(["tap", "fall"]);
  const { module, i2c } = await startI2c(t, { "rdk:component:board/pi": pi });
  const { chip } = adxl345Chip();
  i2c.add(1, 0x53, chip);
  const attributes = {
    i2c_bus: 1,
    board: "pi",
    tap: { accelerometer_pin: 1, interrupt_pin: "tap", exclude_z: true, threshold: 2000, dur_us: 5000 },
    free_fall: { accelerometer_pin: 2, interrupt_pin: "fall" },
  };
  const accelerometer = await module.add({ api: movementSensor, model: "rdk:builtin:accel-adxl345", name: "a", attributes });
  assert.deepEqual(
    [0x1d, 0x21, 0x2a, 0x28, 0x29, 0x2e, 0x2f].map((register) => chip.bytes[register]),
    [32, 8, 6, 7, 32, 0x44, 0x04],
  );
  const counts = async (): Promise<unknown[]> => {
    const { single_tap_count: taps, freefall_count: falls } = await accelerometer.getReadings();
    return [taps, falls];
  };
  const interrupt = async (source: number, pin: string, expected: readonly number[]): Promise<void> => {
    chip.set(0x30, source);
    pi.tick(pin, true);
    await eventually("it is counted", async () => JSON.stringify(await counts()) === JSON.stringify(expected));
  };
  await interrupt(0x40 | 0x83, "tap", [1, 0]);
  await interrupt(0x04, "fall", [1, 1]);
  pi.failStreams();
  await eventually("it listens again", () => pi.listeners === 1);
  await interrupt(0x44, "tap", [2, 2]);
  assert.match(module.logs.map(({ message }) => message).join(), /interrupts are not told any more/);
  await module.remove(movementSensor, "a");
  await eventually("nobody listens", () => pi.listeners === 0);
});

test("an ADXL345 counts a tap of the moment in which it begins to listen, and none of before", async (t) => {
  const pi = new FakeBoard(["tap"]);
  const { module, i2c } = await startI2c(t, { "rdk:component:board/pi": pi });
  const { chip } = adxl345Chip();
  i2c.add(1, 0x53, chip);
  pi.onListener = () => {
    chip.set(0x30, 0x40);
    pi.tick("tap", true);
  };
  const config = {
    api: movementSensor,
    model: "rdk:builtin:accel-adxl345",
    name: "a",
    attributes: { i2c_bus: 1, board: "pi", tap: { accelerometer_pin: 1, interrupt_pin: "tap" } },
  };
  const early = await module.add(config);
  await eventually("it is counted", async () => (await early.getReadings())["single_tap_count"] === 1);
  await module.remove(movementSensor, "a");

  pi.onListener = () => chip.set(0x30, 0x40);
  const late = await module.add(config);
  await eventually("it listens", () => chip.bytes[0x30] === 0);
  chip.set(0x30, 0x40);
  pi.tick("tap", true);
  await eventually("it is counted", async () => (await late.getReadings())["single_tap_count"] === 1);
});

test("an ADXL345 with an interrupt that the board does not have is not built", async (t) => {
  const { module, i2c } = await startI2c(t, { "rdk:component:board/pi": new FakeBoard(["other"]) });
  i2c.add(1, 0x53, adxl345Chip().chip);
  const attributes = { i2c_bus: 1, board: "pi", tap: { accelerometer_pin: 1, interrupt_pin: "tap" } };
  await assert.rejects(module.add({ api: movementSensor, model: "rdk:builtin:accel-adxl345", name: "a", attributes }), /tap/);
});
