import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { isPinionError } from "../../src/base/errors.js";
import { silentLogger } from "../../src/base/logger.js";
import { millis } from "../../src/base/millis.js";
import { readSafeLevels, writeSafeLevels } from "../../src/hardware/safe/safe-levels-file.js";
import { SafeOutputs } from "../../src/hardware/safe/safe-outputs.js";
import { createFakeHardware, type FakeHardware, FakeRegisterChip } from "../../src/hardware/testing.js";
import { parseResourceName, type ResourceName } from "../../src/resource/resource-name.js";
import type { DirectAction } from "../../src/resource/safe-action.js";
import { FakeClock } from "../support/fake-clock.js";
import { tempFolder } from "../support/temp-folder.js";

function motor(name: string): ResourceName {
  const parsed = parseResourceName(`rdk:component:motor/${name}`);
  assert.ok(parsed);
  return parsed;
}

const A = motor("a");
const B = motor("b");
const CHIP = "pinctrl-rp1";
const line = (offset: number, isHigh = false): DirectAction & { kind: "line" } => ({ kind: "line", chip: CHIP, offset, isHigh });

function start(): { outputs: SafeOutputs; fake: FakeHardware; clock: FakeClock } {
  const fake = createFakeHardware();
  const clock = new FakeClock();
  return { outputs: new SafeOutputs({ hardware: fake.hardware, clock, logger: silentLogger }), fake, clock };
}

test("lines are driven before the first wait, held, and let go when their resource is built again", async () => {
  const { outputs, fake } = start();
  fake.gpio.drive(line(5), true);
  const done = outputs.perform(A, [line(5), line(6, true)]);
  assert.deepEqual([fake.gpio.level(line(5)), fake.gpio.level(line(6))], [false, true]);
  assert.deepEqual(await done, []);
  assert.throws(() => fake.hardware.gpio.openOutputs([line(5)], { consumer: "x", initial: [true] }), /held by "pinion \(safe level\)"/);
  outputs.release(B);
  assert.equal(fake.gpio.openRequests.length, 2);
  outputs.release(A);
  assert.equal(fake.gpio.openRequests.length, 0);
  outputs.release(A);
});

test("done again it has the same effect", async () => {
  const { outputs, fake } = start();
  await outputs.perform(A, [line(5)]);
  assert.deepEqual(await outputs.perform(A, [line(5)]), []);
  assert.equal(fake.gpio.level(line(5)), false);
});

test("a line that two resources share is let go when the first of them is built again", async () => {
  const { outputs, fake } = start();
  await Promise.all([outputs.perform(A, [line(5)]), outputs.perform(B, [line(5), line(7)])]);
  outputs.release(A);
  assert.deepEqual(
    fake.gpio.openRequests.flatMap(({ addresses }) => addresses),
    [{ chip: CHIP, offset: 7 }],
  );
});

test("a line that the dying process still holds is driven as soon as it is free, the others at once", async () => {
  const { outputs, fake, clock } = start();
  fake.gpio.hog(line(5), "dying");
  const done = outputs.perform(A, [line(5), line(6, true)]);
  assert.equal(fake.gpio.level(line(6)), true);
  await clock.advance(millis(30));
  fake.gpio.unhog(line(5));
  await clock.advance(millis(30));
  assert.deepEqual(await done, []);
  assert.equal(fake.gpio.direction(line(5)), "output");
});

test("a line that stays held is told with its holder after a second, and the steps after it are done", async () => {
  const { outputs, fake, clock } = start();
  fake.gpio.hog(line(5), "gpioset");
  fake.i2c.add(1, 0x40, new FakeRegisterChip());
  const done = outputs.perform(A, [line(5), { kind: "i2c", bus: 1, address: 0x40, bytes: [0xfd, 0x10] }]);
  await clock.advance(millis(1100));
  const failures = await done;
  assert.equal(failures.length, 1);
  assert.ok(isPinionError(failures[0]?.error, "GPIO_LINE_BUSY"));
  assert.match(String(failures[0]?.error), /gpioset/);
  assert.equal(fake.i2c.log.length, 1);
});

