import assert from "node:assert/strict";
import { test } from "node:test";
import { openGpio } from "../../../src/hardware/gpio/open-gpio.js";
import { listLogger } from "../../support/list-logger.js";
import { RecordedFiles } from "./recorded-files.js";
import { ScriptedKernel } from "./scripted-kernel.js";

const PI = { name: "gpiochip0", label: "pinctrl-rp1", lines: 54 };
const SYSFS = {
  "class/gpio/export": "",
  "class/gpio/gpiochip512/label": "pinctrl-bcm2711",
  "class/gpio/gpiochip512/base": 512,
  "class/gpio/gpiochip512/ngpio": 58,
};

test("the character device is taken where it works, and the log says so, at the first use", (t) => {
  const files = new RecordedFiles(t);
  files.put(SYSFS);
  const logger = listLogger();
  const gpio = openGpio({ kernel: new ScriptedKernel(PI), files, roots: files.roots, logger });
  assert.equal(logger.lines.length, 0);
  assert.equal(gpio.backend, "character-device");
  assert.equal(gpio.chips()[0]?.label, "pinctrl-rp1");
  assert.equal(logger.lines.length, 1);
  assert.match(JSON.stringify(logger.lines), /character-device/);
});

test("one device that may be opened is enough", (t) => {
  const files = new RecordedFiles(t);
  const kernel = new ScriptedKernel({ ...PI, openError: "EACCES" }, { ...PI, name: "gpiochip1" });
  assert.equal(openGpio({ kernel, files, roots: files.roots }).backend, "character-device");
  assert.equal(kernel.descriptors.size, 0);
});

test("sysfs is taken where there is no character device, and the log says why", (t) => {
  const files = new RecordedFiles(t);
  files.put(SYSFS);
  const logger = listLogger();
  const gpio = openGpio({ kernel: new ScriptedKernel(), files, roots: files.roots, logger });
  assert.equal(gpio.backend, "sysfs");
  assert.match(JSON.stringify(logger.lines), /there is no .*gpiochip0/);
});

test("sysfs is taken where the character device is too old", (t) => {
  const files = new RecordedFiles(t);
  files.put(SYSFS);
  const kernel = new ScriptedKernel(PI);
  kernel.isOld = true;
  assert.equal(openGpio({ kernel, files, roots: files.roots }).backend, "sysfs");
});

for (const [what, code, message, prepare] of [
  [
    "nothing at all",
    "GPIO_CHIP_MISSING",
    /^no GPIO: character device: there is no .*\/dev\/gpiochip0 or other; sysfs: there is no .*\/class\/gpio\/export/,
    () => new ScriptedKernel(),
  ],
  [
    "sysfs without a chip",
    "GPIO_CHIP_MISSING",
    /sysfs: there is no chip in/,
    (files) => {
      files.put({ "class/gpio/export": "" });
      return new ScriptedKernel();
    },
  ],
  [
    "a device that must not be opened",
    "GPIO_PERMISSION",
    /character device: \/dev\/gpiochip0 is /,
    () => new ScriptedKernel({ ...PI, openError: "EACCES" }),
  ],
  [
    "an export file that must not be opened",
    "GPIO_PERMISSION",
    /sysfs: .*class\/gpio\/export is /,
    (files) => {
      files.put(SYSFS);
      files.closed.add("class/gpio/export");
      return new ScriptedKernel();
    },
  ],
  [
    "a kernel that is too old, without sysfs",
    "GPIO_UNSUPPORTED",
    /\/dev\/gpiochip0 is of a kernel older than 5\.10/,
    () => {
      const kernel = new ScriptedKernel(PI);
      kernel.isOld = true;
      return kernel;
    },
  ],
] as const satisfies readonly (readonly [string, string, RegExp, (files: RecordedFiles) => ScriptedKernel])[]) {
  test(`with ${what} the error says what was found`, (t) => {
    const files = new RecordedFiles(t);
    const gpio = openGpio({ kernel: prepare(files), files, roots: files.roots });
    assert.throws(() => gpio.backend, { code, message });
  });
}

test("after it failed it is tried again: chips come late sometimes", (t) => {
  const files = new RecordedFiles(t);
  const kernel = new ScriptedKernel();
  const gpio = openGpio({ kernel, files, roots: files.roots });
  assert.throws(() => gpio.chips(), { code: "GPIO_CHIP_MISSING" });
  kernel.chips = [PI];
  assert.equal(gpio.chips().length, 1);
  gpio.close();
});

test("the running kernel is asked without a script, and answers or says why not", () => {
  const gpio = openGpio();
  try {
    assert.ok(["character-device", "sysfs"].includes(gpio.backend));
  } catch (error) {
    assert.match(String(error), /no GPIO: character device: .*; sysfs: /);
  } finally {
    gpio.close();
  }
});
