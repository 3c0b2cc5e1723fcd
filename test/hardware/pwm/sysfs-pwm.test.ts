import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { SysfsPwm } from "../../../src/hardware/pwm/sysfs-pwm.js";
import { RecordedFiles } from "../gpio/recorded-files.js";

const RP1 = "1f00098000.pwm";
const CHIP = "class/pwm/pwmchip2";
const CHANNEL = `${CHIP}/pwm2`;

/** A Raspberry Pi 5 with two chips; the kernel's rules about what may be written. `first`: what a channel comes up with. */
function pi5(
  t: TestContext,
  first: Readonly<Record<string, string | number>> = {},
): { files: RecordedFiles; pwm: SysfsPwm; writes: () => readonly string[] } {
  const files = new RecordedFiles(t);
  files.put({ "class/pwm/pwmchip0/npwm": 1, [`${CHIP}/npwm`]: 4, [`${CHIP}/export`]: "", [`${CHIP}/unexport`]: "" });
  files.link("class/pwm/pwmchip0/device", "../../../107d517a80.pwm");
  files.link(`${CHIP}/device`, `../../../${RP1}`);
  const number = (file: string): number => Number(files.text(`${CHANNEL}/${file}`));
  files.onWrite = (file, text) => {
    const value = Number(text);
    switch (path.basename(file)) {
      case "export":
        if (files.exists(path.join(files.root, `${CHIP}/pwm${text}`))) return "EBUSY";
        for (const [name, start] of Object.entries({ period: 0, duty_cycle: 0, enable: 0, polarity: "normal", ...first })) {
          files.put({ [`${CHIP}/pwm${text}/${name}`]: start });
        }
        return undefined;
      case "unexport":
        rmSync(path.join(files.root, `${CHIP}/pwm${text}`), { recursive: true });
        return undefined;
      case "period":
        return value < number("duty_cycle") || value < 1000 ? "EINVAL" : undefined;
      case "duty_cycle":
        return value > number("period") ? "EINVAL" : undefined;
      case "enable":
        return number("period") === 0 ? "EINVAL" : undefined;
      case "polarity":
        return number("enable") === 1 ? "EBUSY" : undefined;
      default:
        return undefined;
    }
  };
  const writes = (): readonly string[] => files.writes.splice(0).map((write) => write.replace(`${CHANNEL}/`, "").replace(`${CHIP}/`, ""));
  return { files, pwm: new SysfsPwm(files.roots, files), writes };
}

test("the chip is found by its device, the channel exported, set in an order that the kernel takes, and given back", (t) => {
  const { pwm, writes } = pi5(t);
  const output = pwm.open({ device: RP1, channel: 2 });
  assert.deepEqual(writes(), ["export=2"]);
  output.set(50, 0.075);
  assert.deepEqual(writes(), ["period=20000000", "duty_cycle=1500000", "enable=1"]);
  output.set(50, 0.1);
  assert.deepEqual(writes(), ["duty_cycle=2000000"]);
  output.set(1000, 0.5);
  assert.deepEqual(writes(), ["duty_cycle=500000", "period=1000000"]);
  output.set(100, 0.9);
  assert.deepEqual(writes(), ["period=10000000", "duty_cycle=9000000"]);
  output.off();
  assert.deepEqual(writes(), ["duty_cycle=0", "enable=0"]);
  output.set(100, 0.25);
  assert.deepEqual(writes(), ["duty_cycle=2500000", "enable=1"]);
  output.close();
  output.close();
  assert.deepEqual(writes(), ["duty_cycle=0", "enable=0", "unexport=2"]);
  assert.throws(() => output.set(50, 0.5), { code: "PWM_FAILED", message: /used after it was closed/ });
});

for (const [frequency, period] of [
  [50, 20_000_000],
  [60, 16_666_666],
  [333, 3_003_003],
  [800, 1_250_000],
  [0.5, 2_000_000_000],
] as const) {
  test(`${frequency} Hz is a period of ${period} ns`, (t) => {
    const { pwm, writes } = pi5(t);
    pwm.open({ device: RP1, channel: 2 }).set(frequency, 1);
    assert.deepEqual(writes(), ["export=2", `period=${period}`, `duty_cycle=${period}`, "enable=1"]);
  });
}

test("a channel that another process has in use is switched off and stays in use, one that nobody has is not touched", (t) => {
  const { pwm, files, writes } = pi5(t);
  const address = { device: RP1, channel: 2 };
  assert.deepEqual(
    [pwm.switchOff(address), pwm.switchOff({ device: RP1, channel: 9 }), pwm.switchOff({ device: "x", channel: 0 })],
    [false, false, false],
  );
  pwm.discard(address);
  assert.deepEqual(writes(), []);
  files.put({ [`${CHANNEL}/period`]: 1_000_000, [`${CHANNEL}/duty_cycle`]: 900_000, [`${CHANNEL}/enable`]: 1 });
  assert.equal(pwm.switchOff(address), true);
  assert.deepEqual(writes(), ["duty_cycle=0", "enable=0"]);
  assert.equal(pwm.switchOff(address), true);
  assert.deepEqual(writes(), []);
  pwm.discard(address);
  assert.deepEqual(writes(), ["unexport=2"]);
  assert.equal(pwm.switchOff(address), false);
  pwm.open(address);
  assert.throws(() => pwm.switchOff(address), { code: "PWM_CHANNEL_BUSY" });
});

