import assert from "node:assert/strict";
import { test } from "node:test";
import { detectBoard } from "../../../src/hardware/boards/detect-board.js";
import { findPin } from "../../../src/hardware/boards/find-pin.js";
import { RecordedFiles } from "../gpio/recorded-files.js";

const BOARDS: readonly (readonly [model: string, compatible: readonly string[], pin: string, line: string])[] = [
  ["Raspberry Pi 5 Model B Rev 1.0", ["raspberrypi,5-model-b", "brcm,bcm2712"], "11", "pinctrl-rp1/17"],
  ["Raspberry Pi Compute Module 5 Rev 1.0", ["raspberrypi,5-compute-module", "brcm,bcm2712"], "11", "pinctrl-rp1/17"],
  ["Raspberry Pi 4 Model B Rev 1.4", ["raspberrypi,4-model-b", "brcm,bcm2711"], "40", "pinctrl-bcm2711/21"],
  ["Raspberry Pi 400 Rev 1.0", ["raspberrypi,400", "brcm,bcm2711"], "40", "pinctrl-bcm2711/21"],
  ["Raspberry Pi 3 Model B Plus Rev 1.3", ["raspberrypi,3-model-b-plus", "brcm,bcm2837"], "40", "pinctrl-bcm2835/21"],
  ["Raspberry Pi 2 Model B Rev 1.1", ["raspberrypi,2-model-b", "brcm,bcm2836"], "40", "pinctrl-bcm2835/21"],
  ["Raspberry Pi Zero W Rev 1.1", ["raspberrypi,model-zero-w", "brcm,bcm2835"], "40", "pinctrl-bcm2835/21"],
  ["NVIDIA Jetson Nano Developer Kit", ["nvidia,p3450-0000", "nvidia,tegra210"], "33", "tegra-gpio/38"],
  ["NVIDIA Jetson Xavier NX Developer Kit", ["nvidia,p3509-0000+p3668-0001", "nvidia,tegra194"], "15", "tegra194-gpio-aon/16"],
  ["NVIDIA Jetson Orin Nano Developer Kit", ["nvidia,p3768-0000+p3767-0005", "nvidia,p3767-0005"], "29", "tegra234-gpio/105"],
  ["NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super", ["nvidia,p3768-0000+p3767-0005-super"], "29", "tegra234-gpio/105"],
  ["NVIDIA Jetson Orin NX Engineering Reference Developer Kit", ["nvidia,p3768-0000+p3767-0000"], "32", "tegra234-gpio/41"],
  ["Jetson AGX Orin", ["nvidia,p3737-0000+p3701-0000", "nvidia,tegra234"], "32", "tegra234-gpio-aon/8"],
];

for (const [model, compatible, pin, line] of BOARDS) {
  test(`${model} is known, and its pin ${pin} is ${line}`, (t) => {
    const files = new RecordedFiles(t);
    files.put({ "proc/device-tree/model": `${model}\0`, "proc/device-tree/compatible": `${compatible.join("\0")}\0` });
    const board = detectBoard(files.roots);
    assert.equal(board?.name, model);
    const found = board === undefined ? undefined : findPin(board, pin);
    assert.equal(`${found?.line.chip}/${found?.line.offset}`, line);
  });
}

test("a Raspberry Pi 4 with a kernel that labels its chip like the older ones is known", (t) => {
  const files = new RecordedFiles(t);
  files.put({
    "proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0",
    "class/gpio/gpiochip0/label": "pinctrl-bcm2835",
    "class/gpio/gpiochip0/base": 0,
    "class/gpio/gpiochip0/ngpio": 54,
  });
  const board = detectBoard(files.roots);
  assert.equal(board?.name, "Raspberry Pi 4");
  assert.equal(board?.pins[0]?.line.chip, "pinctrl-bcm2835");
});

test("entries are compared as a whole", (t) => {
  const files = new RecordedFiles(t);
  files.put({ "proc/device-tree/compatible": "acme,brcm,bcm2711\0brcm,bcm27112\0" });
  assert.equal(detectBoard(files.roots), undefined);
});

test("a machine without a device tree has no board", (t) => {
  assert.equal(detectBoard(new RecordedFiles(t).roots), undefined);
});
