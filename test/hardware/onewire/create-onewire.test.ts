import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import { crc8 } from "../../../src/hardware/onewire/crc8.js";
import { createOneWire } from "../../../src/hardware/onewire/create-onewire.js";
import { FakeOneWire } from "../../../src/hardware/onewire/fake-onewire.js";
import type { OneWire } from "../../../src/hardware/onewire/onewire.js";
import { tempFolder } from "../../support/temp-folder.js";

const ID = "28-000005e2fdc3";
const OTHER = "28-0316a2795dff";

/** Captured and computed scratchpads, with degrees Celsius. */
const SCRATCHPADS: readonly (readonly [string, number])[] = [
  ["4b 01 4b 46 7f ff 05 10 e1", 20.6875],
  ["98 01 4b 46 7f ff 08 10 22", 25.5],
  ["50 05 4b 46 7f ff 0c 10 1c", 85],
];

function folder(t: TestContext): { readonly oneWire: OneWire; readonly devices: string; put(id: string, text: string): void } {
  const sys = tempFolder(t);
  const devices = path.join(sys, "bus/w1/devices");
  mkdirSync(path.join(devices, "w1_bus_master1"), { recursive: true });
  return {
    oneWire: createOneWire({ roots: { sys, dev: "/dev", proc: "/proc" } }),
    devices,
    put(id, text) {
      mkdirSync(path.join(devices, id), { recursive: true });
      writeFileSync(path.join(devices, id, "w1_slave"), text);
    },
  };
}

function slaveText(bytes: string, verdict = "YES", millidegrees = 20687): string {
  return `${bytes} : crc=${bytes.slice(-2)} ${verdict}\n${bytes} t=${millidegrees}\n`;
}

for (const [bytes, celsius] of SCRATCHPADS) {
  test(`the scratchpad of ${celsius} °C has a good checksum and is read whole`, async (t) => {
    const { oneWire, put } = folder(t);
    put(ID, slaveText(bytes));
    const scratchpad = await oneWire.readScratchpad(ID);
    assert.equal(Buffer.from(scratchpad).toString("hex"), bytes.replaceAll(" ", ""));
    assert.equal(crc8(scratchpad), 0);
    assert.equal(Buffer.from(scratchpad).readInt16LE(0) / 16, celsius);
  });
}

test("devices are listed without bus masters", async (t) => {
  const { oneWire, put } = folder(t);
  put(OTHER, "");
  put(ID, "");
  assert.deepEqual(await oneWire.devices(), [ID, OTHER]);
});

test("a machine without 1-Wire has no devices", async (t) => {
  const oneWire = createOneWire({ roots: { sys: tempFolder(t), dev: "/dev", proc: "/proc" } });
  assert.deepEqual(await oneWire.devices(), []);
  await assert.rejects(
    oneWire.readScratchpad(ID),
    (error) => isPinionError(error, "ONEWIRE_MISSING") && /dtoverlay=w1-gpio/.test(error.message),
  );
});

test("a sensor that is gone is missing, with those there are, and works again when it is back", async (t) => {
  const { oneWire, put, devices } = folder(t);
  put(OTHER, slaveText("4b 01 4b 46 7f ff 05 10 e1"));
  const isMissing = (error: unknown): boolean => isPinionError(error, "ONEWIRE_MISSING") && error.message.includes(OTHER);
  await assert.rejects(oneWire.readScratchpad(ID), isMissing);
  put(ID, "");
  await assert.rejects(oneWire.readScratchpad(ID), isMissing);
  put(ID, slaveText("4b 01 4b 46 7f ff 05 10 e1"));
  assert.equal((await oneWire.readScratchpad(ID))[0], 0x4b);
  rmSync(path.join(devices, ID), { recursive: true });
  await assert.rejects(oneWire.readScratchpad(ID), isMissing);
});

for (const [what, text] of [
  ["the kernel's NO", slaveText("4b 01 4b 46 7f ff 05 10 e1", "NO")],
  ["a checksum that is wrong although the kernel says YES", slaveText("4b 01 4b 46 7f ff 05 10 e2")],
  ["a line that is shorted to ground", slaveText("00 00 00 00 00 00 00 00 00")],
  ["a line that never goes low", slaveText("ff ff ff ff ff ff ff ff ff", "NO")],
  ["text that is no scratchpad", "hello\n"],
] as const) {
  test(`${what} gives no reading`, async (t) => {
    const { oneWire, put } = folder(t);
    put(ID, text);
    await assert.rejects(oneWire.readScratchpad(ID), (error) => isPinionError(error, "ONEWIRE_CHECKSUM") && error.message.includes(ID));
  });
}

test("an id that is none is refused", async (t) => {
  const { oneWire } = folder(t);
  await assert.rejects(oneWire.readScratchpad("../../etc"), /expected the id of a 1-Wire device/);
});

test("the fake makes scratchpads as the chip does", async () => {
  const oneWire = new FakeOneWire();
  for (const [bytes, celsius] of SCRATCHPADS.slice(0, 2)) {
    oneWire.setTemperature(ID, celsius);
    assert.equal(Buffer.from(await oneWire.readScratchpad(ID)).toString("hex"), bytes.replaceAll(" ", ""));
  }
  oneWire.setTemperature(ID, -10.125);
  assert.equal(Buffer.from(await oneWire.readScratchpad(ID)).readUInt16LE(0), 0xff5e);
});

test("the fake goes missing and has bad checksums when told to", async () => {
  const oneWire = new FakeOneWire();
  oneWire.setTemperature(ID, 20);
  oneWire.failNext(ID, "checksum");
  await assert.rejects(oneWire.readScratchpad(ID), (error) => isPinionError(error, "ONEWIRE_CHECKSUM"));
  oneWire.failNext(ID, "missing");
  await assert.rejects(oneWire.readScratchpad(ID), (error) => isPinionError(error, "ONEWIRE_MISSING"));
  assert.equal((await oneWire.readScratchpad(ID)).length, 9);
  oneWire.remove(ID);
  assert.deepEqual(await oneWire.devices(), []);
});
