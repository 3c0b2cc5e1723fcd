/** Machine configs as they were written for viam-server, unchanged: models that were built in, with the names and attributes they had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { startDaemon } from "../../test/support/start-daemon.js";
import { I2cStub } from "../board/i2c-stub.js";
import { fillBosch, fillIna219, fillIna226, fillMpu6050 } from "../vectors.js";

const ROVER: JsonObject = {
  components: [
    { name: "local", model: "pi", type: "board", namespace: "rdk", attributes: {}, depends_on: [] },
    {
      name: "left-enc",
      model: "incremental",
      type: "encoder",
      namespace: "rdk",
      attributes: { board: "local", pins: { a: "16", b: "18" } },
      depends_on: ["local"],
    },
    {
      name: "left",
      model: "gpio",
      type: "motor",
      namespace: "rdk",
      attributes: {
        board: "local",
        pins: { a: "11", b: "13", pwm: "15", dir: "" },
        encoder: "left-enc",
        ticks_per_rotation: 600,
        max_rpm: 200,
        max_power_pct: 0.8,
        dir_flip: false,
      },
      depends_on: ["local", "left-enc"],
    },
    {
      name: "right",
      model: "rdk:builtin:gpio",
      api: "rdk:component:motor",
      attributes: { board: "local", pins: { dir: "29", pwm: "31", en_low: "33" }, max_rpm: 200, pwm_freq: 200 },
    },
  ],
};

const WEATHER: JsonObject = {
  components: [
    {
      name: "brain",
      api: "rdk:component:board",
      model: "rdk:builtin:linux",
      attributes: { digital_interrupts: [{ name: "rain", pin: "32" }] },
    },
    { name: "air", type: "sensor", model: "bme280", attributes: { i2c_bus: "1", i2c_addr: 118 } },
    { name: "sun", type: "power_sensor", model: "ina219", attributes: { i2c_bus: 1, i2c_addr: 64 } },
    { name: "load", type: "power_sensor", model: "ina226", attributes: { i2c_bus: 1, i2c_addr: 65, shunt_resistance: 0.1 } },
    { name: "shake", type: "movement_sensor", model: "gyro-mpu6050", attributes: { i2c_bus: "1" } },
  ],
};

for (const [what, config, names] of [
  ["a rover: pi board, gpio motors, incremental encoder", ROVER, ["local", "left-enc", "left", "right"]],
  ["a weather station: linux board with an interrupt, I2C sensors", WEATHER, ["brain", "air", "sun", "load", "shake"]],
] as const) {
  test(what, async (t) => {
    const stub = I2cStub.find();
    fillBosch(stub, 0x76, "bme280");
    fillIna219(stub, 0x40);
    fillIna226(stub, 0x41);
    fillMpu6050(stub, 0x68);
    const daemon = await startDaemon(t, { config });
    await daemon.untilReady(names, 60_000);
    const { modules } = await daemon.report();
    assert.ok(
      modules.every(({ name }) => !/simulated/.test(name)),
      "no process for what the config does not use",
    );
    assert.equal(await daemon.stop(), 0);
  });
}
