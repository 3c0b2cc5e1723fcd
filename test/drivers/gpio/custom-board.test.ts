/** `customlinux`: pins from a file or from the config itself. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { board } from "pinion/sdk";
import { Bench } from "./support/bench.js";

const CUSTOM = "rdk:builtin:customlinux";
const PINS = [
  { name: "lamp", device_name: "gpiochip1", line_number: 3, pwm_chip_sysfs_dir: "", pwm_id: -1 },
  { name: "horn", device_name: "main", line_number: 4, pwm_chip_sysfs_dir: "1f00098000.pwm", pwm_id: 1 },
  { name: "fan", device_name: "", line_number: -1, pwm_chip_sysfs_dir: "1f00098000.pwm", pwm_id: 0 },
];
const chips = [
  { label: "other", lines: 8 },
  { label: "main", lines: 8 },
];

test("pins of a file have the lines and channels that it says, chips by label or by this boot's number", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "pinion-custom-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "board.json");
  await writeFile(file, JSON.stringify({ pins: PINS }));
  for (const source of [{ board_defs_file_path: file }, { pins: PINS }]) {
    const bench = new Bench({ board: "none", chips });
    const pins = await bench.add(board, CUSTOM, "own", { ...source, digital_interrupts: [{ name: "hit", pin: "main:5" }] });
    const { gpio, pwm } = bench.fake;
    await pins.setGpio("lamp", true);
    assert.equal(gpio.level({ chip: "main", offset: 3 }), true);
    await pins.setPwmFrequency("horn", 440);
    await pins.setPwm("horn", 0.5);
    assert.deepEqual(pwm.setting({ device: "1f00098000.pwm", channel: 1 }), { frequency: 440, duty: 0.5 });
    await pins.setGpio("fan", true);
    assert.equal(pwm.setting({ device: "1f00098000.pwm", channel: 0 })?.duty, 1, "PWM alone can give a level too");
    await pins.setPwm("fan", 0.5);
    assert.equal(pwm.setting({ device: "1f00098000.pwm", channel: 0 })?.duty, 1, "no pulses without a frequency");
    await pins.setPwmFrequency("fan", 100);
    assert.deepEqual(pwm.setting({ device: "1f00098000.pwm", channel: 0 }), { frequency: 100, duty: 0.5 });
    await assert.rejects(pins.streamTicks(["fan"]), /pin fan of own has PWM only/);
    await assert.rejects(pins.setGpio("11", true), /unknown pin: 11; expected a pin of custom board/);
    gpio.drive({ chip: "main", offset: 5 }, true);
    assert.equal(await pins.getDigitalInterruptValue("hit"), 1);
    const { hardware } = await bench.validate(board, CUSTOM, source);
    assert.deepEqual(
      hardware?.pins?.map(({ key }) => key),
      ["main/3", "main/4", "pwm/1f00098000.pwm/0"],
    );
  }
});

test("a file that is missing or wrong is named with all that is wrong in it", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "pinion-custom-"));
  t.after(() => rm(folder, { recursive: true }));
  const bench = new Bench({ board: "none", chips });
  const file = path.join(folder, "board.json");
  const refused = (attributes: object, reason: RegExp): Promise<void> =>
    assert.rejects(bench.validate(board, CUSTOM, { ...attributes }), reason);
  await refused({}, /attributes\.board_defs_file_path: expected the path of a file/);
  await refused({ board_defs_file_path: file }, /attributes\.board_defs_file_path: expected a JSON file that can be read at .*ENOENT/);
  await writeFile(file, "{");
  await refused({ board_defs_file_path: file }, /expected a JSON file/);
  await writeFile(file, JSON.stringify({ pins: [{ name: "a" }, { line_number: 1.5 }] }));
  await refused({ board_defs_file_path: file }, /pins\[0\]: expected line_number.*pins\[1\]\.name/);
  await refused({ pins: [{ name: "a", line_number: 1 }] }, /attributes\.pins\[0\]\.device_name/);
});
