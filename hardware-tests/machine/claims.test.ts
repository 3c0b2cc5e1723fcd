/** A pin, an address, a port belongs to one resource; the second gets an error with the first one's name, and the machine runs on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import { eventually } from "../../test/support/eventually.js";
import { startDaemon } from "../../test/support/start-daemon.js";
import { HEADER_CHIP } from "../board/board-rig.js";
import { SimChip } from "../board/gpio-sim.js";
import { I2cStub } from "../board/i2c-stub.js";
import { fillBosch, fillIna219 } from "../vectors.js";
import { setPower } from "./support/motor-calls.js";

const BOARD = { name: "pi", api: "rdk:component:board", model: "rdk:builtin:pi" };

function motor(name: string, a: string, b: string, pwm: string): JsonObject {
  const pins = { a, b, pwm };
  return { name, api: "rdk:component:motor", model: "rdk:builtin:gpio", attributes: { board: "pi", pins, max_rpm: 100 } };
}

test("a pin that two motors want goes to the first, and to the second when the first is gone from the config", async (t) => {
  // The same line by its physical number and by its name.
  const left = motor("left", "11", "13", "15");
  const right = motor("right", "io17", "16", "18");
  const daemon = await startDaemon(t, { config: { components: [BOARD, left, right] } });
  const refused = await eventually("a refused motor", async () => {
    const { resources } = await daemon.status();
    return resources.find(({ error }) => error !== "" && /pin|line/i.test(error));
  });
  const owner = refused.name?.name === "left" ? "right" : "left";
  assert.ok(refused.error.includes(owner), `${refused.name?.name}: ${refused.error}`);
  await daemon.untilReady(["pi", owner]);
  await setPower(daemon, owner, 1);
  assert.equal(SimChip.find(HEADER_CHIP).level(17), true);
  daemon.writeConfig({ components: [BOARD, owner === "left" ? right : left] });
  await daemon.untilReady([refused.name?.name ?? ""]);
  await setPower(daemon, refused.name?.name ?? "", 1);
  await daemon.stop();
});

test("an address that two sensors want goes to one of them", async (t) => {
  const stub = I2cStub.find();
  fillIna219(stub, 0x40);
  fillBosch(stub, 0x76, "bme280");
  const sensor = (name: string, address: number): JsonObject => ({
    name,
    api: "rdk:component:power_sensor",
    model: "rdk:builtin:ina219",
    attributes: { i2c_bus: 1, i2c_addr: address },
  });
  const daemon = await startDaemon(t, { config: { components: [sensor("one", 0x40), sensor("two", 64)] } });
  const refused = await eventually("a refused sensor", async () => {
    const { resources } = await daemon.status();
    return resources.find(({ error }) => /0x40/.test(error));
  });
  const owner = refused.name?.name === "one" ? "two" : "one";
  assert.ok(refused.error.includes(owner), refused.error);
  await daemon.untilReady([owner]);
  await daemon.stop();
});
