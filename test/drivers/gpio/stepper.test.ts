/** Stepper motors, by PWM of the hardware's and step by step. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, motor } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const STEPPER = "rdk:builtin:gpiostepper";
const [STEP, DIR, EN] = [io(17), io(27), io(22)];
const BY_SOFTWARE = { board: "pi", pins: { step: "11", dir: "13", en_low: "15" }, ticks_per_rotation: 200, max_rpm: 120 };
const BY_HARDWARE = { ...BY_SOFTWARE, pins: { step: "12", dir: "13", en_low: "15" }, microsteps: 16 };
const CHANNEL = { device: "1f00098000.pwm", channel: 2 };

function pulses(bench: Bench): number {
  return bench.fake.gpio.history(STEP).filter(({ isHigh }) => isHigh).length;
}

test("without PWM on its pin every step is made and counted", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", BY_SOFTWARE);
  assert.equal(bench.fake.gpio.level(EN), true, "off");
  const going = turning.goFor(60, 1.5);
  await bench.clock.advance(100);
  assert.equal(bench.fake.gpio.level(EN), false);
  assert.equal(bench.fake.gpio.level(DIR), true);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 1 });
  await bench.clock.advance(1400);
  await going;
  assert.equal(pulses(bench), 300);
  assert.equal(await turning.getPosition(), 1.5);
  assert.equal(bench.fake.gpio.level(EN), true);
  assert.equal(await turning.isMoving(), false);
  const back = turning.goTo(100, 0.25);
  await bench.clock.advance(1000);
  await back;
  assert.equal(pulses(bench), 300 + 250);
  assert.equal(bench.fake.gpio.level(DIR), false);
  assert.equal(await turning.getPosition(), 0.25);
  await turning.resetZeroPosition(1);
  assert.equal(await turning.getPosition(), -1);
  assert.deepEqual(await turning.getProperties(), { positionReporting: true });
});

test("steps are not nearer than the speed says, even when timers were late", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", BY_SOFTWARE);
  await turning.setRpm(30);
  await bench.clock.advance(1000);
  const times = bench.fake.gpio
    .history(STEP)
    .filter(({ isHigh }) => isHigh)
    .map(({ time }) => Number(time) / 1e6);
  assert.equal(times.length, 101);
  for (const [index, time] of times.entries()) assert.ok(index === 0 || time - (times[index - 1] ?? 0) >= 9.999);
  await turning.stop();
  assert.equal(await turning.getPosition(), 101 / 200);
  await bench.clock.advance(100);
  assert.equal(pulses(bench), 101, "no step after the stop");
  assert.equal(bench.fake.gpio.level(EN), true);
});

test("a speed that software cannot step evenly is refused before anything moves", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", { ...BY_SOFTWARE, microsteps: 16 });
  const reason = /at most 1000 steps a second on pin 11, which software pulses, got 3200: .* PWM of the hardware's/;
  await assert.rejects(turning.goFor(60, 1), reason);
  await assert.rejects(turning.setRpm(-60), reason);
  await assert.rejects(turning.setPower(0.5), reason);
  assert.equal(pulses(bench), 0);
  assert.equal(bench.fake.gpio.level(EN), true);
  const going = turning.goFor(15, 0.1);
  await bench.clock.advance(1000);
  await going;
  assert.equal(pulses(bench), 320);
});

test("with PWM of the hardware's steps are a train of pulses, reckoned by its time", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", BY_HARDWARE);
  const going = turning.goFor(120, -2);
  await bench.clock.advance(1);
  assert.deepEqual(bench.fake.pwm.setting(CHANNEL), { frequency: 6400, duty: 0.5 });
  assert.equal(bench.fake.gpio.level(DIR), false);
  await bench.clock.advance(499);
  assert.ok(Math.abs((await turning.getPosition()) + 1) < 0.01);
  await bench.clock.advance(600);
  await going;
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.duty, 0);
  assert.equal(await turning.getPosition(), -2);
  assert.equal(bench.fake.gpio.level(EN), true);
  const status = await turning.getStatus();
  assert.deepEqual([status["steps_by"], status["is_position_counted"]], ["hardware", false]);
});

test("power is a share of the highest speed, in either direction", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", BY_HARDWARE);
  await turning.setPower(-0.5);
  await bench.clock.advance(1);
  assert.deepEqual(bench.fake.pwm.setting(CHANNEL), { frequency: 3200, duty: 0.5 });
  await turning.setRpm(1000);
  await bench.clock.advance(1);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 6400, "lowered to max_rpm");
  assert.equal(bench.fake.gpio.level(DIR), true);
  await turning.setPower(0.0001);
  assert.equal(await turning.isMoving(), false);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.duty, 0);
  await bench.close(turning);
  const { max_rpm: _, ...unlimited } = BY_HARDWARE;
  const other = await bench.add(motor, STEPPER, "m", unlimited);
  await assert.rejects(other.setPower(0.5), /SetPower needs to know the speed at full power: set max_rpm/);
  await bench.close(other);
  const old = await bench.add(motor, STEPPER, "m", { ...unlimited, stepper_delay_usec: 500 });
  await old.setPower(1);
  await bench.clock.advance(1);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 2000);
});

test("a new operation, a stop and a caller that gives up end the one that runs", async () => {
  for (const attributes of [BY_SOFTWARE, BY_HARDWARE]) {
    const bench = new Bench();
    await bench.add(board, "rdk:builtin:pi5", "pi");
    const turning = await bench.add(motor, STEPPER, "m", attributes);
    const first = turning.goFor(60, 100);
    await bench.clock.advance(500);
    const caller = new AbortController();
    const second = turning.goFor(-60, 100, { signal: caller.signal });
    await first;
    await bench.clock.advance(250);
    assert.ok(Math.abs((await turning.getPosition()) - 0.25) < 0.02, `${await turning.getPosition()}`);
    caller.abort(new Error("gave up"));
    await assert.rejects(second, /gave up/);
    assert.equal(await turning.isMoving(), false);
    const third = turning.goFor(60, 100);
    await bench.clock.advance(10);
    await bench.close(turning);
    await third;
    assert.equal(bench.fake.gpio.openRequests.length, 0);
    assert.equal(bench.fake.gpio.level(EN), true);
    assert.equal(bench.clock.timers, 0);
  }
});

test("a step that fails is told, and the motor is off", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, STEPPER, "m", BY_SOFTWARE);
  const going = assert.rejects(turning.goFor(60, 1), /EIO/);
  await bench.clock.advance(100);
  bench.fake.gpio.fail("set", 1);
  await bench.clock.advance(100);
  await going;
  assert.equal(bench.fake.gpio.level(EN), true);
  await turning.setRpm(60);
  await bench.clock.advance(100);
  bench.fake.gpio.fail("set", 1);
  await bench.clock.advance(100);
  assert.equal(await turning.isMoving(), false);
  assert.match(String((await turning.getStatus())["last_error"]), /EIO/);
});

test("a motor that cannot begin to turn says so to its caller", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  for (const attributes of [BY_SOFTWARE, BY_HARDWARE]) {
    const turning = await bench.add(motor, STEPPER, "m", attributes);
    bench.fake.gpio.fail("set", 1);
    await assert.rejects(turning.setPower(0.5), /EIO/);
    assert.equal(await turning.isMoving(), false);
    await turning.setPower(0.5);
    assert.equal(await turning.isMoving(), true);
    await bench.close(turning);
  }
});

test("a board of another module pulses at whole hertz, which the position is reckoned by", async () => {
  const bench = new Bench();
  const frequencies: number[] = [];
  bench.addForeign("rdk:component:board/pca", {
    setGpio: async () => undefined,
    setPwm: async () => undefined,
    setPwmFrequency: async (_pin: string, frequency: number) => void frequencies.push(frequency),
    getPwmFrequency: async () => 0,
  });
  const turning = await bench.add(motor, STEPPER, "m", { board: "pca", pins: { step: "0", dir: "1" }, ticks_per_rotation: 200 });
  const going = turning.goFor(10.1, 1);
  await bench.clock.advance(5880);
  assert.equal(await turning.isMoving(), false, "200 steps at 34 Hz are 5.88 s");
  assert.equal(await turning.getPosition(), 1);
  await going;
  assert.equal(frequencies[0], 34);
});

test("what is wrong with the attributes is named, and what it needs is said", async () => {
  const bench = new Bench();
  const { ticks_per_rotation: _, ...without } = BY_SOFTWARE;
  await assert.rejects(bench.validate(motor, STEPPER, without), /attributes\.ticks_per_rotation: expected the full steps of a turn/);
  await assert.rejects(bench.validate(motor, STEPPER, { ...BY_SOFTWARE, pins: { dir: "1" } }), /attributes\.pins\.step: expected a pin/);
  await assert.rejects(bench.validate(motor, STEPPER, { ...BY_SOFTWARE, pins: { dir: "1", step: "1" } }), /different pins, got 1 for both/);
  await assert.rejects(bench.validate(motor, STEPPER, { ...BY_SOFTWARE, microsteps: -1 }), /attributes\.microsteps/);
  const { required, hardware } = await bench.validate(motor, STEPPER, BY_SOFTWARE);
  assert.deepEqual(required, ["pi"]);
  assert.deepEqual(
    hardware?.safe?.map((action) => (action.kind === "pin" ? `${action.pin}=${action.isHigh}` : action.kind)),
    ["11=false", "15=true"],
  );
  assert.deepEqual(
    hardware?.claims?.map((claim) => (claim.kind === "pin" ? `${claim.pin} ${claim.isShared ?? false}` : claim.kind)),
    ["11 false", "13 false", "15 true"],
  );
});
