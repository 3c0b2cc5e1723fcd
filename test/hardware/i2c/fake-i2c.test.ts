import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, isPinionError } from "../../../src/base/errors.js";
import { type FakeFault, FakeI2c, FakeRawChip, FakeRegisterChip, FakeWordChip, fakeNoAnswer } from "../../../src/hardware/i2c/fake-i2c.js";
import { FakeClock } from "../../support/fake-clock.js";

test("a chip with byte registers answers bytes, words and blocks", async () => {
  const i2c = new FakeI2c();
  const chip = i2c.add(1, 0x76, new FakeRegisterChip({ registers: { 208: 0x60, 247: [1, 2, 3] } }));
  const device = i2c.device(1, 0x76);
  assert.equal(await device.readByte(0xd0), 0x60);
  assert.equal(await device.readWord(0xf7), 0x0102);
  assert.deepEqual([...(await device.readBlock(0xf7, 3))], [1, 2, 3]);
  await device.writeByte(0xf4, 0x27);
  await device.writeWord(0x10, 0x1234);
  await device.writeBlock(0x20, Uint8Array.of(7, 8));
  assert.deepEqual([chip.bytes[0xf4], chip.bytes[0x10], chip.bytes[0x11], chip.bytes[0x20], chip.bytes[0x21]], [0x27, 0x12, 0x34, 7, 8]);
  assert.deepEqual(i2c.writes(1, 0x76), [
    [0xf4, 0x27],
    [0x10, 0x12, 0x34],
    [0x20, 7, 8],
  ]);
});

test("a chip with word registers has them most significant byte first", async () => {
  const i2c = new FakeI2c();
  const chip = i2c.add(1, 0x40, new FakeWordChip({ registers: { 0: 0x399f, 2: 0x5d98 } }));
  const device = i2c.device(1, 0x40);
  assert.equal(await device.readWord(2), 0x5d98);
  assert.deepEqual([...(await device.readBlock(0, 2))], [0x39, 0x9f]);
  await device.writeWord(5, 0x1000);
  assert.equal(chip.words[5], 0x1000);
});

test("hooks clear bits and raise them", async () => {
  const i2c = new FakeI2c();
  i2c.add(
    1,
    0x68,
    new FakeRegisterChip({
      onWrite: (register, value, chip) => {
        if (register === 0x6b) chip.set(0x6b, value & 0x7f);
      },
      onRead: (register, chip) => {
        if (register === 0x3a) chip.set(0x3a, 1);
      },
    }),
  );
  const device = i2c.device(1, 0x68);
  await device.writeByte(0x6b, 0x80);
  assert.equal(await device.readByte(0x6b), 0);
  assert.equal(await device.readByte(0x3a), 1);
});

test("a raw chip takes commands, and may not acknowledge while it is busy", async () => {
  let isBusy = true;
  const sent: number[][] = [];
  const i2c = new FakeI2c();
  const onReceive = (length: number): number[] => {
    if (isBusy) throw fakeNoAnswer();
    return [0xbe, 0xef, 0x92].slice(0, length);
  };
  i2c.add(1, 0x44, new FakeRawChip({ onSend: (bytes) => sent.push([...bytes]), onReceive }));
  const device = i2c.device(1, 0x44);
  await device.send(Uint8Array.of(0x24, 0x00));
  await assert.rejects(device.receive(3), (error) => isPinionError(error, "I2C_NO_ANSWER"));
  isBusy = false;
  assert.deepEqual([...(await device.receive(3))], [0xbe, 0xef, 0x92]);
  assert.deepEqual(sent, [[0x24, 0x00]]);
});

