/** The config of a usual rover on a Raspberry Pi, without one module in it: found, built and driven. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { createFakeHardware } from "pinion/hardware/testing";
import { base, board, encoder, motor, movementSensor, powerSensor, type ResourceApi, servo, type Values } from "pinion/sdk";
import { startTestModule } from "pinion/sdk/testing";
import { createModels } from "../../../../drivers/gpio/models.js";
import { createRig } from "../../../../drivers/gpio/rig.js";
import { createModels as createI2cModels } from "../../../../drivers/i2c/models.js";
import { createRig as createI2cRig } from "../../../../drivers/i2c/rig.js";
import { packageRoot } from "../../../../src/base/package-root.js";
import { readCatalogue } from "../../../../src/config/catalogue.js";
import { parseConfig } from "../../../../src/config/parse-config.js";
import { BaseServiceDefinition } from "../../../../src/proto/gen/viam/component/base/v1/base.js";
import { knownServiceOfApi } from "../../../../src/proto/known-services.js";
import { formatModel } from "../../../../src/resource/model.js";
import { adxl345Chip, ina219Chip } from "../../i2c/chips.js";
import { io } from "../support/bench.js";

interface Part {
  readonly api: string;
  readonly model: string;
  readonly name: string;
  readonly attributes: Values;
}

async function readRover(): Promise<readonly Part[]> {
  const text = await readFile(path.join(packageRoot(), "test/fixtures/configs/pi-rover.json"), "utf8");
  const { config, problems } = parseConfig(text, { env: {}, home: "/home/pi/.viam", userHome: "/home/pi", fileExists: () => true });
  assert.deepEqual(problems, []);
  return [...config.resources.values()].map(({ name, model, attributes }) => {
    const [api = "", simple = ""] = name.split("/");
    return { api, model: formatModel(model), name: simple, attributes };
  });
}

test("every model is found without a modules entry", async () => {
  const catalogue = readCatalogue(path.join(packageRoot(), "drivers"));
  const rover = await readRover();
  const found = rover.map(({ api, model, name }) => [name, catalogue.moduleFor(api, model)?.name]);
  const i2c = ["accel", "battery"];
  assert.deepEqual(
    found,
    rover.map(({ name }) => [name, i2c.includes(name) ? "pinion-i2c" : "pinion-gpio"]),
  );
});

test("the supervisor stops a base with its session: its table says what the service's definition says", () => {
  const known = knownServiceOfApi("rdk:component:base");
  assert.equal(known?.service, BaseServiceDefinition.fullName);
  assert.equal(known?.hasStop, true);
  const defined = Object.values(BaseServiceDefinition.methods).map(({ name, options }) => [name, "isSafetyMonitored" in options]);
  assert.deepEqual(
    defined.toSorted(),
    [...(known?.methods.values() ?? [])].map(({ name, isSafetyMonitored }) => [name, isSafetyMonitored]).toSorted(),
  );
});

test("the whole config is built in the order of its dependencies, and drives", async (t) => {
  const { hardware, gpio, i2c, pwm } = createFakeHardware();
  i2c.addBus(1);
  i2c.add(1, 0x53, adxl345Chip().chip);
  i2c.add(1, 0x40, ina219Chip().chip);
  const models = [...createModels(createRig(hardware)), ...createI2cModels(createI2cRig(hardware))];
  const module = await startTestModule({ models }, t);
  const apis = [base, board, encoder, motor, movementSensor, powerSensor, servo] as unknown as readonly ResourceApi<object>[];

  const waiting = [...(await readRover())];
  const built = new Set<string>();
  while (waiting.length > 0) {
    const before = waiting.length;
    for (const part of waiting.splice(0)) {
      const api = apis.find(({ triplet }) => triplet === part.api);
      assert.ok(api, part.api);
      const resource = { ...part, api };
      const { required = [] } = await module.validate(resource);
      if (required.every((dependency) => built.has(dependency))) {
        await module.add(resource);
        built.add(part.name);
      } else waiting.push(part);
    }
    assert.ok(waiting.length < before, `none of these can be built: ${waiting.map(({ name }) => name).join(", ")}`);
  }

  const rover = module.client(base, "viam_base");
  const levels = (...lines: readonly number[]): readonly (boolean | undefined)[] => lines.map((line) => gpio.level(io(line)));
  await rover.setPower({ x: 0, y: 1, z: 0 }, { x: 0, y: 0, z: 0 });
  assert.deepEqual(levels(22, 27, 17), [true, false, true], "left: a, b, pwm");
  assert.deepEqual(levels(23, 24, 25), [false, true, true], "right, with dir_flip");
  assert.equal(await rover.isMoving(), true);
  const left = module.client(motor, "left");
  assert.deepEqual(await left.isPowered(), { isOn: true, power: 1 });
  gpio.drive(io(19), true);
  gpio.drive(io(19), false);
  assert.equal((await module.client(encoder, "l-encoder").getPosition()).value, 2);
  await rover.stop();
  assert.equal(await rover.isMoving(), false);
  assert.deepEqual(levels(17, 25), [false, false]);
  assert.deepEqual(await rover.getProperties(), { width: 0.26, turningRadius: 0, wheelCircumference: 0.217 });

  await module.client(servo, "head").move(90);
  assert.equal(pwm.setting({ device: "1f00098000.pwm", channel: 2 })?.frequency, 50);
  assert.ok((await module.client(powerSensor, "battery").getVoltage()).volts > 0);
  const merged = module.client(movementSensor, "movement");
  const { z } = await merged.getLinearAcceleration();
  assert.ok(Math.abs(z) > 1);
  assert.equal((await merged.getPosition()).altitude, 0);

  await rover.setPower({ x: 0, y: 0, z: 0 }, { x: 0, y: 0, z: 1 });
  assert.deepEqual(levels(27, 23), [true, false], "both turn the base to the left");
  await module.close();
  for (const line of [22, 27, 17, 23, 24, 25]) assert.equal(gpio.level(io(line)), false, `GPIO ${line} is low when the module is gone`);
});