test("a channel that cannot be switched off is told, and still counts as in use", (t) => {
  const { pwm, files } = pi5(t);
  files.put({ [`${CHANNEL}/period`]: 1_000_000, [`${CHANNEL}/duty_cycle`]: 900_000, [`${CHANNEL}/enable`]: 1 });
  const { onWrite } = files;
  files.onWrite = () => "EIO";
  assert.throws(() => pwm.switchOff({ device: RP1, channel: 2 }), { code: "PWM_FAILED" });
  files.onWrite = onWrite;
  assert.equal(pwm.switchOff({ device: RP1, channel: 2 }), true);
});

test("a channel that a dead process left running is stopped before anything else", (t) => {
  const { pwm, files, writes } = pi5(t);
  files.put({ [`${CHANNEL}/period`]: 1_000_000, [`${CHANNEL}/duty_cycle`]: 900_000, [`${CHANNEL}/enable`]: 1 });
  pwm.open({ device: RP1, channel: 2 });
  assert.deepEqual(writes(), ["duty_cycle=0", "enable=0"]);
});

test("a channel that comes up inverted is put right", (t) => {
  const { pwm, writes } = pi5(t, { polarity: "inversed" });
  pwm.open({ device: RP1, channel: 2 });
  assert.deepEqual(writes(), ["export=2", "period=1000000", "polarity=normal"]);
});

test("a controller whose first period is out of its bounds gets an ordinary one to be stopped with", (t) => {
  const { pwm, writes } = pi5(t, { enable: 1, period: 0 });
  pwm.open({ device: RP1, channel: 2 });
  assert.deepEqual(writes(), ["export=2", "enable=0", "period=1000000", "enable=0"]);
});

test("a frequency that the controller refuses leaves what was set before", (t) => {
  const { pwm, files, writes } = pi5(t);
  const output = pwm.open({ device: RP1, channel: 2 });
  output.set(1000, 0.5);
  assert.throws(() => output.set(2_000_000, 0.5), { code: "PWM_UNSUPPORTED", message: /writing 500 to period: the controller refuses it/ });
  assert.equal(files.text(`${CHANNEL}/duty_cycle`), "500000");
  writes();
  output.set(1000, 0.25);
  assert.deepEqual(writes(), ["duty_cycle=250000"]);
});

for (const [frequency, duty] of [
  [0, 0.5],
  [-1, 0.5],
  [Number.NaN, 0.5],
  [Number.POSITIVE_INFINITY, 0.5],
  [50, -0.01],
  [50, 1.01],
  [50, Number.NaN],
] as const) {
  test(`${frequency} Hz with duty ${duty} is refused`, (t) => {
    const { pwm } = pi5(t);
    assert.throws(() => pwm.open({ device: RP1, channel: 2 }).set(frequency, duty), { code: "PWM_UNSUPPORTED", message: /expected a/ });
  });
}

for (const [device, advice] of [
  ["fe20c000.pwm", /devices with PWM there are: 107d517a80\.pwm, 1f00098000\.pwm\. On a Raspberry Pi .*dtoverlay=pwm-2chan/],
  ["3280000.pwm", /On a Jetson .*jetson-io/],
  ["1-0040", /device tree/],
] as const) {
  test(`a missing chip ${device} is told with what to do`, (t) => {
    const { pwm } = pi5(t);
    assert.throws(() => pwm.open({ device, channel: 0 }), { code: "PWM_CHIP_MISSING", message: advice });
  });
}

test("a channel that the chip has not, and one in use, are refused", (t) => {
  const { pwm } = pi5(t);
  assert.throws(() => pwm.open({ device: RP1, channel: 4 }), { code: "PWM_CHIP_MISSING", message: /channels are 0 to 3/ });
  const output = pwm.open({ device: RP1, channel: 2 });
  assert.throws(() => pwm.open({ device: RP1, channel: 2 }), { code: "PWM_CHANNEL_BUSY" });
  output.close();
  pwm.open({ device: RP1, channel: 2 });
});

for (const [error, code] of [
  ["EACCES", "PWM_PERMISSION"],
  ["EBUSY", "PWM_CHANNEL_BUSY"],
  ["EIO", "PWM_FAILED"],
] as const) {
  test(`an export refused with ${error} is ${code}, and can be tried again`, (t) => {
    const { pwm, files } = pi5(t);
    const kernel = files.onWrite;
    files.onWrite = () => error;
    assert.throws(() => pwm.open({ device: RP1, channel: 2 }), { code });
    files.onWrite = kernel;
    pwm.open({ device: RP1, channel: 2 });
  });
}

test("a write that fails is told, and the next one starts from what the kernel has", (t) => {
  const { pwm, files, writes } = pi5(t);
  const output = pwm.open({ device: RP1, channel: 2 });
  output.set(1000, 0.5);
  const kernel = files.onWrite;
  files.onWrite = () => "EIO";
  assert.throws(() => output.set(1000, 0.75), { code: "PWM_FAILED", message: /EIO/ });
  files.onWrite = kernel;
  writes();
  output.set(1000, 0.75);
  assert.deepEqual(writes(), ["duty_cycle=750000"]);
});
