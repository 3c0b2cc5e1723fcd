/** Every chip with everything that can go wrong on its bus: the error names the chip and its place, no reading is wrong, and it works again by itself. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  type Board,
  board,
  type Encoder,
  encoder,
  type Handle,
  type MovementSensor,
  movementSensor,
  type PowerSensor,
  powerSensor,
  type ResourceApi,
  type Sensor,
  type Servo,
  sensor,
  servo,
} from "pinion/sdk";
import {
  adsChip,
  adxl345Chip,
  as5048Chip,
  as5600Chip,
  boschChip,
  ina219Chip,
  ina226Chip,
  mcp23017Chip,
  mpu6050Chip,
  pca9685Chip,
  shtChip,
  type TestChip,
} from "./chips.js";
import { startI2c } from "./i2c-module.js";

interface Subject {
  readonly model: string;
  /** In errors. */
  readonly chip: string;
  readonly address: number;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly make: () => TestChip;
  /** Adds the resource; resolves to what reads it once. */
  readonly open: (add: Add) => Promise<() => Promise<unknown>>;
  readonly reading: unknown;
  /** Where there is a way to tell: another chip at the address, and what the error says of it. */
  readonly other?: { readonly make: () => TestChip; readonly text: RegExp };
}

type Add = <T>(api: ResourceApi<T>) => Promise<Handle<T>>;

const reads =
  <T>(api: ResourceApi<T>, read: (resource: Handle<T>) => Promise<unknown>): Subject["open"] =>
  async (add) => {
    const resource = await add(api);
    return () => read(resource);
  };

const rounded = (values: Readonly<Record<string, unknown>>): unknown =>
  JSON.parse(JSON.stringify(values, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(3)) : value)));
const readings = async (resource: Handle<Sensor> | Handle<PowerSensor> | Handle<MovementSensor>): Promise<unknown> =>
  rounded(await resource.getReadings());
const vector = (x: number, y: number, z: number, type = "vector3"): object => ({ _type: type, x, y, z });

const SUBJECTS: readonly Subject[] = [
  {
    model: "rdk:builtin:bme280",
    chip: "BME280",
    address: 0x77,
    make: () => boschChip(0x60),
    open: reads<Sensor>(sensor, readings),
    reading: {
      temperature_celsius: 25.082,
      temperature_fahrenheit: 77.148,
      dew_point_celsius: 6.995,
      dew_point_fahrenheit: 44.59,
      relative_humidity_pct: 31.503,
      pressure_hpa: 1006.533,
      pressure_mpa: 1006.533,
    },
    other: { make: () => boschChip(0x58), text: /0x60.*0xd0, got 0x58 as a BMP280 does; use the model pinion:i2c:bmp280/ },
  },
  {
    model: "pinion:i2c:bmp280",
    chip: "BMP280",
    address: 0x77,
    make: () => boschChip(0x58),
    open: reads<Sensor>(sensor, readings),
    reading: { temperature_celsius: 25.082, temperature_fahrenheit: 77.148, pressure_hpa: 1006.533 },
    other: { make: () => boschChip(0x61), text: /got 0x61 as a BME680 or BME688 does; check i2c_addr/ },
  },
  {
    model: "rdk:builtin:sensirion-sht3xd",
    chip: "SHT3x",
    address: 0x44,
    make: shtChip,
    open: reads<Sensor>(sensor, readings),
    reading: { temperature_celsius: 85.523, relative_humidity_pct: 74.585 },
    other: { make: ina219Chip, text: /does not answer as an SHT3x does: the checksum.*check i2c_addr/ },
  },
  {
    model: "rdk:builtin:ina219",
    chip: "INA219",
    address: 0x40,
    attributes: { shunt_resistance: 0.002 },
    make: ina219Chip,
    open: reads<PowerSensor>(powerSensor, readings),
    reading: { volts: 11.98, amps: 10, is_ac: false, watts: 119.8 },
    other: { make: ina226Chip, text: /says it is an INA226; use the model rdk:builtin:ina226/ },
  },
  {
    model: "rdk:builtin:ina226",
    chip: "INA226",
    address: 0x40,
    attributes: { shunt_resistance: 0.002 },
    make: ina226Chip,
    open: reads<PowerSensor>(powerSensor, readings),
    reading: { volts: 11.98, amps: 10, is_ac: false, watts: 119.8 },
    other: { make: ina219Chip, text: /0x5449 and 0x226x.*got 0x0000 and 0x0000.*rdk:builtin:ina219/ },
  },
  {
    model: "rdk:builtin:gyro-mpu6050",
    chip: "MPU6050",
    address: 0x68,
    make: mpu6050Chip,
    open: reads<MovementSensor>(movementSensor, readings),
    reading: {
      linear_acceleration: vector(9.807, 0, -9.807),
      angular_velocity: vector(1, 0, -1, "angular_velocity"),
      temperature_celsius: 24.483,
    },
    other: { make: () => mpu6050Chip(0x71), text: /0x68.*0x75, got 0x71 as a MPU9250 does/ },
  },
  {
    model: "rdk:builtin:accel-adxl345",
    chip: "ADXL345",
    address: 0x53,
    make: adxl345Chip,
    open: reads<MovementSensor>(movementSensor, readings),
    reading: { linear_acceleration: vector(9.807, -9.807, 4.903), single_tap_count: 0, freefall_count: 0 },
    other: { make: () => adxl345Chip(0x00), text: /0xe5.*0x00, got 0x00; check i2c_addr/ },
  },
  {
    model: "pinion:i2c:as5600",
    chip: "AS5600",
    address: 0x36,
    make: as5600Chip,
    open: reads<Encoder>(encoder, (resource) => resource.getPosition("degrees")),
    reading: { value: 90, unit: "degrees" },
    other: { make: () => boschChip(0x60), text: /no magnet is seen/ },
  },
  {
    model: "viam:ams:as5048",
    chip: "AS5048B",
    address: 0x40,
    attributes: { connection_type: "i2c", i2c_attributes: { i2c_bus: 1, i2c_addr: 64 } },
    make: as5048Chip,
    open: reads<Encoder>(encoder, (resource) => resource.getPosition("degrees")),
    reading: { value: 90, unit: "degrees" },
    other: { make: () => boschChip(0x60), text: /offset compensation/ },
  },
  {
    model: "rdk:builtin:pca9685",
    chip: "PCA9685",
    address: 0x40,
    make: pca9685Chip,
    open: reads<Board>(board, async (resource) => {
      await resource.setPwm("3", 0.25);
      return await resource.getPwm("3");
    }),
    reading: 0.25,
    other: { make: ina219Chip, text: /does not keep its configuration.*is it a PCA9685\? Check i2c_addr/ },
  },
  {
    model: "pinion:i2c:pca9685-servo",
    chip: "PCA9685",
    address: 0x40,
    attributes: { channel: 3 },
    make: pca9685Chip,
    open: reads<Servo>(servo, async (resource) => {
      await resource.move(90);
      return await resource.getPosition();
    }),
    reading: 90,
    other: { make: ina219Chip, text: /does not keep its configuration/ },
  },
  {
    model: "pinion:i2c:ads1115",
    chip: "ADS1115",
    address: 0x48,
    make: () => adsChip([0, 0, 0, 0, 16384]),
    open: reads<Board>(board, (resource) => resource.readAnalog("A0")),
    reading: { value: 16384, minRange: 0, maxRange: Math.fround(4.096 - 0.000125), stepSize: Math.fround(0.000125) },
    other: { make: shtChip, text: /does not keep its configuration.*is it an ADS1115\?/ },
  },
  {
    model: "pinion:i2c:mcp23017",
    chip: "MCP23017",
    address: 0x20,
    make: mcp23017Chip,
    open: reads<Board>(board, async (resource) => {
      await resource.setGpio("A3", true);
      return await resource.getGpio("A3");
    }),
    reading: true,
    other: { make: shtChip, text: /does not keep its configuration.*is it an MCP23017\?/ },
  },
];

