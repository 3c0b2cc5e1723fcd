import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { createHardware } from "../../../src/hardware/index.js";
import { createFakeHardware } from "../../../src/hardware/testing.js";
import { RecordedFiles } from "../gpio/recorded-files.js";

test("creating and disposing opens nothing and loads no native library", async (t) => {
  const files = new RecordedFiles(t);
  {
    await using hardware = createHardware({ roots: files.roots });
    assert.equal(hardware.board, undefined);
  }
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) =>
    /\/node_modules\/(onoff|epoll|koffi|i2c-bus|serialport)\//.test(file),
  );
  assert.deepEqual(loaded, []);
});

test("the board is that of the device tree", async (t) => {
  const files = new RecordedFiles(t);
  files.put({
    "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
  });
  await using hardware = createHardware({ roots: files.roots });
  assert.equal(hardware.board?.name, "Raspberry Pi 5 Model B Rev 1.0");
});

test("a machine without GPIO says so at the first use, with what was looked for", async (t) => {
  const files = new RecordedFiles(t);
  await using hardware = createHardware({ roots: files.roots });
  assert.throws(() => hardware.gpio.chips(), {
    code: "GPIO_CHIP_MISSING",
    message: /character device: there is no .*; sysfs: there is no /,
  });
  assert.throws(() => hardware.pwm.openHardware({ device: "1f00098000.pwm", channel: 2 }), {
    code: "PWM_CHIP_MISSING",
    message: /the kernel offers no PWM/,
  });
});

test("fake hardware is a Raspberry Pi 5 whose parts belong together", () => {
  const { hardware, gpio, pwm } = createFakeHardware();
  assert.equal(hardware.board?.name, "Raspberry Pi 5");
  const line = { chip: "pinctrl-rp1", offset: 17 };
  hardware.pwm.openSoftware(line, "lamp").set(50, 1);
  assert.equal(gpio.level(line), true);
  assert.deepEqual(pwm.setting(line), { frequency: 50, duty: 1 });
  assert.equal(createFakeHardware({ board: "none" }).hardware.board, undefined);
});
