import assert from "node:assert/strict";
import { test } from "node:test";
import { isPinionError } from "../../src/base/errors.js";
import { toHardwareNeeds } from "../../src/module/hardware-needs.js";
import { ValidateConfigResponse } from "../../src/proto/gen/viam/module/v1/module.js";
import type { HardwareNeeds } from "../../src/resource/hardware-needs.js";
import { toHardwareMessage } from "../../src/sdk/hardware-message.js";

const WHO = 'module "m" on rdk:component:motor/left';

/** As it goes from a module to the supervisor. */
function overTheWire(needs: HardwareNeeds): HardwareNeeds | undefined {
  const sent = ValidateConfigResponse.encode({
    dependencies: ["b"],
    optionalDependencies: [],
    hardware: toHardwareMessage(needs),
  }).finish();
  return toHardwareNeeds(ValidateConfigResponse.decode(sent).hardware, WHO);
}

test("claims, pins and safe actions of every kind arrive as they were said", () => {
  const needs: HardwareNeeds = {
    claims: [
      { kind: "line", chip: "pinctrl-rp1", offset: 0 },
      { kind: "pin", board: "local", pin: "11", isShared: true },
      { kind: "i2c", bus: 1, address: 0x76 },
      { kind: "serial", port: "/dev/ttyUSB0", part: "id 1" },
      { kind: "onewire", id: "28-000005e2fdc3" },
    ],
    pins: [
      {
        names: ["11", "GPIO17"],
        key: "pinctrl-rp1/17",
        low: [
          { kind: "pwm", device: "1f00098000.pwm", channel: 0 },
          { kind: "pwm", device: "1f00098000.pwm", channel: 1, orLine: { chip: "pinctrl-rp1", offset: 0 } },
          { kind: "line", chip: "pinctrl-rp1", offset: 17, isHigh: false },
        ],
        high: [{ kind: "line", chip: "pinctrl-rp1", offset: 17, isHigh: true }],
      },
    ],
    safe: [
      { kind: "pin", board: "local", pin: "11", isHigh: true },
      { kind: "i2c", bus: 0, address: 0x40, bytes: [0xfd, 0x10] },
      { kind: "i2c", bus: 0, address: 0x20, bytes: [0x15, 2], mask: 2 },
      { kind: "serial", port: "/dev/ttyUSB0", baudRate: 115_200, bytes: [0, 255] },
    ],
  };
  assert.deepEqual(overTheWire(needs), needs);
});

test("the extension has the number that other hosts skip", () => {
  const bytes = ValidateConfigResponse.encode({
    dependencies: [],
    optionalDependencies: [],
    hardware: toHardwareMessage({ claims: [{ kind: "onewire", id: "x" }] }),
  }).finish();
  // Field 20100, a message of 5 bytes: claims[0] of 3 bytes with onewire_id "x".
  assert.equal(Buffer.from(bytes).toString("hex"), "a2e809050a032a0178");
});

test("a module that needs nothing says nothing", () => {
  assert.equal(toHardwareNeeds(undefined, WHO), undefined);
  assert.equal(overTheWire({}), undefined);
  assert.equal(overTheWire({ claims: [], safe: [] }), undefined);
});

const WRONG: readonly (readonly [HardwareNeeds, RegExp])[] = [
  [{ claims: [{ kind: "i2c", bus: 1, address: 0x80 }] }, /hardware\.claims\[0\]\.address: expected 7 bits, got 0x80$/],
  [{ claims: [{ kind: "serial", port: "" }] }, /hardware\.claims\[0\]\.port: expected 1 to 256 characters, got 0$/],
  [{ claims: [{ kind: "line", chip: "c", offset: 4e9 }] }, /hardware\.claims\[0\]\.offset: expected at most 1000000, got 4000000000$/],
  [
    { claims: Array.from({ length: 257 }, () => ({ kind: "onewire", id: "x" }) as const) },
    /hardware\.claims: expected at most 256, got 257$/,
  ],
  [{ pins: [{ names: [], key: "k", low: [], high: [] }] }, /hardware\.pins\[0\]\.names: expected at least one name, got none$/],
  [{ safe: [{ kind: "i2c", bus: 1, address: 1, bytes: [] }] }, /hardware\.safe\[0\]\.bytes: expected 1 to 33 bytes, got 0$/],
  [
    { safe: [{ kind: "i2c", bus: 1, address: 1, bytes: [1, 2, 3], mask: 2 }] },
    /hardware\.safe\[0\]\.bytes: expected a register and one byte, beside a mask, got 3$/,
  ],
  [{ safe: [{ kind: "i2c", bus: 1, address: 1, bytes: [1, 2], mask: 256 }] }, /hardware\.safe\[0\]\.mask: expected 8 bits, got 0x100$/],
  [
    { safe: [{ kind: "pwm", device: "d", channel: 0, orLine: { chip: "", offset: 0 } }] },
    /hardware\.safe\[0\]\.or_line\.chip: expected 1 to 256 characters, got 0$/,
  ],
  [{ safe: [{ kind: "serial", port: "p", baudRate: 0, bytes: [1] }] }, /hardware\.safe\[0\]\.baud_rate: expected 1 to 50000000, got 0$/],
];

for (const [needs, expected] of WRONG) {
  test(`nonsense is refused with its place: ${expected.source.slice(0, 50)}`, () => {
    assert.throws(
      () => overTheWire(needs),
      (error: unknown) =>
        isPinionError(error, "RESOURCE_INVALID") &&
        expected.test(error.message) &&
        error.message.startsWith('module "m" on rdk:component:motor/left: '),
    );
  });
}

test("an item or step that this Pinion does not know is refused", () => {
  const claim = { item: undefined, part: "", shared: false };
  assert.throws(
    () => toHardwareNeeds({ claims: [claim], pins: [], safe: [] }, WHO),
    /claims\[0\]: expected an item that this Pinion knows, got none/,
  );
  assert.throws(() => toHardwareNeeds({ claims: [], pins: [], safe: [{ step: undefined }] }, WHO), /safe\[0\]: expected a step/);
});
