/** Servos: the pulses of an angle, and pins that cannot give them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, servo } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const SERVO = "rdk:builtin:gpio";
const RPI = "viam:raspberry-pi:rpi-servo";
const CHANNEL = { device: "1f00098000.pwm", channel: 2 };

async function benchWithBoard(): Promise<Bench> {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  return bench;
}

function width(bench: Bench): number {
  const { frequency = 1, duty = 0 } = bench.fake.pwm.setting(CHANNEL) ?? {};
  return Math.round((duty / frequency) * 1e6);
}

test("angles are pulses of 500 to 2500 us, and the position is the angle of the pulse", async () => {
  const bench = await benchWithBoard();
  const arm = await bench.add(servo, SERVO, "s", { board: "pi", pin: "12", frequency_hz: 50 });
  await assert.rejects(arm.getPosition(), /not known before the first Move/);
  for (const [angle, expected, position] of [
    [0, 500, 0],
    [45, 1000, 45],
    [90, 1500, 90],
    [135, 2000, 135],
    [180, 2500, 180],
    [200, 2500, 180],
  ] as const) {
    await arm.move(angle);
    assert.equal(width(bench), expected);
    assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 50);
    assert.equal(await arm.getPosition(), position);
  }
  assert.equal(await arm.isMoving(), false);
  await arm.stop();
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.duty, 0);
  assert.equal(await arm.getPosition(), 180);
  await bench.close(arm);
  assert.equal(bench.fake.pwm.isOpen(CHANNEL), false);
});

test("limits of angle and width, a start, and a frequency that leaves room for the pulse", async () => {
  const bench = await benchWithBoard();
  const attributes = {
    board: "pi",
    pin: "12",
    min_angle_deg: 45,
    max_angle_deg: 135,
    starting_position_deg: 90,
    min_width_us: 1000,
    max_width_us: 2000,
  };
  const arm = await bench.add(servo, SERVO, "s", { ...attributes, pwm_resolution: 100 });
  assert.equal(width(bench), 1500, "at its start");
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 300);
  await arm.move(0);
  assert.equal(width(bench), 1000);
  assert.equal(await arm.getPosition(), 45);
  await bench.close(arm);
  const fast = await bench.add(servo, SERVO, "s", { board: "pi", pin: "12", frequency_hz: 450 });
  await fast.move(180);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 392);
  assert.ok(bench.logs.some(({ message }) => message.includes("the frequency is lowered")));
});

test("the pin's own frequency is kept", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:pi5", "pi");
  await pins.setPwmFrequency("12", 60);
  const arm = await bench.add(servo, SERVO, "s", { board: "pi", pin: "12" });
  await arm.move(90);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 60);
});

test("a pin that only software can pulse is refused, and one whose overlay is missing says so", async () => {
  const bench = await benchWithBoard();
  await assert.rejects(
    bench.add(servo, SERVO, "s", { board: "pi", pin: "11" }),
    /pin 11 has no PWM of the hardware's, and pulses by software are too uneven: .*PCA9685/,
  );
  bench.fake.pwm.removeChip("1f00098000.pwm");
  await assert.rejects(bench.add(servo, SERVO, "s", { board: "pi", pin: "12" }), /no PWM of device "1f00098000.pwm".*dtoverlay/);
  assert.equal(bench.fake.gpio.direction(io(18)), undefined);
});

test("a board of another module gives the pulses by its calls", async () => {
  const bench = new Bench();
  const calls: string[] = [];
  bench.addForeign("rdk:component:board/pca", {
    setPwm: async (pin: string, duty: number) => void calls.push(`${pin}~${duty}`),
    setPwmFrequency: async (pin: string, frequency: number) => void calls.push(`${pin}@${frequency}`),
    getPwmFrequency: async () => 50,
  });
  const arm = await bench.add(servo, SERVO, "s", { board: "pca", pin: "3" });
  await arm.move(90);
  await arm.move(0);
  assert.deepEqual(calls, ["3~0", "3~0.075", "3~0.025"]);
});

test("rpi-servo has its own attributes, and lets go when it should not hold", async () => {
  const bench = await benchWithBoard();
  const attributes = { board: "pi", pin: "12", min: 20, max: 250, max_rotation_deg: 270, starting_position_degs: 135 };
  const arm = await bench.add(servo, RPI, "s", attributes);
  assert.equal(width(bench), 1500);
  assert.equal(bench.fake.pwm.setting(CHANNEL)?.frequency, 50);
  await arm.move(270);
  assert.equal(await arm.getPosition(), 250);
  await bench.clock.advance(5000);
  assert.notEqual(bench.fake.pwm.setting(CHANNEL)?.duty, 0, "held");
  await bench.close(arm);
  const loose = await bench.add(servo, RPI, "s", { board: "pi", pin: "12", hold_position: false });
  await loose.move(90);
  assert.equal(width(bench), 1500);
  await bench.clock.advance(499);
  assert.equal(width(bench), 1500);
  await bench.clock.advance(1);
  assert.equal(width(bench), 0);
  assert.equal(await loose.getPosition(), 90);
});

test("of two moves at once the last one is held for its time", async () => {
  const bench = await benchWithBoard();
  const loose = await bench.add(servo, RPI, "s", { board: "pi", pin: "12", hold_position: false });
  await Promise.all([loose.move(10), loose.move(90)]);
  assert.equal(bench.clock.timers, 1);
  await bench.clock.advance(400);
  await Promise.all([loose.move(20), loose.move(80)]);
  await bench.clock.advance(400);
  assert.notEqual(width(bench), 0);
  const moved = loose.move(100);
  await bench.close(loose);
  await moved;
  assert.equal(bench.clock.timers, 0, "nothing is left of it");
});

test("a servo that cannot be let go says so in the log", async () => {
  const bench = await benchWithBoard();
  const loose = await bench.add(servo, RPI, "s", { board: "pi", pin: "12", hold_position: false });
  await loose.move(10);
  bench.fake.pwm.fail(1);
  await bench.clock.advance(500);
  assert.ok(bench.logs.some(({ level, message }) => level === "warn" && message.includes("could not be let go")));
  assert.equal((await loose.getStatus())["is_pulsed"], true);
});

test("a write that fails is told, and the next move works", async () => {
  const bench = await benchWithBoard();
  const arm = await bench.add(servo, SERVO, "s", { board: "pi", pin: "12" });
  await arm.move(10);
  bench.fake.pwm.fail(1);
  await assert.rejects(arm.move(90), /EIO/);
  assert.equal(await arm.getPosition(), 10, "no position that it did not get");
  await arm.move(90);
  assert.equal(await arm.getPosition(), 90);
});

test("what is wrong with the attributes is named, and what it needs is said", async () => {
  const bench = new Bench();
  const wrong = (rest: object, reason: RegExp, model = SERVO): Promise<void> =>
    assert.rejects(bench.validate(servo, model, { board: "pi", pin: "12", ...rest }), reason);
  await wrong({ pin: "" }, /attributes\.pin: expected a pin/);
  await wrong({ board: 3 }, /attributes\.board: expected the name of a board/);
  await wrong({ frequency_hz: 20 }, /attributes\.frequency_hz: expected 50 to 450 Hz/);
  await wrong({ min_width_us: 100 }, /attributes\.min_width_us/);
  await wrong({ max_width_us: 3000 }, /attributes\.max_width_us/);
  await wrong({ min_angle_deg: 180 }, /attributes\.min_angle_deg: expected less than max_angle_deg \(180\)/);
  await wrong({ starting_position_deg: 200 }, /attributes\.starting_position_deg: expected 0 to 180, got 200/);
  await wrong({ min: 90, max: 80 }, /attributes\.min: expected less than max/, RPI);
  await wrong({ max: 200 }, /attributes\.max: expected at most max_rotation_deg \(180\)/, RPI);
  const { hardware } = await bench.validate(servo, RPI, { board: "pi", pin: 12 });
  assert.deepEqual(hardware, {
    claims: [{ kind: "pin", board: "pi", pin: "12" }],
    safe: [{ kind: "pin", board: "pi", pin: "12", isHigh: false }],
  });
});
