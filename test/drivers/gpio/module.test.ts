/** The module as a whole: its list of models, and calls through its socket. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { createFakeHardware } from "pinion/hardware/testing";
import { board, encoder, isRpcError, motor, Status } from "pinion/sdk";
import { startTestModule } from "pinion/sdk/testing";
import { createModels } from "../../../drivers/gpio/models.js";
import { createRig } from "../../../drivers/gpio/rig.js";
import { packageRoot } from "../../../src/base/package-root.js";
import { Bench, io } from "./support/bench.js";

test("meta.json lists the models that the module serves", async () => {
  const meta = JSON.parse(await readFile(path.join(packageRoot(), "drivers/gpio/meta.json"), "utf8"));
  const listed = meta.models.map(({ api, model }: { api: string; model: string }) => `${api} ${model}`);
  const served = createModels(createRig(createFakeHardware().hardware)).map(({ api, model }) => `${api.triplet} ${model}`);
  assert.deepEqual(listed.toSorted(), served.toSorted());
});

test("board, encoder and motor work together through the module's socket", async (t) => {
  const fake = createFakeHardware();
  const module = await startTestModule({ models: createModels(createRig(fake.hardware)) }, t);
  const pins = await module.add({ api: board, model: "rdk:builtin:pi5", name: "pi", attributes: {} });
  const counter = await module.add({
    api: encoder,
    model: "rdk:builtin:incremental",
    name: "e",
    attributes: { board: "pi", pins: { a: "16", b: "18" } },
  });
  const turning = await module.add({
    api: motor,
    model: "rdk:builtin:gpio",
    name: "m",
    attributes: { board: "pi", pins: { a: "11", b: "13", pwm: "15" }, encoder: "e", ticks_per_rotation: 2 },
  });
  await turning.setPower(0.5);
  assert.equal(fake.gpio.level(io(17)), true);
  for (const [a, b] of [
    [false, true],
    [true, true],
    [true, false],
    [false, false],
  ] as const) {
    fake.gpio.drive(io(23), a);
    fake.gpio.drive(io(24), b);
  }
  assert.equal((await counter.getPosition()).value, 2);
  assert.equal(await turning.getPosition(), 1);
  await assert.rejects(
    pins.setGpio("11", false),
    (error) => isRpcError(error, Status.FAILED_PRECONDITION) && error.message.includes("is held by m"),
  );
  const ticks = (await pins.streamTicks(["16"], { timeout: 5000 }))[Symbol.asyncIterator]();
  fake.gpio.drive(io(23), true);
  assert.deepEqual((await ticks.next()).value?.isHigh, true);
  await ticks.return?.();
  await module.remove(motor, "m");
  assert.equal(fake.gpio.level(io(17)), false);
  await pins.setGpio("11", true);
  await module.close();
  assert.equal(fake.gpio.level(io(17)), false, "the end of the module drives outputs low");
  assert.equal(fake.gpio.openRequests.length, 0);
});

test("the example of README.md is a config that the models accept", async () => {
  const text = await readFile(path.join(packageRoot(), "drivers/gpio/README.md"), "utf8");
  const { components } = JSON.parse(/```json\n(.*?)\n```/s.exec(text)?.[1] ?? "");
  const bench = new Bench();
  for (const { api, model, name, attributes } of components) await bench.validate({ triplet: api }, model, attributes, name);
  assert.equal(components.length, 4);
});
