/** The drivers on registers that only keep what is written, as those of the kernel's i2c-stub: no bit clears itself, nothing but bytes, words and blocks. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { board, encoder, movementSensor, powerSensor, type ResourceApi, sensor, servo } from "pinion/sdk";
import { FakeRegisterChip, FakeWordChip } from "../../../src/hardware/i2c/fake-i2c.js";
import { BOSCH_TRIM } from "./chips.js";
import { startI2c } from "./i2c-module.js";

type Registers = Readonly<Record<number, number | readonly number[]>>;

async function start(t: TestContext, address: number, chip: FakeRegisterChip | FakeWordChip) {
  const { module, i2c } = await startI2c(t);
  i2c.add(1, address, chip);
  t.after(() => assert.ok(i2c.log.every(({ kind }) => kind === "read" || kind === "write")));
  return <T>(api: ResourceApi<T>, model: string, attributes: object = {}) =>
    module.add({ api, model, name: "r", attributes: { i2c_bus: 1, ...attributes } });
}

const bytes = (registers: Registers): FakeRegisterChip => new FakeRegisterChip({ registers });
const words = (registers: Readonly<Record<number, number>>): FakeWordChip => new FakeWordChip({ registers });

test("BME280", async (t) => {
  const data = [0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 27500 >> 8, 27500 & 0xff];
  const humidity = [355 & 0xff, 355 >> 8, 0, 338 >> 4, 0x22, 50 >> 4, 30];
  const add = await start(t, 0x77, bytes({ 208: 0x60, 136: BOSCH_TRIM, 161: 75, 225: humidity, 247: data }));
  const { temperature_celsius: celsius, pressure_hpa: pressure } = await (await add(sensor, "rdk:builtin:bme280")).getReadings();
  assert.deepEqual([Number(celsius).toFixed(4), Number(pressure).toFixed(4)], ["25.0825", "1006.5327"]);
});

test("INA219 and INA226", async (t) => {
  const add219 = await start(t, 0x40, words({ 1: 2000, 2: 0x5d98 }));
  const add226 = await start(t, 0x40, words({ 1: 8000, 2: 9584, 254: 0x5449, 255: 0x2260 }));
  for (const [add, model] of [
    [add219, "rdk:builtin:ina219"],
    [add226, "rdk:builtin:ina226"],
  ] as const) {
    const meter = await add(powerSensor, model, { shunt_resistance: 0.002 });
    assert.equal((await meter.getPower()).toFixed(6), "119.800000");
  }
});

test("MPU6050", async (t) => {
  const chip = bytes({ 117: 0x68, 59: [0x40, 0] });
  const add = await start(t, 0x68, chip);
  const imu = await add(movementSensor, "rdk:builtin:gyro-mpu6050", { gyroscope_range_degs_per_sec: 2000 });
  assert.equal((await imu.getLinearAcceleration()).x, 9.80665);
  assert.deepEqual(
    [0x19, 0x1a, 0x1b, 0x1c, 0x6b].map((register) => chip.bytes[register]),
    [4, 3, 0x18, 0, 1],
  );
});

test("ADXL345", async (t) => {
  const chip = bytes({ 0: 0xe5, 50: [0, 1] });
  const add = await start(t, 0x53, chip);
  assert.equal((await (await add(movementSensor, "rdk:builtin:accel-adxl345")).getLinearAcceleration()).x, 9.80665);
  assert.deepEqual(
    [0x2c, 0x2d, 0x31].map((register) => chip.bytes[register]),
    [0x0a, 0x08, 0x0b],
  );
});

test("AS5600", async (t) => {
  const add = await start(t, 0x36, bytes({ 11: 0x20, 12: [0x08, 0] }));
  assert.equal((await (await add(encoder, "pinion:i2c:as5600")).getPosition("degrees")).value, 180);
});

test("PCA9685, board and servo", async (t) => {
  const chip = bytes({});
  const add = await start(t, 0x40, chip);
  await (await add(servo, "pinion:i2c:pca9685-servo", { channel: 2, starting_position_deg: 90 })).move(180);
  assert.deepEqual([chip.bytes[0xfe], chip.bytes[0x00], [...chip.bytes.subarray(14, 18)]], [0x79, 0x20, [0, 0, 0, 2]]);
  const pca = await add(board, "rdk:builtin:pca9685");
  await pca.setGpio("15", true);
  assert.equal(await pca.getGpio("15"), true);
});

test("ADS1115", async (t) => {
  const chip = words({ 0: 16384 });
  const add = await start(t, 0x48, chip);
  const { value, stepSize } = await (await add(board, "pinion:i2c:ads1115")).readAnalog("A0");
  assert.deepEqual([(value * stepSize).toFixed(6), chip.words[1]], ["2.048000", 0xc383]);
});

test("MCP23017", async (t) => {
  const chip = bytes({ 0: [0xff, 0xff], 18: [0x01, 0] });
  const add = await start(t, 0x20, chip);
  const mcp = await add(board, "pinion:i2c:mcp23017", { digital_interrupts: [{ name: "a", pin: "A0" }] });
  await mcp.setGpio("B0", true);
  assert.deepEqual([await mcp.getGpio("A0"), chip.bytes[0x01], chip.bytes[0x15], chip.bytes[0x04]], [true, 0xfe, 1, 1]);
});
