/** The smaller simulated parts as clients see them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  button,
  genericComponent,
  genericService,
  isRpcError,
  movementSensor,
  powerSensor,
  Status,
  sensor,
  servo,
  switchComponent,
} from "pinion/sdk";
import { createModels } from "../../../drivers/simulated/models.js";
import { startSimulated } from "./simulated-module.js";

test("two readings of the sensor differ", async (t) => {
  const { module } = await startSimulated(t);
  const air = await module.add({ api: sensor, model: "pinion:simulated:sensor", name: "s" });
  const before = await air.getReadings();
  const after = await air.getReadings();
  for (const key of ["temperature_celsius", "relative_humidity_pct", "pressure_hpa"]) {
    assert.equal(typeof before[key], "number");
    assert.notEqual(before[key], after[key]);
  }
});

test("a sensor has the readings its config names", async (t) => {
  const { module } = await startSimulated(t);
  const attributes = { readings: { level_pct: { mean: 50, amplitude: 10, resolution: 0.5 } } };
  const tank = await module.add({ api: sensor, model: "pinion:simulated:sensor", name: "s", attributes });
  const { level_pct: level, ...rest } = await tank.getReadings();
  assert.deepEqual(rest, {});
  assert.ok(typeof level === "number" && level % 0.5 === 0 && Math.abs(level - 50) <= 12);
  await assert.rejects(
    module.validate({ api: sensor, model: "pinion:simulated:sensor", name: "x", attributes: { readings: { a: { mean: "b" } } } }),
    /attributes\.readings\.a\.mean.*number.*"b"/,
  );
});

test("a servo takes its time, stays within its ends and holds when it is stopped", async (t) => {
  const { module, clock, untilBusy } = await startSimulated(t);
  const horn = await module.add({ api: servo, model: "pinion:simulated:servo", name: "s", attributes: { speed_degs_per_sec: 90 } });
  const moving = horn.move(90);
  await untilBusy();
  await clock.pass(0.5);
  assert.deepEqual([await horn.getPosition(), await horn.isMoving()], [45, true]);
  await clock.pass(0.5);
  await moving;
  assert.deepEqual([await horn.getPosition(), await horn.isMoving()], [90, false]);
  const beyond = horn.move(500);
  await untilBusy();
  await clock.pass(0.5);
  await horn.stop();
  await beyond;
  await clock.pass(5);
  assert.deepEqual([await horn.getPosition(), await horn.isMoving()], [135, false]);
  await assert.rejects(
    module.validate({ api: servo, model: "pinion:simulated:servo", name: "x", attributes: { min_angle_deg: 90, max_angle_deg: 20 } }),
    /max_angle_deg.*90.*20/,
  );
});

test("a battery's readings agree with each other", async (t) => {
  const { module, clock } = await startSimulated(t);
  const meter = await module.add({ api: powerSensor, model: "pinion:simulated:power_sensor", name: "p" });
  const { volts } = await meter.getVoltage();
  const { amperes, isAc } = await meter.getCurrent();
  assert.equal(isAc, false);
  assert.equal(await meter.getPower(), volts * amperes);
  assert.deepEqual(await meter.getReadings(), { volts, amps: amperes, is_ac: false, watts: volts * amperes });
  await clock.pass(3600);
  assert.ok((await meter.getVoltage()).volts < volts);
});

test("a movement sensor tells all it knows, and it moves", async (t) => {
  const { module, clock } = await startSimulated(t);
  const sensors = await module.add({ api: movementSensor, model: "pinion:simulated:movement_sensor", name: "m" });
  assert.ok(Object.values(await sensors.getProperties()).every((isSupported) => isSupported === true));
  const before = await sensors.getPosition();
  await clock.pass(5);
  const after = await sensors.getPosition();
  assert.notEqual(before.latitude, after.latitude);
  assert.ok(Math.abs(before.latitude - after.latitude) < 0.001);
  const readings = await sensors.getReadings();
  assert.equal(readings["compass"], await sensors.getCompassHeading());
});

test("a switch has its positions and no others", async (t) => {
  const { module } = await startSimulated(t);
  const knob = await module.add({
    api: switchComponent,
    model: "rdk:builtin:fake",
    name: "s",
    attributes: { position_count: 3, labels: ["off", "low", "high"] },
  });
  assert.deepEqual(await knob.getNumberOfPositions(), { count: 3, labels: ["off", "low", "high"] });
  await knob.setPosition(2);
  assert.equal(await knob.getPosition(), 2);
  await assert.rejects(knob.setPosition(3), (error) => isRpcError(error, Status.INVALID_ARGUMENT) && /0 to 2, got 3/.test(error.message));
  await assert.rejects(
    module.validate({ api: switchComponent, model: "rdk:builtin:fake", name: "x", attributes: { position_count: 2, labels: ["on"] } }),
    /labels.*2 positions, got 1/,
  );
});

test("a button counts, a generic resource answers with its command, a fake sensor is constant", async (t) => {
  const { module } = await startSimulated(t);
  const knob = await module.add({ api: button, model: "pinion:simulated:button", name: "b" });
  await knob.push();
  await knob.push();
  assert.deepEqual(await knob.getStatus(), { pushes: 2 });
  const component = await module.add({ api: genericComponent, model: "rdk:builtin:fake", name: "c" });
  assert.deepEqual(await component.doCommand({ a: [1, "x"] }), { a: [1, "x"] });
  const service = await module.add({ api: genericService, model: "rdk:builtin:fake", name: "s" });
  assert.deepEqual(await service.doCommand({ b: null }), { b: null });
  const still = await module.add({ api: sensor, model: "rdk:builtin:fake", name: "f" });
  assert.deepEqual(await still.getReadings(), { a: 1, b: 2, c: 3 });
});

test("every model is created from a config without attributes", async (t) => {
  const { module } = await startSimulated(t);
  for (const [index, { api, model }] of createModels().entries()) await module.add({ api, model, name: `r${index}` });
});