const FAULTS: readonly (readonly [FakeFault, ErrorCode, RegExp])[] = [
  [
    "no-answer",
    "I2C_NO_ANSWER",
    /i2c-1 address 0x40: no answer while reading register 0x05 \(4 bytes\) \(EREMOTEIO, 3 tries\).*i2cdetect -y 1/,
  ],
  ["arbitration-lost", "I2C_ARBITRATION_LOST", /lost arbitration .*\(EAGAIN, 3 tries\)/],
  ["bus-held", "I2C_BUS_HELD", /the bus is held low .*\(ETIMEDOUT\)/],
  ["address-busy", "I2C_ADDRESS_BUSY", /a driver of the kernel has this address/],
  ["permission", "I2C_PERMISSION", /group i2c/],
  ["bus-missing", "I2C_BUS_MISSING", /there is no such bus .*i2c-1 \(fake\).*dtparam=i2c_arm=on/],
  ["unsupported", "I2C_UNSUPPORTED", /cannot do this kind of transfer/],
  ["short", "I2C_SHORT", /expected 4 bytes, got 3 while reading register 0x05/],
  ["failed", "I2C_FAILED", /failed .*\(EIO\)/],
];

for (const [fault, code, text] of FAULTS) {
  test(`${fault} is reported as ${code}, and the next transfer works`, async () => {
    const i2c = new FakeI2c();
    i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 5: [9, 8, 7, 6] } }));
    const device = i2c.device(1, 0x40);
    i2c.failNext(1, 0x40, fault);
    await assert.rejects(device.readBlock(5, 4), (error) => {
      assert.ok(isPinionError(error, code), String(error));
      assert.match(error.message, text);
      return true;
    });
    assert.deepEqual([...(await device.readBlock(5, 4))], [9, 8, 7, 6]);
  });
}

test("a short answer is never taken for a byte or a word", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 5: [9, 8] } }));
  const device = i2c.device(1, 0x40);
  for (const read of [() => device.readByte(5), () => device.readWord(5), () => device.writeByte(5, 1), () => device.writeWord(5, 1)]) {
    i2c.failNext(1, 0x40, "short");
    await assert.rejects(read(), (error) => isPinionError(error, "I2C_FAILED"));
  }
});

test("lost arbitration and a missing answer are tried again", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  i2c.glitchNext(1, 0x40, "arbitration-lost");
  i2c.glitchNext(1, 0x40, "no-answer");
  assert.equal(await i2c.device(1, 0x40).readByte(0), 5);
  assert.deepEqual(
    i2c.log.map(({ fault }) => fault),
    ["EAGAIN", "EREMOTEIO", undefined],
  );
});

test("a chip that vanishes is absent until it is back, with what it held", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  const device = i2c.device(1, 0x40);
  i2c.setAbsent(1, 0x40);
  await assert.rejects(device.readByte(0), (error) => isPinionError(error, "I2C_NO_ANSWER"));
  assert.deepEqual(await i2c.scan(1), []);
  i2c.setAbsent(1, 0x40, false);
  assert.equal(await device.readByte(0), 5);
  assert.deepEqual(await i2c.scan(1), [0x40]);
});

test("a bus held low fails every transfer, and works when it is free", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  i2c.hold(1);
  await assert.rejects(i2c.device(1, 0x40).readByte(0), (error) => isPinionError(error, "I2C_BUS_HELD"));
  await assert.rejects(i2c.scan(1), (error) => isPinionError(error, "I2C_BUS_HELD"));
  i2c.release(1);
  assert.equal(await i2c.device(1, 0x40).readByte(0), 5);
});

test("a transfer that does not come back ends with its deadline, and others fail at once until it has", async () => {
  const clock = new FakeClock();
  const i2c = new FakeI2c({ clock });
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  const device = i2c.device(1, 0x40);
  i2c.hold(1, { isEndless: true });
  const first = assert.rejects(
    device.readByte(0),
    (error) => isPinionError(error, "I2C_BUS_HELD") && /not back after 2s/.test(error.message),
  );
  await clock.advance(2000);
  await first;
  await assert.rejects(
    device.readByte(0),
    (error) => isPinionError(error, "I2C_BUS_HELD") && /has not come back for 2s/.test(error.message),
  );
  i2c.release(1);
  await clock.advance(0);
  assert.equal(await device.readByte(0), 5);
});