test("what is not done yet when the resource is built again is given up and told", async () => {
  const { outputs, fake, clock } = start();
  fake.gpio.hog(line(5), "dying");
  const done = outputs.perform(A, [line(5), { kind: "i2c", bus: 1, address: 0x40, bytes: [0xfd, 0x10] }]);
  await clock.advance(millis(3));
  outputs.release(A);
  fake.gpio.unhog(line(5));
  await clock.advance(millis(2000));
  const failures = await done;
  assert.deepEqual(
    failures.map(({ action }) => action.kind),
    ["line", "i2c"],
  );
  assert.match(String(failures[1]?.error), /given up: its module is back/);
  assert.equal(fake.gpio.openRequests.length, 0);
});

test("PWM off, bytes to I2C in one, two and many, bytes to a serial port", async () => {
  const { outputs, fake } = start();
  const chip = fake.i2c.add(1, 0x40, new FakeRegisterChip());
  const port = fake.serial.add("/dev/ttyUSB0");
  fake.pwm.leaveExported({ device: "1f00098000.pwm", channel: 2 });
  const failures = await outputs.perform(A, [
    { kind: "pwm", device: "1f00098000.pwm", channel: 2 },
    { kind: "i2c", bus: 1, address: 0x40, bytes: [0x10, 0xaa] },
    { kind: "i2c", bus: 1, address: 0x40, bytes: [0x20, 1, 2, 3, 4] },
    { kind: "serial", port: "/dev/ttyUSB0", baudRate: 38400, bytes: [0x80, 0, 0] },
  ]);
  assert.deepEqual(failures, []);
  assert.deepEqual(
    fake.pwm.changes({ device: "1f00098000.pwm", channel: 2 }).map(({ kind }) => kind),
    ["off"],
  );
  assert.ok(chip);
  assert.equal(fake.i2c.log.length, 2);
  assert.deepEqual([...port.written], [0x80, 0, 0]);
  assert.equal(port.options?.baudRate, 38400);
  assert.equal(port.isOpen, false);
});

test("PWM that is not in use, or not there at all, is off", async () => {
  const { outputs, fake } = start();
  const failures = await outputs.perform(A, [
    { kind: "pwm", device: "1f00098000.pwm", channel: 2 },
    { kind: "pwm", device: "1f00098000.pwm", channel: 77 },
    { kind: "pwm", device: "fe20c000.pwm", channel: 0 },
  ]);
  assert.deepEqual(failures, []);
  assert.deepEqual(fake.pwm.changes({ device: "1f00098000.pwm", channel: 2 }), []);
});

test("the line of a PWM pin is driven low only where the channel is not in use, again and again", async () => {
  const { outputs, fake, clock } = start();
  const [used, unused] = [
    { device: "1f00098000.pwm", channel: 2 },
    { device: "1f00098000.pwm", channel: 3 },
  ];
  fake.pwm.leaveExported(used);
  fake.gpio.drive(line(19), true);
  fake.gpio.hog(line(19), "dying");
  const steps: DirectAction[] = [
    { kind: "pwm", ...unused, orLine: { chip: CHIP, offset: 19 } },
    { kind: "pwm", ...used, orLine: { chip: CHIP, offset: 18 } },
  ];
  const done = outputs.perform(A, steps);
  assert.equal(fake.pwm.changes(used).length, 1, "one that waits for its line holds up no other");
  fake.gpio.unhog(line(19));
  await clock.advance(millis(30));
  assert.deepEqual(await done, []);
  assert.deepEqual(await outputs.perform(A, steps), []);
  assert.deepEqual(
    fake.gpio.openRequests.flatMap(({ addresses }) => addresses),
    [{ chip: CHIP, offset: 19 }],
  );
  assert.equal(fake.gpio.level(line(19)), false);
  assert.equal(fake.pwm.isLeftExported(used), true);
});

