/** What only the virtual board can show of the hardware layer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHardware, type Edge, SYSTEM_ROOTS } from "../../src/hardware/index.js";
import { eventually } from "../../test/support/eventually.js";
import { HEADER_CHIP, openBoardRig } from "../board/board-rig.js";
import { SimChip } from "../board/gpio-sim.js";
import { I2cStub } from "../board/i2c-stub.js";

test("the board says what it is, and the layer has its table and the kernel's character device", (t) => {
  const hardware = createHardware();
  t.after(() => hardware.gpio.close());
  assert.match(hardware.board?.name ?? "no table", /Raspberry Pi 4/);
  assert.equal(hardware.gpio.backend, "character-device");
  assert.deepEqual(hardware.gpio.findLine("GPIO17"), { chip: HEADER_CHIP, offset: 17 });
});

test("a line that a driver of the kernel has is refused with its name", (t) => {
  const hardware = createHardware();
  t.after(() => hardware.gpio.close());
  assert.throws(() => hardware.gpio.openOutputs([{ chip: HEADER_CHIP, offset: 42 }], { consumer: "test", initial: [false] }), /ACT/);
});

test("without a character device, levels and edges go through sysfs", async (t) => {
  const hardware = createHardware({ roots: { ...SYSTEM_ROOTS, dev: "/nowhere" } });
  t.after(() => hardware.gpio.close());
  assert.equal(hardware.gpio.backend, "sysfs");
  const chip = SimChip.find(HEADER_CHIP);
  const output = hardware.gpio.openOutputs([{ chip: HEADER_CHIP, offset: 26 }], { consumer: "test", initial: [true] });
  assert.equal(chip.level(26), true);
  output.set([false]);
  assert.equal(chip.level(26), false);
  output.close();
  const edges: Edge[] = [];
  chip.drive(21, false);
  const watch = hardware.gpio.watch([{ chip: HEADER_CHIP, offset: 21 }], { consumer: "test" }, (more) => edges.push(...more));
  for (let edge = 1; edge <= 10; edge++) {
    chip.drive(21, edge % 2 === 1);
    await eventually(`edge ${edge}`, () => edges.length === edge, 2000);
  }
  assert.deepEqual(
    edges.map(({ isHigh }) => isHigh),
    [true, false, true, false, true, false, true, false, true, false],
  );
  watch.close();
});

test("a chip that is unplugged makes an error, and works again when it is back", (t) => {
  const bank = { label: "usb-gpio", lines: 4 };
  const chip = SimChip.create(bank);
  const hardware = createHardware();
  t.after(() => hardware.gpio.close());
  const line = { chip: bank.label, offset: 1 };
  hardware.gpio.openOutputs([line], { consumer: "test", initial: [true] }).close();
  chip.remove();
  assert.throws(() => hardware.gpio.openOutputs([line], { consumer: "test", initial: [true] }), /usb-gpio/);
  const again = SimChip.create(bank);
  t.after(() => again.remove());
  const output = hardware.gpio.openOutputs([line], { consumer: "test", initial: [true] });
  assert.equal(again.level(1), true);
  output.close();
});

test("hardware PWM goes out through the kernel's own driver", async (t) => {
  const rig = await openBoardRig();
  t.after(() => rig.close());
  const stub = I2cStub.find();
  const address = rig.i2c?.address("pca9685") ?? 0;
  const folder = stub.bindKernelDriver("pca9685-pwm", address);
  t.after(() => stub.unbindKernelDriver(address));
  const device = folder.slice(folder.lastIndexOf("/") + 1);
  const output = rig.hardware.pwm.openHardware({ device, channel: 2 });
  output.set(50, 0.075);
  // 25 MHz / (4096 * 50) - 1, and 7.5 % of 4096 counts, rounded up by the kernel.
  assert.equal(stub.byte(address, 0xfe), 0x79);
  assert.equal(stub.byte(address, 0x06 + 8 + 2) | (stub.byte(address, 0x06 + 8 + 3) << 8), 308);
  output.off();
  output.close();
});

test("an address that a driver of the kernel has is refused with the driver's name", async (t) => {
  const rig = await openBoardRig();
  t.after(() => rig.close());
  const stub = I2cStub.find();
  const address = rig.i2c?.address("pca9685") ?? 0;
  stub.bindKernelDriver("pca9685-pwm", address);
  t.after(() => stub.unbindKernelDriver(address));
  await assert.rejects(rig.hardware.i2c.device(stub.bus, address).readByte(0), /pca9685/);
});

test("two serial ports of the kernel's with a cable between them hear each other", async (t) => {
  const hardware = createHardware();
  const near = hardware.serial.open({ port: "/dev/ttyS0", baudRate: 115200 });
  const far = hardware.serial.open({ port: "/dev/ttyS1", baudRate: 115200 });
  t.after(() => Promise.all([near.close(), far.close()]));
  let heard = "";
  far.onData((bytes) => {
    heard += Buffer.from(bytes).toString("latin1");
  });
  await Promise.all([near.connected(AbortSignal.timeout(5000)), far.connected(AbortSignal.timeout(5000))]);
  const text = "$GPGGA,no parity, no flow control: \u0000\u0011\u0013\u00ff";
  await near.write(Buffer.from(text, "latin1"));
  await eventually("all of it", () => heard === text, 5000);
});
