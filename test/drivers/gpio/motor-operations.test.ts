/** Operations of a motor that take each other's place, and what fails meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, type CallOptions, type EncoderUnit, motor } from "pinion/sdk";
import { millis } from "../../../src/base/millis.js";
import { Bench, io } from "./support/bench.js";
import { GAINS, MOTOR, near, scene } from "./support/scene.js";

test("a new operation takes the place of the one that runs, whose caller hears that it has ended", async () => {
  const { plant, turning, until } = await scene();
  const first = turning.goFor(100, 100);
  await plant.run(500);
  const second = turning.goFor(-100, 1);
  await until(first, 50);
  await until(second);
  const third = turning.goFor(100, 100);
  await plant.run(500);
  await turning.setPower(0.3);
  await until(third, 50);
  await plant.run(500);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.3 }, "power is not taken away by what ended");
  const fourth = turning.goFor(100, 100);
  await plant.run(100);
  await turning.stop();
  await until(fourth, 50);
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
});

test("of many operations at once the last one counts", async () => {
  const { plant, turning, until } = await scene();
  const calls = [turning.goFor(100, 50), turning.setPower(1), turning.goFor(-100, 50), turning.setRpm(50), turning.setPower(-0.4)];
  await until(Promise.all(calls), 200);
  await plant.run(200);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: -0.4 });
});

test("a caller that gives up stops the motor", async () => {
  for (const attributes of [{}, { encoder: "", max_rpm: 300 }]) {
    const { plant, turning, until } = await scene(attributes);
    const caller = new AbortController();
    const going = turning.goFor(100, 100, { signal: caller.signal });
    await plant.run(300);
    assert.equal(await turning.isMoving(), true);
    caller.abort(new Error("gave up"));
    await assert.rejects(until(going, 50), /gave up/);
    assert.equal(await turning.isMoving(), false);
    await plant.run(1000);
    near(plant.speed, 0, 1);
  }
});

test("closing stops whatever runs and lets go of all pins", async () => {
  const { bench, plant, turning, until } = await scene();
  const going = turning.goFor(100, 100);
  await plant.run(300);
  await bench.close(turning);
  await until(going, 50);
  for (const offset of [17, 27, 22]) {
    assert.equal(bench.fake.gpio.level(io(offset)), false);
    assert.equal(bench.fake.gpio.direction(io(offset)), undefined);
  }
  assert.equal(bench.clock.timers, 0);
});

test("an encoder call that a new operation breaks off is no error of the motor's", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  bench.addForeign("rdk:component:encoder/e", {
    getProperties: async () => ({ ticksSupported: true, degreesSupported: false }),
    // As a client of another module does: the call ends when its signal is aborted.
    getPosition: async (_unit?: EncoderUnit, options?: CallOptions) => {
      await bench.clock.sleep(millis(5), options?.signal);
      return { value: bench.clock.now(), unit: "ticks" };
    },
  });
  const attributes = { board: "pi", pins: { dir: "11", pwm: "15" }, encoder: "e", ticks_per_rotation: 100 };
  const turning = await bench.add(motor, MOTOR, "m", attributes);
  const speed = turning.setRpm(100);
  await bench.clock.advance(213);
  await speed;
  const going = turning.goFor(100, 100);
  await bench.clock.advance(213);
  const last = turning.setPower(0.5);
  await Promise.all([going, last]);
  await turning.stop();
  assert.deepEqual(
    bench.logs.filter(({ level }) => level === "error"),
    [],
  );
  assert.equal((await turning.getStatus())["last_error"], undefined);
  assert.equal(bench.clock.timers, 0);
});

test("a movement that is asked for during a reset goes from the new zero", async () => {
  const { plant, turning, until } = await scene({ control_parameters: GAINS });
  await until(turning.goFor(120, 4));
  await plant.run(500);
  const before = plant.ticks;
  await until(Promise.all([turning.resetZeroPosition(0), turning.goFor(120, 1)]));
  await plant.run(500);
  near(plant.ticks - before, 200, 15);
  near(await turning.getPosition(), 1, 0.1);
  const going = turning.goFor(120, 10);
  await plant.run(200);
  const reset = turning.resetZeroPosition(0.5);
  await turning.setPower(0);
  await until(Promise.all([going, reset]), 100);
  near(await turning.getPosition(), -0.5, 0.02);
});

test("tuning that another operation ends gives no gains", async () => {
  const { plant, turning } = await scene();
  const tuning = assert.rejects(turning.doCommand({ tune_pid: true }), /tuning was ended by another operation/);
  await plant.run(500);
  assert.equal(await turning.isMoving(), true);
  await turning.stop();
  await tuning;
  assert.equal(await turning.isMoving(), false);
});

test("a motor whose pins cannot be put low is not called off", async () => {
  const { bench, turning } = await scene();
  await turning.setPower(0.5);
  bench.fake.gpio.fail("set", 2);
  await assert.rejects(turning.stop(), /EIO/);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.5 });
  bench.fake.gpio.heal();
  await turning.stop();
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
});
