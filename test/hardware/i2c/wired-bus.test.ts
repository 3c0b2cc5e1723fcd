import assert from "node:assert/strict";
import { test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import type { I2cWire } from "../../../src/hardware/i2c/i2c-wire.js";
import { WiredI2c } from "../../../src/hardware/i2c/wired-i2c.js";
import { FakeClock } from "../../support/fake-clock.js";

/** A wire whose reads do what the test says; counts calls and drops. */
function scriptedWire(read: () => Promise<number>): I2cWire & { reads: number; drops: number } {
  const unused = (): Promise<never> => Promise.reject(new Error("not used here"));
  return {
    reads: 0,
    drops: 0,
    async readByte() {
      this.reads++;
      return read();
    },
    drop() {
      this.drops++;
    },
    readWord: unused,
    readBlock: unused,
    writeByte: unused,
    writeWord: unused,
    writeBlock: unused,
    receive: unused,
    send: unused,
    probe: unused,
  };
}

function on(wire: I2cWire, clock: FakeClock, driver?: string): WiredI2c {
  return new WiredI2c({ buses: () => [], openWire: () => wire, boundDriver: () => driver }, clock);
}

function kernelError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });
}

test("a bus that is held low is left alone for a moment, then tried again", async () => {
  const clock = new FakeClock();
  let isHeld = true;
  const wire = scriptedWire(() => (isHeld ? Promise.reject(kernelError("ETIMEDOUT", "readByte")) : Promise.resolve(7)));
  const device = on(wire, clock).device(1, 0x40);
  const all = await Promise.allSettled([device.readByte(0), device.readByte(0), device.readByte(0)]);
  for (const result of all) assert.ok(result.status === "rejected" && isPinionError(result.reason, "I2C_BUS_HELD"));
  assert.equal(wire.reads, 1);
  await clock.advance(250);
  isHeld = false;
  assert.equal(await device.readByte(0), 7);
  assert.equal(wire.reads, 2);
});

test("tries are few and short apart", async () => {
  const clock = new FakeClock();
  const wire = scriptedWire(() => Promise.reject(kernelError("EREMOTEIO", "readByte")));
  const failed = assert.rejects(on(wire, clock).device(1, 0x40).readByte(0), (error) => isPinionError(error, "I2C_NO_ANSWER"));
  await clock.advance(10);
  await failed;
  assert.equal(wire.reads, 3);
  assert.equal(wire.drops, 0);
});

test("an address that a driver of the kernel has is named with the driver, and nothing stays open for it", async () => {
  const wire = scriptedWire(() => Promise.reject(kernelError("EBUSY", "setAddr")));
  await assert.rejects(on(wire, new FakeClock(), "bmp280").device(1, 0x76).readByte(0xd0), (error) => {
    assert.ok(isPinionError(error, "I2C_ADDRESS_BUSY"));
    assert.match(error.message, /i2c-1 address 0x76: the kernel's driver bmp280 has this address/);
    return true;
  });
  assert.equal(wire.drops, 1);
});

test("a busy bus is not taken for a busy address", async () => {
  const wire = scriptedWire(() => Promise.reject(kernelError("EBUSY", "readByte")));
  await assert.rejects(on(wire, new FakeClock()).device(1, 0x76).readByte(0xd0), (error) => isPinionError(error, "I2C_BUS_HELD"));
});

test("an adapter that was pulled out is a missing bus", async () => {
  const clock = new FakeClock();
  const wire = scriptedWire(() => Promise.reject(kernelError("ENODEV", "open")));
  await assert.rejects(on(wire, clock).device(7, 0x76).readByte(0xd0), (error) => {
    assert.ok(isPinionError(error, "I2C_BUS_MISSING"));
    assert.match(error.message, /There is none: switch I2C on .*modprobe i2c-dev/);
    return true;
  });
  assert.equal(wire.drops, 1);
});

test("what is open is given back when nothing was asked for a second, and opened again after", async () => {
  const clock = new FakeClock();
  const wire = scriptedWire(() => Promise.resolve(1));
  const device = on(wire, clock).device(1, 0x40);
  await device.readByte(0);
  await clock.advance(900);
  await device.readByte(0);
  await clock.advance(900);
  assert.equal(wire.drops, 0);
  await clock.advance(200);
  assert.equal(wire.drops, 1);
  assert.equal(clock.timers, 0);
  assert.equal(await device.readByte(0), 1);
});

test("what was stuck is given up once it comes back, and closing does not wait for it", async () => {
  const clock = new FakeClock();
  let comeBack: (value: number) => void = () => undefined;
  const wire = scriptedWire(
    () =>
      new Promise((resolve) => {
        comeBack = resolve;
      }),
  );
  const i2c = on(wire, clock);
  const failed = assert.rejects(i2c.device(1, 0x40).readByte(0), (error) => isPinionError(error, "I2C_BUS_HELD"));
  await clock.advance(2000);
  await failed;
  await i2c.close();
  assert.equal(wire.drops, 0);
  comeBack(1);
  await clock.advance(0);
  assert.equal(wire.drops, 1);
});
