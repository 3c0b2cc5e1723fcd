import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import { createI2c } from "../../../src/hardware/i2c/create-i2c.js";
import { boundDriver } from "../../../src/hardware/i2c/kernel-buses.js";
import type { Roots } from "../../../src/hardware/roots.js";
import { tempFolder } from "../../support/temp-folder.js";

function captured(t: TestContext): Roots {
  const folder = tempFolder(t);
  const roots = { sys: path.join(folder, "sys"), dev: path.join(folder, "dev"), proc: path.join(folder, "proc") };
  for (const [number, name] of [
    [10, "i2c@1f00074000"],
    [1, "bcm2835 (i2c@7e804000)"],
  ] as const) {
    mkdirSync(path.join(roots.sys, `bus/i2c/devices/i2c-${number}`), { recursive: true });
    writeFileSync(path.join(roots.sys, `bus/i2c/devices/i2c-${number}/name`), `${name}\n`);
    mkdirSync(roots.dev, { recursive: true });
    writeFileSync(path.join(roots.dev, `i2c-${number}`), "");
  }
  mkdirSync(path.join(roots.sys, "bus/i2c/devices/1-0076"));
  mkdirSync(path.join(roots.sys, "bus/i2c/drivers/bmp280"), { recursive: true });
  symlinkSync("../../drivers/bmp280", path.join(roots.sys, "bus/i2c/devices/1-0076/driver"));
  return roots;
}

test("buses come with the names of their adapters, in order", (t) => {
  assert.deepEqual(createI2c({ roots: captured(t) }).buses(), [
    { number: 1, name: "bcm2835 (i2c@7e804000)" },
    { number: 10, name: "i2c@1f00074000" },
  ]);
});

test("buses without /sys have no names, and a machine without I2C has no buses", (t) => {
  const roots = captured(t);
  assert.deepEqual(createI2c({ roots: { ...roots, sys: "/nowhere" } }).buses()[0], { number: 1, name: "" });
  assert.deepEqual(createI2c({ roots: { ...roots, dev: "/nowhere" } }).buses(), []);
});

test("the kernel's driver of an address is known", (t) => {
  const roots = captured(t);
  assert.equal(boundDriver(roots, 1, 0x76), "bmp280");
  assert.equal(boundDriver(roots, 1, 0x77), undefined);
});

test("a bus that is not there is said to be missing, with those there are", async (t) => {
  const i2c = createI2c({ roots: captured(t) });
  t.after(() => i2c.close());
  await assert.rejects(i2c.device(250, 0x40).readByte(0), (error) => {
    assert.ok(isPinionError(error, "I2C_BUS_MISSING"), String(error));
    assert.match(error.message, /i2c-250 address 0x40: there is no such bus .*i2c-1 \(bcm2835 \(i2c@7e804000\)\)/);
    return true;
  });
  await assert.rejects(i2c.scan(250), (error) => isPinionError(error, "I2C_BUS_MISSING"));
});
