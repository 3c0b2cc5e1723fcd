/** Motor and encoder as clients see them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoder, isRpcError, motor, Status } from "pinion/sdk";
import { startSimulated } from "./simulated-module.js";

const MOTOR = "pinion:simulated:motor";
const attributes = { encoder: "e", ticks_per_rotation: 360, max_rpm: 120 };
const e = { api: encoder, model: "pinion:simulated:encoder", name: "e" };

test("the motor's speed shows on the encoder", async (t) => {
  const { module, clock } = await startSimulated(t);
  const ticks = await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  await turning.setPower(0.5);
  await clock.pass(10);
  const { value: before } = await ticks.getPosition("ticks");
  await clock.pass(1);
  assert.equal((await ticks.getPosition("ticks")).value - before, 360, "60 rpm are 360 ticks in a second");
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.5 });
  assert.equal(clock.pending, 0, "nothing runs while nobody asks");
  await turning.setPower(-1);
  await clock.pass(10);
  assert.ok((await ticks.getPosition("ticks")).value < before);
  await turning.stop();
  await clock.pass(10);
  const { value: rest } = await ticks.getPosition("ticks");
  await clock.pass(10);
  assert.equal((await ticks.getPosition("ticks")).value, rest);
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
});

test("goFor turns as far as asked in the direction of the signs' product and resolves when there", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const ticks = await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  for (const [rpm, revolutions, expected] of [
    [60, 2, 2],
    [-60, 2, 0],
    [60, -3, -3],
    [-60, -3.5, 0.5],
  ] as const) {
    const going = turning.goFor(rpm, revolutions);
    await untilBusy();
    assert.equal(await turning.isMoving(), true);
    await clock.pass(60);
    await going;
    assert.equal(await turning.isMoving(), false);
    assert.equal(await turning.getPosition(), expected);
    assert.equal((await ticks.getPosition("ticks")).value, expected * 360);
  }
});

test("goTo goes there whatever the sign of the speed, and a reset makes another place zero", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const ticks = await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  const goTo = async (position: number): Promise<void> => {
    const going = turning.goTo(-100, position);
    await untilBusy();
    await clock.pass(60);
    await going;
  };
  await goTo(5);
  assert.equal(await turning.getPosition(), 5);
  await turning.resetZeroPosition(2);
  assert.equal(await turning.getPosition(), -2);
  assert.equal((await ticks.getPosition("ticks")).value, 0);
  await goTo(0);
  assert.equal((await ticks.getPosition("ticks")).value, 720);
  await ticks.resetPosition();
  assert.equal((await ticks.getPosition("degrees")).value, 0);
});

test("stop ends a movement that runs: its call returns", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  const going = turning.goFor(60, 1000);
  await untilBusy();
  await clock.pass(5);
  await turning.stop();
  await going;
  assert.equal(await turning.isMoving(), false);
  await clock.pass(5);
  const rest = await turning.getPosition();
  assert.ok(rest > 4 && rest < 6);
});

test("a new movement takes the place of the one that runs", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  const first = turning.goTo(60, 100);
  await untilBusy();
  await clock.pass(3);
  const second = turning.goTo(60, -1);
  await first;
  await untilBusy();
  assert.ok((await turning.isPowered()).power < 0);
  await clock.pass(60);
  await second;
  assert.equal(await turning.getPosition(), -1);
});

test("a caller that gives up stops the motor", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes });
  const giveUp = new AbortController();
  const going = turning.goFor(60, 1000, { signal: giveUp.signal });
  await untilBusy();
  giveUp.abort();
  await assert.rejects(going, (error) => isRpcError(error, Status.CANCELLED));
  await untilBusy(0);
  assert.equal(await turning.isMoving(), false);
  assert.equal(clock.pending, 0);
});

test("speeds are limited to the motor's own and refused near zero", async (t) => {
  const { module, clock } = await startSimulated(t);
  await module.add(e);
  const turning = await module.add({ api: motor, model: MOTOR, name: "m", attributes: { ...attributes, max_power_pct: 0.8 } });
  await turning.setRpm(-1000);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: -1 });
  await turning.setPower(0.9);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.8 });
  await turning.setPower(0.005);
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
  await clock.pass(1);
  const refused = (what: Promise<void>, text: RegExp): Promise<void> =>
    assert.rejects(what, (error) => isRpcError(error, Status.INVALID_ARGUMENT) && text.test(error.message));
  await refused(turning.setRpm(0.05), /nearly 0/);
  await refused(turning.goFor(0, 1), /nearly 0/);
  await refused(turning.goFor(10, 0), /0 revolutions/);
});

test("a motor without an encoder turns but does not know where it is", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const turning = await module.add({
    api: motor,
    model: "rdk:builtin:fake",
    name: "m",
    attributes: { pins: { pwm: "1", dir: "2" }, unknown: [1] },
  });
  assert.deepEqual(await turning.getProperties(), { positionReporting: false });
  await assert.rejects(turning.getPosition(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  const going = turning.goFor(100, 10);
  await untilBusy();
  await clock.pass(60);
  await going;
});

test("validation names dependencies, and what is wrong with an attribute", async (t) => {
  const { module } = await startSimulated(t);
  const m = { api: motor, model: MOTOR, name: "m" };
  assert.deepEqual((await module.validate({ ...m, attributes })).required, ["e"]);
  assert.deepEqual((await module.validate(m)).required, []);
  await assert.rejects(module.validate({ ...m, attributes: { max_rpm: "fast" } }), /max_rpm.*number.*"fast"/);
  await assert.rejects(module.validate({ ...m, attributes: { max_rpm: -3 } }), /max_rpm.*-3/);
  await assert.rejects(module.validate({ ...m, attributes: { encoder: "e" } }), /ticks_per_rotation.*above 0/);
});

test("a motor cannot turn an encoder of another module, and says so", async (t) => {
  const { startTestModule } = await import("pinion/sdk/testing");
  const { createModels } = await import("../../../drivers/simulated/models.js");
  const foreign = {
    getPosition: async () => ({ value: 0, unit: "ticks" }),
    resetPosition: async () => undefined,
    getProperties: async () => ({}),
  };
  const module = await startTestModule({ models: createModels(), dependencies: { "rdk:component:encoder/real": foreign } }, t);
  await assert.rejects(
    module.add({ api: motor, model: MOTOR, name: "m", attributes: { ...attributes, encoder: "real" } }),
    /cannot turn "real".*simulated or fake/,
  );
});