test("of a byte with a mask only those bits change", async () => {
  const { outputs, fake } = start();
  const chip = fake.i2c.add(1, 0x20, new FakeRegisterChip());
  chip.set(0x15, 0b1010_0101);
  const write = (value: number, mask: number): DirectAction => ({ kind: "i2c", bus: 1, address: 0x20, bytes: [0x15, value], mask });
  const failures = await Promise.all([outputs.perform(A, [write(0, 0b1)]), outputs.perform(B, [write(0b1000_1010, 0b10)])]);
  assert.deepEqual(failures, [[], []]);
  assert.equal(chip.bytes[0x15], 0b1010_0110);
});

test("a serial port that is gone is told with what is there instead", async () => {
  const { outputs, fake, clock } = start();
  fake.serial.add("/dev/ttyUSB7");
  const done = outputs.perform(A, [{ kind: "serial", port: "/dev/ttyUSB0", baudRate: 9600, bytes: [1] }]);
  await clock.advance(millis(1000));
  const [failure] = await done;
  assert.match(String(failure?.error), /ttyUSB0.*ttyUSB7/s);
});

test("an output that could not be made safe is told beforehand", () => {
  const fake = createFakeHardware();
  const told: unknown[] = [];
  const outputs = new SafeOutputs({
    hardware: fake.hardware,
    clock: new FakeClock(),
    logger: { ...silentLogger, warn: (fields) => void told.push(fields) },
  });
  const missing: DirectAction = { kind: "line", chip: "nowhere", offset: 1, isHigh: false };
  outputs.prepare([line(5), missing]);
  assert.equal(told.length, 1);
  assert.match(JSON.stringify(told), /line 1 of GPIO chip \\"nowhere\\" low/);
});

test("safe levels are written when they change only, and read as they were", (t) => {
  const folder = tempFolder(t);
  const file = path.join(folder, "safe-levels.json");
  writeSafeLevels(folder, new Map());
  assert.equal(statSync(file, { throwIfNoEntry: false }), undefined);
  const levels = new Map<ResourceName, readonly DirectAction[]>([
    [B, [line(5), { kind: "pwm", device: "p", channel: 1 }, { kind: "pwm", device: "p", channel: 2, orLine: { chip: CHIP, offset: 18 } }]],
    [
      A,
      [
        { kind: "i2c", bus: 1, address: 64, bytes: [1, 2] },
        { kind: "i2c", bus: 1, address: 64, bytes: [1, 2], mask: 2 },
        { kind: "serial", port: "/dev/x", baudRate: 9600, bytes: [3] },
      ],
    ],
  ]);
  writeSafeLevels(folder, levels);
  const { ino } = statSync(file);
  writeSafeLevels(folder, new Map([...levels].toReversed()));
  assert.equal(statSync(file).ino, ino);
  assert.deepEqual(new Map([...readSafeLevels(folder)]), new Map([...levels].toReversed()));
  writeSafeLevels(folder, new Map());
  assert.equal(readSafeLevels(folder).size, 0);
});

test("what is no step in the file is left out, and a broken file counts as none", (t) => {
  const folder = tempFolder(t);
  const file = path.join(folder, "safe-levels.json");
  const actions = [
    { kind: "line", chip: "c", offset: -1, isHigh: true },
    { kind: "serial", port: "p", baudRate: 1, bytes: [300] },
    { kind: "i2c", bus: 1, address: 64, bytes: [1, 2], mask: 256 },
    line(5),
    7,
    { kind: "x" },
  ];
  writeFileSync(file, JSON.stringify({ resources: { [A]: actions, nonsense: [line(1)] } }));
  assert.deepEqual([...readSafeLevels(folder)], [[A, [line(5)]]]);
  writeFileSync(file, "{");
  assert.equal(readSafeLevels(folder).size, 0);
});
