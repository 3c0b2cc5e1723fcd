/** What the models say about configs: errors that name the attribute, and what they take of the hardware. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { FakeI2c, FakeOneWire } from "pinion/hardware/testing";
import type { HardwareNeeds, ModelDefinition } from "pinion/sdk";
import { createModels } from "../../../drivers/i2c/models.js";
import { createRig } from "../../../drivers/i2c/rig.js";
import { packageRoot } from "../../../src/base/package-root.js";
import { startI2c } from "./i2c-module.js";

const models = createModels(createRig({ i2c: new FakeI2c(), oneWire: new FakeOneWire() }));

test("meta.json has the models of the module", async () => {
  const meta = JSON.parse(await readFile(path.join(packageRoot(), "drivers/i2c/meta.json"), "utf8"));
  const offered = models.map(({ api, model }) => `${api.triplet} ${model}`);
  assert.deepEqual(meta.models.map(({ api, model }: Record<string, string>) => `${api} ${model}`).toSorted(), offered.toSorted());
});

test("errors name the attribute, what was expected and what was found", async (t) => {
  const { module } = await startI2c(t);
  const cases = [
    ["sensor", "rdk:builtin:bme280", {}, /attributes\.i2c_bus.*"?i2c_bus/],
    ["sensor", "rdk:builtin:bme280", { i2c_bus: "default" }, /attributes\.i2c_bus: expected the number of an I2C bus.*got "default"/],
    ["sensor", "rdk:builtin:bme280", { i2c_bus: -1 }, /attributes\.i2c_bus.*got -1/],
    [
      "sensor",
      "rdk:builtin:bme280",
      { i2c_bus: 1, i2c_addr: "0x76" },
      /attributes\.i2c_addr: expected a number from 118 \(0x76\) to 119 \(0x77\), got "0x76"/,
    ],
    ["sensor", "rdk:builtin:ds18b20", { unique_id: "abc" }, /attributes\.unique_id: expected the 12 hexadecimal digits.*got "abc"/],
    ["power_sensor", "rdk:builtin:ina219", { i2c_bus: 1, shunt_resistance: -1 }, /attributes\.shunt_resistance/],
    [
      "movement_sensor",
      "rdk:builtin:gyro-mpu6050",
      { i2c_bus: 1, gyroscope_range_degs_per_sec: 300 },
      /attributes\.gyroscope_range_degs_per_sec: expected one of 250, 500, 1000, 2000, got 300/,
    ],
    [
      "movement_sensor",
      "rdk:builtin:accel-adxl345",
      { i2c_bus: 1, tap: { accelerometer_pin: 1, interrupt_pin: "i" } },
      /attributes\.board/,
    ],
    [
      "movement_sensor",
      "rdk:builtin:accel-adxl345",
      { i2c_bus: 1, board: "b", tap: { accelerometer_pin: 3, interrupt_pin: "i" } },
      /attributes\.tap\.accelerometer_pin/,
    ],
    ["encoder", "viam:ams:as5048", { connection_type: "spi" }, /attributes\.connection_type: expected "i2c"/],
    [
      "encoder",
      "viam:ams:as5048",
      { connection_type: "i2c", i2c_attributes: { i2c_bus: 1, i2c_addr: 200 } },
      /attributes\.i2c_attributes\.i2c_addr/,
    ],
    ["board", "rdk:builtin:pca9685", { i2c_bus: 1, i2c_addr: 64, i2c_address: 65 }, /attributes\.i2c_address/],
    ["board", "rdk:builtin:pca9685", { i2c_bus: 1, i2c_address: 120 }, /attributes\.i2c_address: expected a number from 64 .* to 119/],
    [
      "board",
      "pinion:i2c:ads1115",
      { i2c_bus: 1, analogs: [{ name: "a", channel: "A1-A2" }] },
      /attributes\.analogs\[0\]\.channel: expected one of A0-A1/,
    ],
    ["board", "pinion:i2c:mcp23017", { i2c_bus: 1, pins: [{ pin: "A8" }] }, /attributes\.pins\[0\]\.pin: expected A0 to A7.*"A8"/],
    ["board", "pinion:i2c:mcp23017", { i2c_bus: 1, pins: [{ pin: "A1", pull: "down" }] }, /attributes\.pins\[0\]\.pull.*pull-down/],
    ["board", "pinion:i2c:mcp23017", { i2c_bus: 1, interrupt_pin: "7" }, /attributes\.board/],
    ["servo", "pinion:i2c:pca9685-servo", { i2c_bus: 1, channel: 16 }, /attributes\.channel: expected a channel.*got 16/],
    [
      "servo",
      "pinion:i2c:pca9685-servo",
      { i2c_bus: 1, channel: 1, starting_position_deg: 200 },
      /attributes\.starting_position_deg: expected 0 to 180, got 200/,
    ],
  ] as const;
  for (const [type, model, attributes, text] of cases) {
    await assert.rejects(
      module.validate({ api: { triplet: `rdk:component:${type}` }, model, name: "r", attributes }),
      text,
      JSON.stringify(attributes),
    );
  }
});

async function needsOf(model: string, attributes: object): Promise<HardwareNeeds> {
  const definition = models.find((candidate) => candidate.model === model) as ModelDefinition;
  const checked = await definition.attributes?.["~standard"].validate(attributes);
  assert.equal(checked?.issues, undefined);
  const config = { name: "r", api: "", model, attributes: {}, dependsOn: [], frame: undefined, associated: [] };
  return (await definition.validate(checked?.value, config)).hardware ?? {};
}

test("a chip belongs to one resource", async () => {
  assert.deepEqual(await needsOf("rdk:builtin:bme280", { i2c_bus: "1" }), { claims: [{ kind: "i2c", bus: 1, address: 0x77 }] });
  assert.deepEqual(
    await needsOf("rdk:builtin:ina219", { i2c_bus: 1, i2c_addr: 0 }),
    { claims: [{ kind: "i2c", bus: 1, address: 0x40 }] },
    "0 is the default, as in existing configs",
  );
  assert.deepEqual(await needsOf("rdk:builtin:accel-adxl345", { i2c_bus: 0, use_alternate_i2c_address: true }), {
    claims: [{ kind: "i2c", bus: 0, address: 0x1d }],
  });
  assert.deepEqual(await needsOf("rdk:builtin:ds18b20", { unique_id: "28-000005E2FDC3" }), {
    claims: [{ kind: "onewire", id: "28-000005e2fdc3" }],
  });
});

test("a PCA9685's channels go off without its module, and servos share it with the board", async () => {
  const { claims, pins, safe } = await needsOf("rdk:builtin:pca9685", { i2c_bus: 1 });
  const i2c = (...bytes: number[]): object => ({ kind: "i2c", bus: 1, address: 0x40, bytes });
  assert.deepEqual(claims, [{ kind: "i2c", bus: 1, address: 0x40, part: "board" }]);
  assert.deepEqual(safe, [i2c(0xfd, 0x10)]);
  assert.deepEqual(pins?.[3], { names: ["3"], key: "i2c-1/0x40/3", low: [i2c(0x15, 0x10)], high: [i2c(0x13, 0x10), i2c(0x15, 0)] });
  const servo = await needsOf("pinion:i2c:pca9685-servo", { i2c_bus: 1, channel: 3 });
  assert.deepEqual(servo.claims, [
    { kind: "i2c", bus: 1, address: 0x40, part: "channel 3" },
    { kind: "line", chip: "i2c-1/0x40", offset: 3 },
  ]);
  assert.deepEqual(servo.safe, [i2c(0x15, 0x10)]);
});

test("an MCP23017's pins go to their safe levels without its module", async () => {
  const attributes = { i2c_bus: 1, pins: [{ pin: "B1", name: "relay", safe_level: "high" }] };
  const { pins, safe } = await needsOf("pinion:i2c:mcp23017", attributes);
  const i2c = (...bytes: number[]): object => ({ kind: "i2c", bus: 1, address: 0x20, bytes });
  assert.deepEqual(safe, [i2c(0x14, 0), i2c(0x15, 2)]);
  const bit = (value: number, mask: number): object => ({ ...i2c(0x15, value), mask });
  assert.deepEqual(pins?.[9], { names: ["B1", "GPB1", "9", "relay"], key: "i2c-1/0x20/9", low: [bit(0, 2)], high: [bit(2, 2)] });
  assert.deepEqual(pins?.[11]?.high, [bit(8, 8)], "the others of its port stay as they are");
});

test("the board's pins that interrupts are wired to are claimed", async () => {
  const pin = (name: string): object => ({ kind: "pin", board: "local", pin: name });
  const expander = { i2c_bus: 1, board: "local", interrupt_pin: "mcp-int" };
  assert.deepEqual((await needsOf("pinion:i2c:mcp23017", expander)).claims, [{ kind: "i2c", bus: 1, address: 0x20 }, pin("mcp-int")]);
  const claimed = async (free_fall: string): Promise<unknown> => {
    const on = (interrupt_pin: string): object => ({ accelerometer_pin: 1, interrupt_pin });
    return (await needsOf("rdk:builtin:accel-adxl345", { i2c_bus: 0, board: "local", tap: on("11"), free_fall: on(free_fall) })).claims;
  };
  const chip = { kind: "i2c", bus: 0, address: 0x53 };
  assert.deepEqual(await claimed("13"), [chip, pin("11"), pin("13")]);
  assert.deepEqual(await claimed("11"), [chip, pin("11")]);
});
