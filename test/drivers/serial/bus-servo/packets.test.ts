/** Packets of bus servos: the vectors of the specification, splits and garbage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { INSTRUCTION, type ServoCodec, type ServoFrame } from "../../../../drivers/serial/bus-servo/packet.js";
import { packetOne } from "../../../../drivers/serial/bus-servo/packet-one.js";
import { encodeStatusTwo, packetTwo } from "../../../../drivers/serial/bus-servo/packet-two.js";
import { fromSignBit, toSignBit } from "../../../../drivers/serial/bus-servo/servo-family.js";
import { fromBytes, toBytes } from "../../../../drivers/serial/bus-servo/servo-line.js";
import { TurnCounter } from "../../../../drivers/serial/bus-servo/turn-counter.js";
import { bytes } from "../support/serial-module.js";

test("protocol 2: ping, read and write of the manual", () => {
  const { encode, encodeNumber } = packetTwo;
  assert.deepEqual(encode({ id: 1, instruction: INSTRUCTION.ping, parameters: [] }), bytes("FF FF FD 00 01 03 00 01 19 4E"));
  const read = { id: 1, instruction: INSTRUCTION.read, parameters: [...encodeNumber(132), ...encodeNumber(4)] };
  assert.deepEqual(encode(read), bytes("FF FF FD 00 01 07 00 02 84 00 04 00 1D 15"));
  const write = { id: 1, instruction: INSTRUCTION.write, parameters: [...encodeNumber(116), ...toBytes(512, 4, "little")] };
  assert.deepEqual(encode(write), bytes("FF FF FD 00 01 09 00 03 74 00 00 02 00 00 CA 89"));
});

test("protocol 1 and Feetech: ping, status and reset", () => {
  assert.deepEqual(packetOne.encode({ id: 1, instruction: INSTRUCTION.ping, parameters: [] }), bytes("FF FF 01 02 01 FB"));
  assert.deepEqual(packetOne.encode({ id: 0, instruction: 6, parameters: [] }), bytes("FF FF 00 02 06 F7"));
  const status = bytes("FF FF 01 02 00 FC");
  assert.deepEqual(packetOne.decode(status), [{ id: 1, error: 0, parameters: [], bytes: status }]);
});

test("words are little-endian on STS and big-endian on SCS; signs are a bit of their own", () => {
  assert.deepEqual(toBytes(0x1234, 2, "little"), [0x34, 0x12]);
  assert.deepEqual(toBytes(0x1234, 2, "big"), [0x12, 0x34]);
  assert.equal(fromBytes([0x12, 0x34], "big"), 0x1234);
  assert.deepEqual(toBytes(-2, 4, "little"), [0xfe, 0xff, 0xff, 0xff]);
  assert.equal(fromSignBit(toSignBit(-1000, 15), 15), -1000);
  assert.equal(toSignBit(-5, 10), 1029);
  assert.equal(toSignBit(5000, 10), 1023);
});

/** Answers as each protocol has them. */
const CODECS: readonly {
  name: string;
  codec: ServoCodec;
  status: (frame: Pick<ServoFrame, "id" | "error" | "parameters">) => Uint8Array;
}[] = [
  { name: "protocol 1", codec: packetOne, status: ({ id, error, parameters }) => packetOne.encode({ id, instruction: error, parameters }) },
  { name: "protocol 2", codec: packetTwo, status: encodeStatusTwo },
];

for (const { name, codec, status } of CODECS) {
  const answer = fc.record({
    id: fc.integer({ min: 0, max: 252 }),
    error: fc.integer({ min: 0, max: 127 }),
    // Many FF and FD, so that heads and stuffing come up.
    parameters: fc.array(fc.oneof(fc.constantFrom(0xff, 0xfd, 0x00), fc.nat(255)), { maxLength: 20 }),
  });

  test(`${name}: what is encoded is decoded, alone and after noise`, () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(0xfe), { maxLength: 10 }), (frame, noise) => {
        const encoded = status(frame);
        const [found] = codec.decode(encoded);
        assert.deepEqual(found, { ...frame, bytes: encoded });
        const frames = codec.decode(Uint8Array.of(...noise, ...encoded));
        assert.deepEqual(frames.at(-1)?.parameters, frame.parameters);
      }),
      { numRuns: 500 },
    );
  });

  test(`${name}: a changed byte is never taken for an answer, nor is a part`, () => {
    fc.assert(
      fc.property(answer, fc.nat(1000), fc.integer({ min: 1, max: 255 }), (frame, place, change) => {
        const encoded = status(frame);
        for (let length = 0; length < encoded.length; length++) assert.deepEqual(codec.decode(encoded.subarray(0, length)).length, 0);
        const broken = encoded.slice();
        const at = place % broken.length;
        broken[at] = (broken[at] ?? 0) ^ change;
        assert.ok(codec.decode(broken).every(({ bytes: found }) => found.length < encoded.length));
      }),
      { numRuns: 300 },
    );
  });

  test(`${name}: garbage never throws`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
        codec.decode(garbage);
        codec.decode(Uint8Array.of(0xff, 0xff, 0xfd, 0, ...garbage));
        codec.decode(Uint8Array.of(0xff, 0xff, ...garbage));
      }),
      { numRuns: 500 },
    );
  });
}

test("turns are counted past the end of the counter, both ways", () => {
  const turns = new TurnCounter(4096);
  assert.equal(turns.update(4000), 0);
  assert.equal(turns.update(100), 196);
  assert.equal(turns.update(4000), 0);
  turns.set(-50);
  assert.equal(turns.update(4010), -40);
  const long = new TurnCounter(2 ** 32);
  long.update(-10);
  assert.equal(long.update(10), 20);
  assert.equal(long.update(-1_000_000), -999_990);
});