async function start(t: TestContext, subject: Subject) {
  const { module, i2c, clock } = await startI2c(t);
  const { address, model, attributes } = subject;
  const add: Add = (api) => module.add({ api, model, name: "r", attributes: { i2c_bus: 1, ...attributes } });
  const place = new RegExp(`${subject.chip} on i2c-1 address 0x${address.toString(16)}: `);
  return { module, i2c, clock, place, open: () => subject.open(add) };
}

for (const subject of SUBJECTS) {
  const { model, address, make, reading, other } = subject;

  test(`${model}: absent at first, built when it is there`, async (t) => {
    const { i2c, place, open } = await start(t, subject);
    await assert.rejects(open(), (error: Error) => place.test(error.message) && /no chip|answer/i.test(error.message));
    i2c.add(1, address, make().chip);
    const read = await open();
    assert.deepEqual(await read(), reading);
  });

  test(`${model}: vanishes and comes back without its configuration`, async (t) => {
    const { i2c, place, open } = await start(t, subject);
    const chip = make();
    i2c.add(1, address, chip.chip);
    const read = await open();
    assert.deepEqual(await read(), reading);
    i2c.setAbsent(1, address);
    await assert.rejects(read(), place);
    await assert.rejects(read(), place);
    chip.powerCycle();
    i2c.setAbsent(1, address, false);
    assert.deepEqual(await read(), reading);
  });

  test(`${model}: its supply fails between two readings`, async (t) => {
    const { i2c, open } = await start(t, subject);
    const chip = make();
    i2c.add(1, address, chip.chip);
    const read = await open();
    assert.deepEqual(await read(), reading);
    chip.powerCycle();
    assert.deepEqual(await read(), reading);
  });

  for (const [fault, text] of [
    ["arbitration-lost", /arbitration/i],
    ["short", /expected \d+ bytes?, got \d+|EIO/],
    ["bus-held", /held/i],
    ["failed", /EIO/],
  ] as const) {
    test(`${model}: ${fault} is told, and over with its cause`, async (t) => {
      const { i2c, place, open } = await start(t, subject);
      i2c.add(1, address, make().chip);
      const read = await open();
      i2c.failNext(1, address, fault);
      const failed = await read().then(
        () => undefined,
        (error: Error) => error.message,
      );
      assert.ok(failed !== undefined && place.test(failed) && text.test(failed), failed);
      assert.deepEqual(await read(), reading);
    });
  }

  if (other === undefined) continue;
  test(`${model}: another chip at its address is told, and so is the right one`, async (t) => {
    const { i2c, place, open } = await start(t, subject);
    i2c.add(1, address, other.make().chip);
    await assert.rejects(open(), (error: Error) => {
      assert.match(error.message, place);
      assert.match(error.message, other.text);
      return true;
    });
    i2c.add(1, address, make().chip);
    const read = await open();
    assert.deepEqual(await read(), reading);
  });
}
