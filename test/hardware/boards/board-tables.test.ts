import assert from "node:assert/strict";
import { test } from "node:test";
import type { BoardPin, BoardTable } from "../../../src/hardware/boards/board-table.js";
import { findPin } from "../../../src/hardware/boards/find-pin.js";
import { jetsonAgxOrin, jetsonNano, jetsonOrinNx, jetsonXavierNx } from "../../../src/hardware/boards/jetson.js";
import { raspberryPi, raspberryPi3, raspberryPi4, raspberryPi5 } from "../../../src/hardware/boards/raspberry-pi.js";

const TABLES: readonly BoardTable[] = [
  raspberryPi("zero"),
  raspberryPi3("3"),
  raspberryPi4("4"),
  raspberryPi5("5"),
  jetsonNano("nano"),
  jetsonXavierNx("xavier nx"),
  jetsonOrinNx("orin nx"),
  jetsonAgxOrin("agx orin"),
];

for (const table of TABLES) {
  test(`${table.name}: every name is of one pin, every line and channel too, and the first names are physical numbers`, () => {
    const unique = (values: readonly string[]): void => assert.equal(new Set(values).size, values.length, values.join());
    unique(table.pins.flatMap(({ names }) => names.map((name) => name.toLowerCase())));
    unique(table.pins.map(({ line }) => `${line.chip}/${line.offset}`));
    unique(table.pins.flatMap(({ pwm }) => (pwm === undefined ? [] : [`${pwm.device}/${pwm.channel}`])));
    const power = [1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39];
    for (const { names } of table.pins) {
      const pin = Number(names[0]);
      assert.ok(pin >= 1 && pin <= 40 && !power.includes(pin), `${pin}`);
    }
  });
}

const pin = (table: BoardTable, name: string): BoardPin => {
  const found = findPin(table, name);
  assert.ok(found, name);
  return found;
};

for (const [name, offset] of [
  ["3", 2],
  ["sda", 2],
  ["scl", 3],
  ["mosi", 10],
  ["miso", 9],
  ["sclk", 11],
  ["ce0", 8],
  ["ce1", 7],
  ["clk", 18],
  ["io17", 17],
  ["IO17", 17],
  ["gpio17", 17],
  ["GPIO17", 17],
  ["11", 17],
  ["38", 20],
] as const) {
  test(`${name} of a Raspberry Pi is GPIO ${offset}`, () => {
    for (const table of [raspberryPi("a"), raspberryPi4("b"), raspberryPi5("c")]) assert.equal(pin(table, name).line.offset, offset);
  });
}

test("a Raspberry Pi has 28 pins, and PWM at pins 12 and 35", () => {
  for (const [table, first] of [
    [raspberryPi4("4"), 0],
    [raspberryPi5("5"), 2],
  ] as const) {
    assert.equal(table.pins.length, 28);
    const channels = table.pins.flatMap(({ names, pwm }) => (pwm === undefined ? [] : [[names[0], pwm.channel]]));
    assert.deepEqual(channels, [
      ["12", first],
      ["35", first + 1],
    ]);
  }
  assert.equal(pin(raspberryPi5("5"), "12").pwm?.device, "1f00098000.pwm");
});

test("Jetson pins have the kernel's names of their lines, and PWM where it is wired", () => {
  const orin = jetsonOrinNx("orin");
  assert.equal(orin.pins.length, 22);
  assert.equal(pin(orin, "PQ.05").names[0], "29");
  assert.deepEqual(pin(orin, "33").pwm, { device: "32c0000.pwm", channel: 0 });
  assert.deepEqual(pin(jetsonNano("nano"), "33").pwm, { device: "7000a000.pwm", channel: 2 });
  assert.deepEqual(pin(jetsonXavierNx("xavier"), "15").line, { chip: "tegra194-gpio-aon", offset: 16 });
});

test("an AGX Orin is wired as an Orin NX but for ten pins", () => {
  const agx = jetsonAgxOrin("agx");
  const orin = jetsonOrinNx("orin");
  const other = agx.pins.filter(({ names, line }) => {
    const same = pin(orin, names[0] ?? "").line;
    return same.chip !== line.chip || same.offset !== line.offset;
  });
  assert.deepEqual(
    other.map(({ names, line }) => `${names[0]} ${line.chip.endsWith("-aon") ? "aon " : ""}${line.offset}`),
    ["7 106", "13 108", "16 aon 9", "18 43", "22 96", "29 aon 1", "31 aon 0", "32 aon 8", "33 aon 2", "37 aon 3"],
  );
});

test("a name that no pin has is not found", () => {
  for (const name of ["", "1", "GND", "io99", "pwm"]) assert.equal(findPin(raspberryPi5("5"), name), undefined);
});
