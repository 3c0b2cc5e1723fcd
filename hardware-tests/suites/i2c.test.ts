/** The hardware layer's I2C: registers as the chips lay them out, and devices that do not answer. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { isPinionError } from "../../src/hardware/index.js";
import { have, type I2cRegisters, type I2cRig, openRig, type Rig } from "../rig.js";

const ABSENT = 0x5c;

describe("I2C", () => {
  let rig: Rig;

  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  const simulated = (t: TestContext): (I2cRig & { readonly registers: I2cRegisters }) | undefined => {
    const found = rig.i2c?.registers === undefined ? undefined : { ...rig.i2c, registers: rig.i2c.registers };
    if (found === undefined) t.skip("needs chips whose registers can be preset: npm run test:board");
    return found;
  };

  test("bytes and blocks are read and written where they belong", async (t) => {
    const i2c = simulated(t);
    const address = i2c?.address("bme280");
    if (i2c === undefined || address === undefined) return;
    i2c.registers.setBytes(address, 0x10, 1, 2, 3, 4);
    const device = rig.hardware.i2c.device(i2c.bus, address);
    assert.equal(await device.readByte(0x11), 2);
    assert.deepEqual([...(await device.readBlock(0x10, 4))], [1, 2, 3, 4]);
    await device.writeBlock(0x20, Uint8Array.of(9, 8, 7));
    await device.writeByte(0x23, 6);
    assert.deepEqual(
      [0x20, 0x21, 0x22, 0x23].map((register) => i2c.registers.byte(address, register)),
      [9, 8, 7, 6],
    );
  });

  test("words have their most significant byte first", async (t) => {
    const i2c = simulated(t);
    const address = i2c?.address("ina219");
    if (i2c === undefined || address === undefined) return;
    i2c.registers.setWord(address, 1, 0x1234);
    const device = rig.hardware.i2c.device(i2c.bus, address);
    assert.equal(await device.readWord(1), 0x1234);
    await device.writeWord(5, 0xa001);
    assert.equal(i2c.registers.word(address, 5), 0xa001);
  });

  test("a device that does not answer is named with its bus and address", async (t) => {
    if (!have(t, rig.i2c, "a chip on an I2C bus")) return;
    const device = rig.hardware.i2c.device(rig.i2c.bus, ABSENT);
    const name = new RegExp(`i2c-${rig.i2c.bus}\\b.*0x5c`, "i");
    await assert.rejects(device.readByte(0), (error) => isPinionError(error, "I2C_NO_ANSWER") && name.test(error.message));
  });

  test("a scan finds the chips that there are, and no other", async (t) => {
    if (!have(t, rig.i2c, "a chip on an I2C bus")) return;
    const address = rig.i2c.address("bme280") ?? rig.i2c.address("ina219") ?? rig.i2c.address("mpu6050");
    if (!have(t, address, "a BME280, INA219 or MPU6050")) return;
    const found = await rig.hardware.i2c.scan(rig.i2c.bus);
    assert.ok(found.includes(address), `0x${address.toString(16)} among ${found.join(", ")}`);
    assert.ok(!found.includes(ABSENT));
  });

  test("steps of a sequence stay together while others want the bus", async (t) => {
    const i2c = simulated(t);
    const address = i2c?.address("bme280");
    if (i2c === undefined || address === undefined) return;
    const device = rig.hardware.i2c.device(i2c.bus, address);
    const order: string[] = [];
    const sequence = device.sequence(async (own) => {
      await own.writeByte(0x30, 1);
      order.push("first");
      await own.writeByte(0x31, 2);
      order.push("second");
    });
    const other = device.readByte(0x30).then(() => order.push("other"));
    await Promise.all([sequence, other]);
    assert.deepEqual(order, ["first", "second", "other"]);
  });
});