test("a sequence is not interrupted by others", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip());
  i2c.add(1, 0x41, new FakeRegisterChip());
  const sequence = i2c.device(1, 0x40).sequence(async (device) => {
    await device.writeByte(1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([device.writeByte(2, 2), device.writeByte(3, 3)]);
    return device.readByte(3);
  });
  const other = i2c.device(1, 0x41).writeByte(9, 9);
  assert.equal(await sequence, 3);
  await other;
  assert.deepEqual(
    i2c.log.map(({ address, register }) => [address, register]),
    [
      [0x40, 1],
      [0x40, 2],
      [0x40, 3],
      [0x40, 3],
      [0x41, 9],
    ],
  );
});

test("a sequence that does not end gives the bus back, and its device no longer works", async () => {
  const clock = new FakeClock();
  const i2c = new FakeI2c({ clock });
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  let late: Promise<number> | undefined;
  let go: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    go = resolve;
  });
  const sequence = i2c.device(1, 0x40).sequence(async (device) => {
    await waiting;
    late = device.readByte(0);
    await late;
  });
  const failed = assert.rejects(sequence, (error) => isPinionError(error, "DEADLINE_EXCEEDED"));
  const next = i2c.device(1, 0x40).readByte(0);
  await clock.advance(10_000);
  await failed;
  assert.equal(await next, 5);
  go();
  await clock.advance(0);
  await assert.rejects(late ?? Promise.resolve(), /after the sequence ended/);
});

test("a failing sequence does not stop the next", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip({ registers: { 0: 5 } }));
  const device = i2c.device(1, 0x40);
  await assert.rejects(
    device.sequence(() => Promise.reject(new Error("wrong chip"))),
    /wrong chip/,
  );
  assert.equal(await device.sequence((inner) => inner.readByte(0)), 5);
});

test("arguments out of range are refused before anything is sent", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip());
  const device = i2c.device(1, 0x40);
  await assert.rejects(device.readBlock(0, 33), /i2c-1 address 0x40: expected a length from 1 to 32 bytes, got 33/);
  await assert.rejects(device.readBlock(0, 0), /from 1 to 32/);
  await assert.rejects(device.writeBlock(0, new Uint8Array(33)), /from 1 to 32/);
  await assert.rejects(device.writeByte(0, 256), /expected a byte from 0 to 255, got 256/);
  await assert.rejects(device.writeWord(0, -1), /expected a word/);
  await assert.rejects(device.readByte(256), /expected a register/);
  assert.throws(() => i2c.device(1, 0x78), /expected an address from 0x03 to 0x77, got 0x78/);
  assert.throws(() => i2c.device(-1, 0x40), /expected the number of an I2C bus/);
  assert.deepEqual(i2c.log, []);
});

test("what is sent is what was there when it was asked for", async () => {
  const i2c = new FakeI2c();
  const chip = i2c.add(1, 0x40, new FakeRegisterChip());
  const bytes = Uint8Array.of(1, 2);
  const sent = Promise.all([i2c.device(1, 0x40).writeBlock(0, bytes), i2c.device(1, 0x40).send(bytes)]);
  bytes.fill(9);
  await sent;
  assert.deepEqual([...chip.bytes.subarray(0, 3)], [1, 2, 0]);
});

test("a scan leaves out what it is told to", async () => {
  const i2c = new FakeI2c();
  for (const address of [0x20, 0x40, 0x76]) i2c.add(1, address, new FakeRegisterChip());
  assert.deepEqual(await i2c.scan(1, new Set([0x40])), [0x20, 0x76]);
  assert.equal(
    i2c.log.some(({ address }) => address === 0x40),
    false,
  );
});

test("nothing works after closing", async () => {
  const i2c = new FakeI2c();
  i2c.add(1, 0x40, new FakeRegisterChip());
  const device = i2c.device(1, 0x40);
  await device.readByte(0);
  await i2c.close();
  await assert.rejects(device.readByte(0), /i2c-1 was closed/);
});
