import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeGpio } from "../../../src/hardware/gpio/fake-gpio.js";
import { FakePwm } from "../../../src/hardware/pwm/fake-pwm.js";

const CHANNEL = { device: "1f00098000.pwm", channel: 2 };
const LINE = { chip: "pinctrl-rp1", offset: 17 };

test("what a channel is told is kept", () => {
  const pwm = new FakePwm({ gpio: new FakeGpio() });
  const output = pwm.openHardware(CHANNEL);
  assert.throws(() => pwm.openHardware(CHANNEL), { code: "PWM_CHANNEL_BUSY" });
  output.set(50, 0.075);
  assert.deepEqual(pwm.setting(CHANNEL), { frequency: 50, duty: 0.075 });
  output.off();
  assert.equal(pwm.setting(CHANNEL), undefined);
  output.close();
  assert.deepEqual(pwm.changes(CHANNEL), [{ kind: "set", frequency: 50, duty: 0.075 }, { kind: "off" }, { kind: "close" }]);
  assert.equal(pwm.isOpen(CHANNEL), false);
  assert.throws(() => output.off(), { code: "PWM_FAILED" });
});

test("a missing chip, a missing channel, wrong settings and faults are refused as by the kernel", () => {
  const pwm = new FakePwm({ gpio: new FakeGpio() });
  assert.throws(() => pwm.openHardware({ ...CHANNEL, channel: 4 }), { code: "PWM_CHIP_MISSING" });
  const output = pwm.openHardware(CHANNEL);
  assert.throws(() => output.set(50, 2), { code: "PWM_UNSUPPORTED" });
  pwm.fail();
  assert.throws(() => output.set(50, 0.5), { code: "PWM_FAILED" });
  output.set(50, 0.5);
  pwm.removeChip(CHANNEL.device);
  assert.throws(() => pwm.openHardware({ ...CHANNEL, channel: 3 }), { code: "PWM_CHIP_MISSING", message: /dtoverlay/ });
});

test("software PWM takes its line, and full and no duty are levels of it", () => {
  const gpio = new FakeGpio();
  const pwm = new FakePwm({ gpio });
  const output = pwm.openSoftware(LINE, "lamp");
  assert.throws(() => gpio.openInputs([LINE], { consumer: "other" }), { code: "GPIO_LINE_BUSY", message: /"lamp"/ });
  output.set(50, 1);
  assert.equal(gpio.level(LINE), true);
  assert.throws(() => output.set(800, 0.5), { code: "PWM_UNSUPPORTED", message: /up to 100 Hz/ });
  output.set(50, 0.5);
  assert.deepEqual(pwm.setting(LINE), { frequency: 50, duty: 0.5 });
  output.close();
  assert.equal(gpio.level(LINE), false);
  gpio.openInputs([LINE], { consumer: "other" });
});
