/** The I2C drivers against chips that hold the datasheets' examples; on a bench, against real chips, whose answers must be sensible. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { createModels } from "../../drivers/i2c/models.js";
import { createRig } from "../../drivers/i2c/rig.js";
import { board, encoder, movementSensor, powerSensor, sensor } from "../../src/sdk/index.js";
import { startTestModule } from "../../src/sdk/testing.js";
import { assertNear } from "../near.js";
import { type ChipModel, have, type I2cRig, openRig, type Rig } from "../rig.js";
import { BOSCH, fillAdxl345, fillAs5600, fillBosch, fillIna219, fillIna226, fillMcp23017, fillMpu6050, INA } from "../vectors.js";

interface Place {
  readonly i2c: I2cRig;
  readonly address: number;
  readonly attributes: { readonly i2c_bus: number; readonly i2c_addr: number };
}

describe("I2C drivers", () => {
  let rig: Rig;

  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  const chip = (t: TestContext, model: ChipModel): Place | undefined => {
    const address = rig.i2c?.address(model);
    if (!have(t, rig.i2c, `a ${model} on an I2C bus`) || !have(t, address, `a ${model} on an I2C bus`)) return undefined;
    return { i2c: rig.i2c, address, attributes: { i2c_bus: rig.i2c.bus, i2c_addr: address } };
  };
  const startModule = (t: TestContext) => startTestModule({ models: createModels(createRig(rig.hardware)) }, t);

  for (const [model, name] of [
    ["bme280", "rdk:builtin:bme280"],
    ["bmp280", "pinion:i2c:bmp280"],
  ] as const) {
    test(`${model}: temperature, pressure${model === "bme280" ? " and humidity" : ""} of the datasheet's example`, async (t) => {
      const place = chip(t, model);
      if (place === undefined) return;
      const { registers } = place.i2c;
      if (registers !== undefined) fillBosch(registers, place.address, model);
      const module = await startModule(t);
      const air = await module.add({ api: sensor, model: name, name: "air", attributes: place.attributes });
      const readings = await air.getReadings();
      if (registers === undefined) return assertWithin(readings["temperature_celsius"], -20, 60);
      assertNear(readings["temperature_celsius"], BOSCH.celsius, 1e-4);
      assertNear(Number(readings["pressure_hpa"] ?? readings["pressure_mpa"]) * 100, BOSCH.pascals, 0.01);
      if (model === "bme280") assertNear(readings["relative_humidity_pct"], BOSCH.humidity, 1e-4);
    });
  }

  for (const [model, fill] of [
    ["ina219", fillIna219],
    ["ina226", fillIna226],
  ] as const) {
    test(`${model}: volts, amperes and watts of the datasheet's example`, async (t) => {
      const place = chip(t, model);
      if (place === undefined) return;
      const { registers } = place.i2c;
      if (registers !== undefined) fill(registers, place.address);
      const module = await startModule(t);
      const attributes = { ...place.attributes, ...(registers === undefined ? {} : { shunt_resistance: INA.ohms }) };
      const power = await module.add({ api: powerSensor, model: `rdk:builtin:${model}`, name: "power", attributes });
      const { volts } = await power.getVoltage();
      if (registers === undefined) return assertWithin(volts, 0, 36);
      assertNear(volts, INA.volts, 1e-6);
      assertNear((await power.getCurrent()).amperes, INA.amperes, 1e-6);
      assertNear(await power.getPower(), INA.watts, 1e-4);
    });
  }

  test("mpu6050: one g, one degree a second", async (t) => {
    const place = chip(t, "mpu6050");
    if (place === undefined) return;
    const { registers } = place.i2c;
    if (registers !== undefined) fillMpu6050(registers, place.address);
    const module = await startModule(t);
    const attributes = { i2c_bus: place.i2c.bus, use_alt_i2c_address: place.address === 0x69 };
    const motion = await module.add({ api: movementSensor, model: "rdk:builtin:gyro-mpu6050", name: "motion", attributes });
    const { x, y, z } = await motion.getLinearAcceleration();
    if (registers === undefined) return assertWithin(Math.hypot(x, y, z), 8, 12);
    assertNear(x, 9.80665, 0.01);
    assert.deepEqual([y, z], [0, 0]);
    assertNear((await motion.getAngularVelocity()).x, 1, 0.001);
  });

  test("adxl345: one g", async (t) => {
    const place = chip(t, "adxl345");
    if (place === undefined) return;
    const { registers } = place.i2c;
    if (registers !== undefined) fillAdxl345(registers, place.address);
    const module = await startModule(t);
    const attributes = { i2c_bus: place.i2c.bus, use_alternate_i2c_address: place.address === 0x1d };
    const motion = await module.add({ api: movementSensor, model: "rdk:builtin:accel-adxl345", name: "motion", attributes });
    const { x, y, z } = await motion.getLinearAcceleration();
    if (registers === undefined) return assertWithin(Math.hypot(x, y, z), 8, 12);
    assert.deepEqual([x, y], [0, 0]);
    assertNear(z, 9.80665, 0.05);
  });

  test("as5600: a quarter of a turn", async (t) => {
    const place = chip(t, "as5600");
    if (place === undefined) return;
    const { registers } = place.i2c;
    if (registers !== undefined) fillAs5600(registers, place.address);
    const module = await startModule(t);
    const shaft = await module.add({ api: encoder, model: "pinion:i2c:as5600", name: "shaft", attributes: place.attributes });
    const { value } = await shaft.getPosition("degrees");
    if (registers === undefined) return assertWithin(value, -360, 360);
    assertNear(value, 90, 0.1);
  });

  test("mcp23017: a pin of either port is set and read, and no other changes", async (t) => {
    const place = chip(t, "mcp23017");
    if (place === undefined) return;
    const { registers } = place.i2c;
    if (registers === undefined) return t.skip("what is connected to the pins of a real one is not known: npm run test:board");
    fillMcp23017(registers, place.address);
    const module = await startModule(t);
    const expander = await module.add({ api: board, model: "pinion:i2c:mcp23017", name: "more", attributes: place.attributes });
    await expander.setGpio("A3", true);
    await expander.setGpio("B0", true);
    // OLAT, then IODIR: port A and port B.
    const state = (): number[] => [0x14, 0x15, 0x00, 0x01].map((register) => registers.byte(place.address, register));
    assert.deepEqual(state(), [0x08, 0x01, 0xf7, 0xfe]);
    await expander.setGpio("A3", false);
    assert.deepEqual(state(), [0x00, 0x01, 0xf7, 0xfe]);
    registers.setBytes(place.address, 0x12, 0x80);
    assert.equal(await expander.getGpio("A7"), true);
  });

  test("a chip that is another one than the config says is not read", async (t) => {
    const place = chip(t, "bme280");
    if (place === undefined) return;
    const { registers } = place.i2c;
    if (registers === undefined) return t.skip("needs chips whose registers can be preset: npm run test:board");
    fillBosch(registers, place.address, "bme280");
    registers.setBytes(place.address, 0xd0, 0x61);
    const module = await startModule(t);
    const air = { api: sensor, model: "rdk:builtin:bme280", name: "air", attributes: place.attributes };
    await assert.rejects(
      module.add(air).then((sensed) => sensed.getReadings()),
      /0x61/,
    );
    registers.setBytes(place.address, 0xd0, 0x60);
    assertNear((await (await module.add({ ...air, name: "air2" })).getReadings())["temperature_celsius"], BOSCH.celsius, 1e-4);
  });
});

function assertWithin(value: unknown, least: number, most: number): void {
  assert.ok(typeof value === "number" && value >= least && value <= most, `${String(value)} is not within ${least} to ${most}`);
}
