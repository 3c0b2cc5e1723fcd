/** The simulated board as clients see it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, isRpcError, Status, type Tick } from "pinion/sdk";
import { eventually } from "../../support/eventually.js";
import { startSimulated } from "./simulated-module.js";

const BOARD = "pinion:simulated:board";

test("pins keep level, duty and frequency, and a level ends the PWM", async (t) => {
  const { module, clock } = await startSimulated(t);
  const pins = await module.add({ api: board, model: BOARD, name: "b" });
  assert.equal(await pins.getGpio("11"), false);
  await pins.setGpio("11", true);
  assert.equal(await pins.getGpio("11"), true);
  await pins.setPwmFrequency("11", 10);
  await pins.setPwm("11", 0.25);
  assert.deepEqual([await pins.getPwm("11"), await pins.getPwmFrequency("11")], [0.25, 10]);
  const levels: boolean[] = [];
  for (let step = 0; step < 8; step++) {
    await clock.pass(0.0125);
    levels.push(await pins.getGpio("11"));
    await clock.pass(0.0125);
  }
  assert.deepEqual(levels, [true, false, false, false, true, false, false, false]);
  await pins.setGpio("11", false);
  assert.equal(await pins.getPwm("11"), 0);
});

test("a board with a list of pins knows no others", async (t) => {
  const { module } = await startSimulated(t);
  const attributes = { pins: [{ name: "led", pin: "11" }, "13"], digital_interrupts: [{ name: "hit", pin: "15" }] };
  const pins = await module.add({ api: board, model: BOARD, name: "b", attributes });
  for (const pin of ["led", "13", "15", "hit"]) await pins.getGpio(pin);
  await assert.rejects(
    pins.setGpio("12", true),
    (error) => isRpcError(error, Status.INVALID_ARGUMENT) && /unknown pin: 12.*led, 13/.test(error.message),
  );
});

test("an output that is wired to an interrupt ticks it, each edge once and in order", async (t) => {
  const { module, clock } = await startSimulated(t);
  const attributes = { wires: [{ from: "11", to: "13" }], digital_interrupts: [{ name: "hit", pin: "13" }] };
  const pins = await module.add({ api: board, model: BOARD, name: "b", attributes });
  const stop = new AbortController();
  const ticks = await pins.streamTicks(["hit"], { signal: stop.signal });
  const heard: Tick[] = [];
  const listening = (async (): Promise<void> => {
    for await (const tick of ticks) heard.push(tick);
  })();
  await pins.setGpio("11", true);
  await clock.pass(0.5);
  await pins.setGpio("11", false);
  await pins.setPwmFrequency("11", 4);
  await pins.setPwm("11", 0.5);
  await clock.pass(1);
  await eventually("all edges are told", () => heard.length >= 10);
  assert.deepEqual(
    heard.map(({ isHigh }) => isHigh),
    [true, false, true, false, true, false, true, false, true, false, true].slice(0, heard.length),
  );
  assert.ok(heard.every(({ pin }) => pin === "hit"));
  const [first, second, third, fourth] = heard;
  assert.equal((second?.time ?? 0n) - (first?.time ?? 0n), 500_000_000n);
  assert.equal((fourth?.time ?? 0n) - (third?.time ?? 0n), 125_000_000n);
  assert.equal(await pins.getDigitalInterruptValue("hit"), 6);
  stop.abort();
  await assert.rejects(listening, (error) => isRpcError(error, Status.CANCELLED));
  await eventually("the feed ends", () => clock.pending === 0);
});

test("an interrupt with nothing wired to it ticks by itself, and costs nothing while nobody listens", async (t) => {
  const { module, clock } = await startSimulated(t);
  const attributes = {
    digital_interrupts: [
      { name: "slow", pin: "15" },
      { name: "fast", pin: "16", ticks_per_sec: 100 },
    ],
  };
  const pins = await module.add({ api: board, model: BOARD, name: "b", attributes });
  const slow = await pins.getDigitalInterruptValue("slow");
  const fast = await pins.getDigitalInterruptValue("fast");
  await clock.pass(10);
  assert.equal((await pins.getDigitalInterruptValue("slow")) - slow, 10);
  assert.equal((await pins.getDigitalInterruptValue("fast")) - fast, 1000);
  assert.equal(clock.pending, 0);
});

test("analog inputs wander, a fake one reads what was written", async (t) => {
  const { module, clock } = await startSimulated(t);
  const attributes = { analogs: [{ name: "light", pin: "0" }] };
  const simulated = await module.add({ api: board, model: BOARD, name: "b", attributes });
  const values = new Set<number>();
  for (let count = 0; count < 20; count++) {
    await clock.pass(1);
    const { value, maxRange } = await simulated.readAnalog("light");
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 1023);
    assert.ok(maxRange > 3);
    values.add(value);
  }
  assert.ok(values.size > 10);
  await assert.rejects(simulated.readAnalog("dark"), /dark.*light/);
  const fake = await module.add({
    api: board,
    model: "rdk:builtin:fake",
    name: "f",
    attributes: { analogs: [{ name: "light", channel: "3" }] },
  });
  assert.equal((await fake.readAnalog("light")).value, 0);
  await fake.writeAnalog("3", 77);
  assert.equal((await fake.readAnalog("light")).value, 77);
});

test("a power mode lasts as long as asked", async (t) => {
  const { module, clock } = await startSimulated(t);
  const pins = await module.add({ api: board, model: BOARD, name: "b" });
  await pins.setPowerMode("offline-deep", 5000);
  assert.equal((await pins.getStatus())["power_mode"], "offline-deep");
  await clock.pass(6);
  assert.equal((await pins.getStatus())["power_mode"], "normal");
});
