/** Which levels a motor's pins have for a power, and in which order they get them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, motor } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const MOTOR = "rdk:builtin:gpio";
const [A, B, PWM, EN] = [io(17), io(27), io(22), io(23)];

async function levelsAfter(bench: Bench, pins: readonly { chip: string; offset: number }[]): Promise<string> {
  return pins.map((pin) => (bench.fake.gpio.level(pin) ? "1" : "0")).join("");
}

test("a, b and pwm: levels for the direction, PWM for the power", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const pins = { a: "11", b: "13", pwm: "15", en_high: "16", dir: "" };
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins, max_rpm: 100, pwm_freq: 80 });
  assert.equal(await levelsAfter(bench, [A, B, EN]), "000");
  await turning.setPower(0.5);
  assert.equal(await levelsAfter(bench, [A, B, EN]), "101");
  assert.deepEqual(bench.fake.pwm.setting(PWM), { frequency: 80, duty: 0.5 });
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.5 });
  assert.equal(await turning.isMoving(), true);
  await turning.setPower(-1);
  assert.equal(await levelsAfter(bench, [A, B, EN]), "011");
  const duties = bench.fake.pwm.changes(PWM).flatMap((change) => (change.kind === "set" ? [change.duty] : []));
  assert.deepEqual(duties.slice(-3), [0.5, 0, 1], "turned round without power");
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: -1 });
  await turning.setPower(0.01);
  assert.equal(await levelsAfter(bench, [A, B, EN]), "000");
  assert.equal(bench.fake.pwm.setting(PWM)?.duty, 0);
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
  const together = bench.fake.gpio.openRequests.find(({ addresses }) => addresses.length === 2);
  assert.deepEqual(together, { consumer: "m", addresses: [A, B] }, "a and b change together");
});

test("dir and pwm", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { dir: "11", pwm: "15", en_low: "16" }, max_rpm: 100 });
  assert.equal(await levelsAfter(bench, [A, EN]), "01", "off: en_low high");
  await turning.setPower(0.25);
  assert.equal(await levelsAfter(bench, [A, EN]), "10");
  assert.deepEqual(bench.fake.pwm.setting(PWM), { frequency: 100, duty: 0.25 }, "as fast as software can");
  await turning.setPower(-0.25);
  assert.equal(await levelsAfter(bench, [A, EN]), "00");
  await bench.close(turning);
  assert.equal(await levelsAfter(bench, [A, EN, PWM]), "010");
  assert.equal(bench.fake.gpio.openRequests.length, 0);
});

test("a and b alone: one is held high, the other pulsed with the rest of the power", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { a: "11", b: "13" }, max_rpm: 100 });
  await turning.setPower(0.75);
  assert.equal(bench.fake.pwm.setting(A)?.duty, 1);
  assert.equal(bench.fake.pwm.setting(B)?.duty, 0.25);
  await turning.setPower(-0.5);
  assert.equal(bench.fake.pwm.setting(A)?.duty, 0.5);
  assert.equal(bench.fake.pwm.setting(B)?.duty, 1);
  await turning.stop();
  assert.equal(bench.fake.pwm.setting(A)?.duty, 0);
  assert.equal(bench.fake.pwm.setting(B)?.duty, 0);
});

test("min_power_pct, max_power_pct and dir_flip", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const attributes = {
    board: "pi",
    pins: { a: "11", b: "13", pwm: "15" },
    max_rpm: 100,
    min_power_pct: 0.3,
    max_power_pct: 0.6,
    dir_flip: true,
  };
  const turning = await bench.add(motor, MOTOR, "m", attributes);
  await turning.setPower(0.1);
  assert.equal(bench.fake.pwm.setting(PWM)?.duty, 0.3);
  assert.equal(await levelsAfter(bench, [A, B]), "01", "forward is backward");
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.3 });
  await turning.setPower(-1);
  assert.equal(bench.fake.pwm.setting(PWM)?.duty, 0.6);
  assert.equal(await levelsAfter(bench, [A, B]), "10");
});

test("PWM of the hardware's where the pin has it, and software with a warning where the overlay is missing", async () => {
  const bench = new Bench();
  const channel = { device: "1f00098000.pwm", channel: 2 };
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const attributes = { board: "pi", pins: { dir: "11", pwm: "12" }, max_rpm: 100 };
  const turning = await bench.add(motor, MOTOR, "m", attributes);
  await turning.setPower(0.5);
  assert.deepEqual(bench.fake.pwm.setting(channel), { frequency: 800, duty: 0.5 });
  assert.equal(bench.fake.gpio.direction(io(18)), undefined, "the line is left to the PWM");
  await bench.close(turning);
  bench.fake.pwm.removeChip("1f00098000.pwm");
  const other = await bench.add(motor, MOTOR, "m", attributes);
  assert.ok(bench.logs.some(({ level, message }) => level === "warn" && message.includes("no PWM of the kernel's")));
  await other.setPower(0.5);
  assert.equal(bench.fake.pwm.setting(io(18))?.duty, 0.5);
});

test("two motors share their enable pin: it is on while one of them has power", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const left = await bench.add(motor, MOTOR, "left", { board: "pi", pins: { dir: "11", pwm: "15", en_low: "16" }, max_rpm: 100 });
  const right = await bench.add(motor, MOTOR, "right", { board: "pi", pins: { dir: "13", pwm: "18", en_low: "16" }, max_rpm: 100 });
  await left.setPower(1);
  await right.setPower(1);
  await left.stop();
  assert.equal(bench.fake.gpio.level(EN), false, "on");
  await right.stop();
  assert.equal(bench.fake.gpio.level(EN), true);
  await assert.rejects(
    bench.add(motor, MOTOR, "third", { board: "pi", pins: { dir: "29", pwm: "31", en_high: "16" }, max_rpm: 1 }),
    /is en_low of left, right, and cannot be en_high of third/,
  );
  assert.equal(bench.fake.gpio.direction(io(5)), undefined, "what the third had taken is free again");
  await bench.close(left);
  await right.setPower(1);
  assert.equal(bench.fake.gpio.level(EN), false);
  await bench.close(right);
  assert.equal(bench.fake.gpio.openRequests.length, 0);
});

test("a pin of a motor is refused to others, with the motor's name, but may be read", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:pi5", "pi");
  await pins.setGpio("11", true);
  const turning = await bench.add(motor, MOTOR, "left", { board: "pi", pins: { a: "11", b: "13", pwm: "15" }, max_rpm: 100 });
  assert.equal(bench.fake.gpio.level(A), false, "what a client made of it has ended");
  await turning.setPower(1);
  assert.equal(await pins.getGpio("11"), true);
  for (const call of [
    () => pins.setGpio("io17", false),
    () => pins.setPwm("15", 0.5),
    () => pins.setPwmFrequency("15", 100),
    () => pins.streamTicks(["13"]),
  ]) {
    await assert.rejects(call, /of pi is held by left/);
  }
  await assert.rejects(pins.getGpio("15"), /gives PWM/);
  await assert.rejects(
    bench.add(motor, MOTOR, "right", { board: "pi", pins: { a: "29", b: "GPIO17" }, max_rpm: 100 }),
    /held by left, so that right/,
  );
  assert.deepEqual((await pins.getStatus())["pins"], { "11": "held by left", "13": "held by left", "15": "held by left" });
  await bench.close(turning);
  await pins.setGpio("11", true);
  assert.equal(bench.fake.gpio.level(A), true);
});

test("the board's own interrupts cannot be driven, and go on counting", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:pi5", "pi", { digital_interrupts: [{ name: "hit", pin: "13" }] });
  const attributes = { board: "pi", pins: { a: "11", b: "13" }, max_rpm: 100 };
  await assert.rejects(
    bench.add(motor, MOTOR, "m", attributes),
    /pin hit of pi is a digital interrupt in the board's config, so that m cannot/,
  );
  bench.fake.gpio.drive(B, true);
  assert.equal(await pins.getDigitalInterruptValue("hit"), 1);
  assert.equal(bench.fake.gpio.direction(A), undefined);
});

test("a pin that fails leaves the motor off, and the error says which", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { a: "11", b: "13", pwm: "15" }, max_rpm: 100 });
  await turning.setPower(0.5);
  bench.fake.pwm.fail(1);
  await assert.rejects(turning.setPower(0.9), /writing failed: EIO/);
  assert.equal(await levelsAfter(bench, [A, B]), "00");
  assert.equal(bench.fake.pwm.setting(PWM)?.duty, 0);
  assert.equal(await turning.isMoving(), false);
  await turning.setPower(0.5);
  assert.equal(await turning.isMoving(), true, "works again");
});

test("closing the board puts its motors' pins low, and the motor says why it does not move", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { a: "11", b: "13", pwm: "15" }, max_rpm: 100 });
  await turning.setPower(1);
  await bench.close(pins);
  assert.equal(await levelsAfter(bench, [A, B, PWM]), "000");
  await turning.stop();
  assert.deepEqual(await turning.isPowered(), { isOn: false, power: 0 });
  await assert.rejects(turning.setPower(1), /after it was closed/);
  await bench.close(turning);
});

test("a and b alone with an enable pin: on only when both say the direction", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { a: "11", b: "13", en_high: "16" }, max_rpm: 100 });
  let held: number | undefined;
  bench.fake.gpio.onChange(EN, () => {
    held ??= bench.fake.pwm.setting(A)?.duty;
  });
  await turning.setPower(0.75);
  assert.equal(held, 1);
  assert.equal(bench.fake.gpio.level(EN), true);
});

test("an enable pin that fails does not keep the other one on", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const pins = { dir: "11", pwm: "15", en_high: "16", en_low: "18" };
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins, max_rpm: 100 });
  await turning.setPower(1);
  assert.equal(await levelsAfter(bench, [EN, io(24)]), "10");
  bench.fake.gpio.fail("set", 2);
  await assert.rejects(turning.stop(), /EIO/);
  assert.equal(bench.fake.gpio.level(io(24)), true, "en_low off");
});

test("the PWM that a motor gives is told by the board's getters", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:pi5", "pi");
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins: { dir: "11", pwm: "12" }, max_rpm: 100 });
  await turning.setPower(0.5);
  assert.deepEqual([await pins.getPwm("12"), await pins.getPwmFrequency("12")], [0.5, 800]);
  await bench.close(turning);
  assert.deepEqual([await pins.getPwm("12"), await pins.getPwmFrequency("12")], [0, 0]);
});

test("a board of another module is driven by its calls", async () => {
  const bench = new Bench();
  const calls: string[] = [];
  bench.addForeign("rdk:component:board/expander", {
    setGpio: async (pin: string, isHigh: boolean) => void calls.push(`${pin}=${isHigh ? 1 : 0}`),
    setPwm: async (pin: string, duty: number) => void calls.push(`${pin}~${duty}`),
    setPwmFrequency: async (pin: string, frequency: number) => void calls.push(`${pin}@${frequency}`),
    getPwmFrequency: async () => 0,
  });
  const attributes = { board: "expander", pins: { a: "0", b: "1", pwm: "2", en_high: "3" }, max_rpm: 100 };
  const turning = await bench.add(motor, MOTOR, "m", attributes);
  assert.deepEqual(calls.splice(0), ["3=0", "2~0", "0=0", "1=0"]);
  await turning.setPower(0.5);
  assert.deepEqual(calls.splice(0), ["0=1", "1=0", "3=1", "2@800", "2~0.5"]);
  const [, stopped] = [turning.setPower(-1), turning.stop()];
  await stopped;
  assert.deepEqual(calls.slice(-4), ["2~0", "0=0", "1=0", "3=0"], "the stop is the last word");
  const other = await bench.add(motor, MOTOR, "n", { ...attributes, pins: { dir: "4", pwm: "5", en_high: "3" } });
  await turning.setPower(1);
  await other.setPower(1);
  calls.splice(0);
  await turning.stop();
  assert.equal(calls.at(-1), "3=1", "the other one still needs it");
  await other.stop();
  assert.equal(calls.at(-1), "3=0");
});

test("wirings that no driver has are refused, by name", async () => {
  const bench = new Bench();
  const refused = async (pins: object, reason: RegExp, rest: object = { max_rpm: 100 }): Promise<void> =>
    await assert.rejects(bench.validate(motor, MOTOR, { board: "pi", pins, ...rest }), reason);
  await refused({ a: "1", pwm: "2" }, /attributes\.pins: .* got "a" without "b"/);
  await refused({ b: "1" }, /"b" without "a"/);
  await refused({ dir: "1" }, /"dir" without "pwm"/);
  await refused({ pwm: "1" }, /"pwm" alone/);
  await refused({}, /none of them/);
  await refused({ a: "1", b: "2" }, /attributes\.max_rpm: expected a number above 0/, {});
  await refused({ a: "1", b: "2" }, /attributes\.ticks_per_rotation/, { encoder: "e" });
  await refused({ a: "1", b: "2" }, /attributes\.max_power_pct.*0\.05/, { max_rpm: 1, max_power_pct: 0.05 });
  await refused({ a: "1", b: "2" }, /attributes\.min_power_pct: expected at most/, { max_rpm: 1, min_power_pct: 0.5, max_power_pct: 0.4 });
  await refused({ a: "1", b: "2" }, /attributes\.ramp_rate/, { max_rpm: 1, ramp_rate: -1 });
  await assert.rejects(
    bench.validate(motor, MOTOR, { pins: { a: "1", b: "2" }, max_rpm: 1 }),
    /attributes\.board: expected the name of a board/,
  );
});

test("a motor says what it takes and what makes it safe", async () => {
  const bench = new Bench();
  const pins = { a: "11", b: "13", pwm: "15", en_high: "16", en_low: "18" };
  const { required, hardware } = await bench.validate(motor, MOTOR, { board: "pi", pins, encoder: "e", ticks_per_rotation: 100 });
  assert.deepEqual(required, ["pi", "e"]);
  const pin = (name: string, rest: object = {}): object => ({ kind: "pin", board: "pi", pin: name, ...rest });
  assert.deepEqual(hardware?.claims, [pin("15"), pin("11"), pin("13"), pin("16", { isShared: true }), pin("18", { isShared: true })]);
  assert.deepEqual(hardware?.safe, [
    pin("15", { isHigh: false }),
    pin("11", { isHigh: false }),
    pin("13", { isHigh: false }),
    pin("16", { isHigh: false }),
    pin("18", { isHigh: true }),
  ]);
});
