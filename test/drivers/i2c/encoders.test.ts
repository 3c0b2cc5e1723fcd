/** The magnetic encoders as clients see them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoder } from "pinion/sdk";
import { eventually } from "../../support/eventually.js";
import { as5048Chip, as5600Chip } from "./chips.js";
import { startI2c } from "./i2c-module.js";

test("an AS5600 counts turns while nobody asks", async (t) => {
  const { module, i2c, clock } = await startI2c(t);
  const { chip } = as5600Chip(0);
  i2c.add(1, 0x36, chip);
  const shaft = await module.add({ api: encoder, model: "pinion:i2c:as5600", name: "e", attributes: { i2c_bus: 1 } });
  for (const raw of [1500, 3000, 400, 1900, 3400, 800]) {
    chip.set(0x0c, raw >> 8, raw & 0xff);
    await eventually("it is looked at", () => clock.pending === 1);
    clock.pass(20);
    await eventually("it was looked at", () => clock.pending === 1);
  }
  assert.deepEqual(await shaft.getPosition(), { value: 2 + 800 / 4096, unit: "ticks" });
  assert.deepEqual(await shaft.getPosition("degrees"), { value: (800 / 4096) * 360, unit: "degrees" });
  assert.deepEqual(await shaft.getProperties(), { ticksSupported: true, degreesSupported: true });
  await shaft.resetPosition();
  assert.equal((await shaft.getPosition()).value, 0);
  chip.set(0x0c, 0, 0);
  assert.equal((await shaft.getPosition()).value, -800 / 4096);
  await module.remove(encoder, "e");
  assert.equal(clock.pending, 0);
});

test("without a good magnet there is no position", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = as5600Chip();
  i2c.add(1, 0x36, chip);
  const shaft = await module.add({ api: encoder, model: "pinion:i2c:as5600", name: "e", attributes: { i2c_bus: 1 } });
  chip.set(0x0b, 0x00);
  await assert.rejects(shaft.getPosition(), /AS5600 on i2c-1 address 0x36: no magnet is seen/);
  chip.set(0x0b, 0x30);
  await assert.rejects(shaft.getPosition(), /too weak/);
  chip.set(0x0b, 0x28);
  assert.equal((await shaft.getPosition()).value, 0.25);
  await eventually("it is logged", () => module.logs.some(({ message }) => /too strong/.test(message)));
});

test("a shaft that was out of sight may have turned, which is logged", async (t) => {
  const { module, i2c, clock } = await startI2c(t);
  const { chip } = as5048Chip();
  i2c.add(1, 0x41, chip);
  const attributes = { connection_type: "i2c", i2c_attributes: { i2c_bus: "1", i2c_addr: 0x41 } };
  const shaft = await module.add({ api: encoder, model: "rdk:builtin:AMS-AS5048", name: "e", attributes });
  assert.equal((await shaft.getPosition()).value, 0.25);
  i2c.setAbsent(1, 0x41);
  await assert.rejects(shaft.getPosition(), /AS5048B on i2c-1 address 0x41/);
  clock.pass(5000);
  i2c.setAbsent(1, 0x41, false);
  chip.set(0xfe, 0x80, 0);
  assert.equal((await shaft.getPosition()).value, 0.5);
  await eventually("it is logged", () => module.logs.some(({ message }) => /whole turns may be missing/.test(message)));
});
