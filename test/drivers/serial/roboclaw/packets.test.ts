/** RoboClaw packets: the check value and frames of the specification, and answers that are wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc16 } from "../../../../drivers/serial/port/crc-16.js";
import {
  bytes32,
  COMMAND,
  encodePacket,
  readAcknowledgement,
  readAnswer,
  readVersion,
} from "../../../../drivers/serial/roboclaw/packets.js";
import { parseStatus } from "../../../../drivers/serial/roboclaw/roboclaw-status.js";
import { bytes } from "../support/serial-module.js";

test("the CRC is XMODEM's", () => {
  assert.equal(crc16(Buffer.from("123456789"), 0x1021), 0x31c3);
});

test("the frames of the specification", () => {
  assert.deepEqual(encodePacket({ address: 0x80, command: COMMAND.readEncoder[0] }), bytes("80 10 09 A9"));
  assert.deepEqual(encodePacket({ address: 0x80, command: COMMAND.version }), bytes("80 15 59 0C"));
  assert.deepEqual(encodePacket({ address: 0x80, command: 0, data: [127] }), bytes("80 00 7F B4 22"));
  assert.deepEqual(encodePacket({ address: 0x80, command: COMMAND.duty[0], data: [0x3f, 0xff] }), bytes("80 20 3F FF 50 A5"));
});

function answer(address: number, command: number, data: readonly number[]): Uint8Array {
  const crc = crc16(Uint8Array.of(address, command, ...data), 0x1021);
  return Uint8Array.of(...data, crc >> 8, crc & 0xff);
}

test("an answer is taken by its CRC over the request, behind echo and noise, and only whole", () => {
  const packet = { address: 0x80, command: 16 };
  const data = [...bytes32(-1000), 2];
  const right = answer(0x80, 16, data);
  assert.deepEqual(readAnswer(right, packet, 5), Uint8Array.from(data));
  assert.deepEqual(readAnswer(Uint8Array.of(...encodePacket(packet), ...right), packet, 5), Uint8Array.from(data), "echo");
  assert.deepEqual(readAnswer(Uint8Array.of(1, 2, 3, ...right), packet, 5), Uint8Array.from(data), "noise");
  assert.equal(readAnswer(right.subarray(0, -1), packet, 5), undefined, "short");
  assert.equal(readAnswer(right, { address: 0x81, command: 16 }, 5), undefined, "another unit");
  assert.equal(readAnswer(right, { address: 0x80, command: 17 }, 5), undefined, "another command");
  assert.equal(readAnswer(Uint8Array.of(...right.subarray(0, -1), 0), packet, 5), undefined, "bad CRC");
});

test("zeros behind an echo are not an answer across its end", () => {
  for (const length of [2, 4, 5]) {
    const packet = { address: 0x80, command: 90 };
    const right = answer(0x80, 90, new Array(length).fill(0));
    const received = Uint8Array.of(7, ...encodePacket(packet), ...right);
    for (let end = 0; end < received.length; end++) assert.equal(readAnswer(received.subarray(0, end), packet, length), undefined);
    assert.deepEqual(readAnswer(received, packet, length), new Uint8Array(length));
  }
});

test("only FF acknowledges", () => {
  const request = encodePacket({ address: 0x80, command: 32, data: [0, 0] });
  assert.equal(readAcknowledgement(Uint8Array.of(0xff), request), true);
  assert.equal(readAcknowledgement(Uint8Array.of(), request), undefined);
  assert.equal(readAcknowledgement(request, request), undefined, "an echo alone");
  assert.equal(readAcknowledgement(Uint8Array.of(...request, 0xff), request), true);
  assert.throws(() => readAcknowledgement(Uint8Array.of(0x7f), request), /expected the byte FF as acknowledgement, got 7F/);
});

test("the version is text to LF and NUL", () => {
  const packet = { address: 0x80, command: 21 };
  const data = [...Buffer.from("USB Roboclaw 2x15A v4.1.34\n"), 0];
  assert.equal(readVersion(answer(0x80, 21, data), packet), "USB Roboclaw 2x15A v4.1.34");
  assert.equal(readVersion(Uint8Array.of(9, ...answer(0x80, 21, data)), packet), "USB Roboclaw 2x15A v4.1.34");
  assert.equal(readVersion(answer(0x80, 21, data).subarray(0, -1), packet), undefined);
});

test("status words of 16 and of 32 bits", () => {
  assert.deepEqual(parseStatus(Uint8Array.of(0x01, 0x04)), { errors: ["emergency stop", "driver fault of motor 1"], warnings: [] });
  assert.deepEqual(parseStatus(Uint8Array.of(0x08, 0x01)), { errors: [], warnings: ["overcurrent of motor 1", "main battery low"] });
  assert.deepEqual(parseStatus(Uint8Array.of(0, 0x08, 0, 0x01)), { errors: ["emergency stop"], warnings: ["main battery low"] });
  assert.deepEqual(parseStatus(Uint8Array.of(0, 0)), { errors: [], warnings: [] });
});

test("garbage never throws where an answer with CRC is expected", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (garbage) => {
      readAnswer(garbage, { address: 0x80, command: 16 }, 5);
      readVersion(garbage, { address: 0x80, command: 21 });
    }),
    { numRuns: 500 },
  );
});
