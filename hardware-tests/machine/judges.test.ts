/**
 * The kernel's own drivers as second judges: each is bound to the same registers that our driver has just read, and must come to the same result by
 * its own arithmetic.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { createModels } from "../../drivers/i2c/models.js";
import { createRig } from "../../drivers/i2c/rig.js";
import { board, movementSensor, powerSensor, sensor } from "../../src/sdk/index.js";
import { startTestModule, type TestModule } from "../../src/sdk/testing.js";
import { openBoardRig } from "../board/board-rig.js";
import { I2cStub } from "../board/i2c-stub.js";
import { assertNear } from "../near.js";
import type { ChipModel, Rig } from "../rig.js";
import { fillAds1115, fillBosch, fillIna219, fillIna226, fillMpu6050, fillPca9685, INA } from "../vectors.js";

describe("the kernel's drivers agree", () => {
  let rig: Rig;
  let stub: I2cStub;

  before(async () => {
    rig = await openBoardRig();
    stub = I2cStub.find();
  });
  after(() => rig.close());

  const addressOf = (model: ChipModel): number => rig.i2c?.address(model) ?? 0;
  /** Runs ours, which is closed again before the kernel's has the chip. */
  const ours = async <T>(t: TestContext, read: (module: TestModule) => Promise<T>): Promise<T> => {
    const module = await startTestModule({ models: createModels(createRig(rig.hardware)) }, t);
    const result = await read(module);
    await module.close();
    return result;
  };
  const kernels = (t: TestContext, name: string, model: ChipModel): string => {
    const folder = stub.bindKernelDriver(name, addressOf(model));
    t.after(() => stub.unbindKernelDriver(addressOf(model)));
    return folder;
  };

  test("bme280: temperature, pressure, humidity", async (t) => {
    const address = addressOf("bme280");
    fillBosch(stub, address, "bme280");
    const readings = await ours(t, async (module) => {
      const air = await module.add({
        api: sensor,
        model: "rdk:builtin:bme280",
        name: "air",
        attributes: { i2c_bus: stub.bus, i2c_addr: address },
      });
      return await air.getReadings();
    });
    const iio = within(kernels(t, "bme280", "bme280"), "iio:device");
    assertNear(readings["temperature_celsius"], number(iio, "in_temp_input") / 1000, 0.01);
    assertNear(Number(readings["pressure_mpa"]) * 100, number(iio, "in_pressure_input") * 1000, 0.1);
    assertNear(readings["relative_humidity_pct"], number(iio, "in_humidityrelative_input") / 1000, 0.05);
  });

  for (const [model, fill] of [
    ["ina219", fillIna219],
    ["ina226", fillIna226],
  ] as const) {
    test(`${model}: shunt and bus voltage`, async (t) => {
      const address = addressOf(model);
      fill(stub, address);
      const [volts, amperes] = await ours(t, async (module) => {
        const attributes = { i2c_bus: stub.bus, i2c_addr: address, shunt_resistance: INA.ohms };
        const power = await module.add({ api: powerSensor, model: `rdk:builtin:${model}`, name: "power", attributes });
        return [(await power.getVoltage()).volts, (await power.getCurrent()).amperes];
      });
      const hwmon = within(path.join(kernels(t, model, model), "hwmon"), "hwmon");
      // in0 is the shunt's voltage, in1 the bus's; both in millivolts.
      assertNear(volts, number(hwmon, "in1_input") / 1000, 0.001);
      assertNear(Number(amperes) * INA.ohms * 1000, number(hwmon, "in0_input"), 0.5);
    });
  }

  test("mpu6050: scales of acceleration, temperature and turning", async (t) => {
    const address = addressOf("mpu6050");
    fillMpu6050(stub, address);
    const [acceleration, turning] = await ours(t, async (module) => {
      const motion = await module.add({
        api: movementSensor,
        model: "rdk:builtin:gyro-mpu6050",
        name: "motion",
        attributes: { i2c_bus: stub.bus },
      });
      return [(await motion.getLinearAcceleration()).x, (await motion.getAngularVelocity()).x];
    });
    const iio = within(kernels(t, "mpu6050", "mpu6050"), "iio:device");
    assertNear(acceleration, number(iio, "in_accel_x_raw") * number(iio, "in_accel_scale"), 0.01);
    // The kernel has set the chip to 2000 degrees a second by now, ours to 250: the same register is eight times as much.
    const degrees = (number(iio, "in_anglvel_x_raw") * number(iio, "in_anglvel_scale") * 180) / Math.PI;
    assertNear(Number(turning) * 8, degrees, 0.01);
  });

  test("ads1115: volts of a conversion", async (t) => {
    const address = addressOf("ads1115");
    fillAds1115(stub, address);
    const reading = await ours(t, async (module) => {
      const attributes = { i2c_bus: stub.bus, i2c_addr: address, analogs: [{ name: "a", channel: "0", full_scale_volts: 2.048 }] };
      const converter = await module.add({ api: board, model: "pinion:i2c:ads1115", name: "adc", attributes });
      return await converter.readAnalog("a");
    });
    const iio = within(kernels(t, "ads1115", "ads1115"), "iio:device");
    const volts = (number(iio, "in_voltage0_raw") * number(iio, "in_voltage0_scale")) / 1000;
    assertNear(reading.value * reading.stepSize, volts, 1e-4);
  });

  test("pca9685: the counts of a servo's pulse", async (t) => {
    const address = addressOf("pca9685");
    fillPca9685(stub, address);
    const [prescale, off] = await ours(t, async (module) => {
      const chip = await module.add({
        api: board,
        model: "rdk:builtin:pca9685",
        name: "pwm",
        attributes: { i2c_bus: stub.bus, i2c_addr: address },
      });
      await chip.setPwmFrequency("0", 50);
      await chip.setPwm("0", 0.075);
      return [stub.byte(address, 0xfe), stub.byte(address, 0x08) | (stub.byte(address, 0x09) << 8)];
    });
    const pwm = within(path.join(kernels(t, "pca9685-pwm", "pca9685"), "pwm"), "pwmchip");
    const set = (file: string, value: number): void => writeFileSync(path.join(pwm, file), String(value));
    set("export", 0);
    set("pwm0/duty_cycle", 0);
    set("pwm0/period", 20_000_000);
    set("pwm0/duty_cycle", 1_500_000);
    set("pwm0/enable", 1);
    assert.equal(prescale, stub.byte(address, 0xfe));
    // The kernel rounds a fraction of a count up.
    assertNear(off, stub.byte(address, 0x08) | (stub.byte(address, 0x09) << 8), 1);
  });
});

/** The one entry of the folder whose name begins so. */
function within(folder: string, prefix: string): string {
  const name = readdirSync(folder).find((entry) => entry.startsWith(prefix));
  assert.ok(name !== undefined, `${folder} has ${readdirSync(folder).join(", ")}, and no ${prefix}`);
  return path.join(folder, name);
}

function number(folder: string, file: string): number {
  return Number(readFileSync(path.join(folder, file), "utf8"));
}
