import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCustomBoard } from "../../../src/hardware/boards/custom-board.js";

test("pins with a line, with PWM, or with both are taken as they are listed", () => {
  const pins = [
    { name: "12", device_name: "gpiochip0", line_number: 81, pwm_chip_sysfs_dir: "3280000.pwm", pwm_id: 0 },
    { name: "13", device_name: "pinctrl-rp1", line_number: 5, pwm_id: -1 },
    { name: "fan", line_number: -1, pwm_chip_sysfs_dir: "32e0000.pwm", pwm_id: 2 },
  ];
  const expected = [
    { names: ["12"], line: { chip: "gpiochip0", offset: 81 }, pwm: { device: "3280000.pwm", channel: 0 } },
    { names: ["13"], line: { chip: "pinctrl-rp1", offset: 5 } },
    { names: ["fan"], pwm: { device: "32e0000.pwm", channel: 2 } },
  ];
  assert.deepEqual(parseCustomBoard({ pins }), expected);
  assert.deepEqual(parseCustomBoard(pins), expected);
});

for (const [what, input, message] of [
  ["no list", {}, /^board_defs: expected a list of pins, got nothing$/],
  ["no object", ["12"], /^board_defs\[0\]: expected an object, got "12"$/],
  ["no name", [{ device_name: "a", line_number: 1 }], /board_defs\[0\]\.name: expected a name, got nothing/],
  [
    "half a line",
    [{ name: "1", device_name: "a", line_number: 1.5 }],
    /board_defs\[0\]\.line_number: expected a whole number, .* got 1\.5/,
  ],
  ["no chip", [{ name: "1", line_number: 4 }], /board_defs\[0\]\.device_name: expected the label of the GPIO chip of line 4/],
  [
    "neither line nor PWM",
    [{ name: "1", device_name: "a", line_number: -1 }],
    /board_defs\[0\]: expected line_number with device_name, or pwm_id/,
  ],
  [
    "a name twice",
    [
      { name: "a", device_name: "x", line_number: 1 },
      { name: "A", device_name: "x", line_number: 2 },
    ],
    /board_defs\[1\]\.name: expected names to differ, got "A" again/,
  ],
] as const) {
  test(`${what}: the error names the attribute`, () => {
    assert.throws(() => parseCustomBoard(input, "board_defs"), { code: "CONFIG_INVALID", message });
  });
}

test("everything that is wrong is told at once", () => {
  assert.throws(() => parseCustomBoard([{ name: 5 }, { name: "a", pwm_id: "0" }]), { message: /pins\[0\]\.name.*; pins\[1\]\.pwm_id/ });
});
