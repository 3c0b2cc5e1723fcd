import assert from "node:assert/strict";
import { test } from "node:test";
import { millis } from "../../../src/base/millis.js";
import { FakeGpio } from "../../../src/hardware/gpio/fake-gpio.js";
import { SoftwarePwm } from "../../../src/hardware/pwm/software-pwm.js";
import { type ManualClock, manualClock } from "../../support/manual-clock.js";

const LINE = { chip: "pinctrl-rp1", offset: 17 };

function start(): { clock: ManualClock; gpio: FakeGpio; pwm: SoftwarePwm; changes: () => readonly string[] } {
  const clock = manualClock();
  const gpio = new FakeGpio({ clock });
  const pwm = new SoftwarePwm(clock, gpio.openOutputs([LINE], { consumer: "lamp", initial: [false] }));
  const changes = (): readonly string[] => gpio.history(LINE).map(({ isHigh, time }) => `${Number(time) / 1e6}${isHigh ? "+" : "-"}`);
  return { clock, gpio, pwm, changes };
}

test("pulses of the wanted width come at the wanted distance", () => {
  const { clock, pwm, changes } = start();
  pwm.set(50, 0.25);
  clock.advance(millis(59));
  assert.deepEqual(changes(), ["0+", "5-", "20+", "25-", "40+", "45-"]);
  assert.equal(pwm.jitter, 0);
});

test("what the timers' grain takes from one pulse the next ones get", () => {
  const { clock, gpio, pwm } = start();
  pwm.set(100, 0.33);
  clock.advance(millis(10_000));
  let high = 0;
  let since: bigint | undefined;
  for (const { isHigh, time } of gpio.history(LINE)) {
    if (since !== undefined && !isHigh) high += Number(time - since);
    since = isHigh ? time : undefined;
  }
  assert.ok(Math.abs(high / 1e10 - 0.33) < 0.001, `${high / 1e10}`);
});

test("duty 0 and 1 are levels, without a timer, at any frequency", () => {
  const { clock, gpio, pwm } = start();
  pwm.set(20_000, 1);
  assert.equal(gpio.level(LINE), true);
  assert.equal(clock.pending, 0);
  pwm.set(50, 0.5);
  assert.equal(clock.pending, 1);
  pwm.set(50, 0);
  assert.equal(gpio.level(LINE), false);
  assert.equal(clock.pending, 0);
});

test("a new duty takes effect within the period, with no pulse between", () => {
  const { clock, pwm, changes } = start();
  pwm.set(50, 0.25);
  clock.advance(millis(10));
  pwm.set(50, 0.5);
  clock.advance(millis(45));
  assert.deepEqual(changes(), ["0+", "5-", "20+", "30-", "40+", "50-"]);
});

test("more than timers can do is refused, with what to use, and leaves what was set", () => {
  const { clock, pwm, changes } = start();
  pwm.set(50, 0.5);
  assert.throws(() => pwm.set(101, 0.5), { code: "PWM_UNSUPPORTED", message: /expected a frequency up to 100 Hz, got 101; .*PCA9685/ });
  clock.advance(millis(15));
  assert.deepEqual(changes(), ["0+", "10-"]);
});

test("off and close leave the line low and no timer", () => {
  const { clock, gpio, pwm } = start();
  pwm.set(50, 0.5);
  pwm.off();
  assert.equal(gpio.level(LINE), false);
  assert.equal(clock.pending, 0);
  pwm.set(50, 0.5);
  pwm.close();
  pwm.close();
  assert.equal(gpio.level(LINE), false);
  assert.equal(clock.pending, 0);
  assert.deepEqual(gpio.openRequests, []);
  assert.throws(() => pwm.set(50, 0.5), { code: "PWM_FAILED" });
});

test("a line that fails stops it, and the next call says why", () => {
  const { clock, gpio, pwm } = start();
  pwm.set(50, 0.5);
  gpio.fail("set");
  clock.advance(millis(100));
  assert.equal(clock.pending, 0);
  assert.equal(gpio.level(LINE), false, "low as far as it can be");
  assert.throws(() => pwm.set(50, 0.5), { code: "GPIO_FAILED", message: /EIO/ });
  pwm.set(50, 0.5);
  assert.equal(clock.pending, 1);
});
