import assert from "node:assert/strict";
import { test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import { type FakePort, FakeSerial } from "../../../src/hardware/serial/fake-serial.js";
import { exchange, lineSplitter, type Parsed } from "../../../src/hardware/serial/framing.js";
import type { SerialLink } from "../../../src/hardware/serial/serial-link.js";
import { FakeClock, settle } from "../../support/fake-clock.js";

async function peer(
  onWrite?: (bytes: Uint8Array, port: FakePort) => void,
  echo = false,
): Promise<{ link: SerialLink; port: FakePort; clock: FakeClock; serial: FakeSerial }> {
  const clock = new FakeClock();
  const serial = new FakeSerial({ clock });
  const port = serial.add("/dev/ttyUSB0", { ...(onWrite === undefined ? {} : { onWrite }), echo });
  const link = serial.open({ port: "/dev/ttyUSB0", baudRate: 115_200 });
  await link.connected();
  return { link, port, clock, serial };
}

/** 0xAA, a length, so many bytes, and their sum. */
function parseFrame(bytes: Uint8Array): Parsed<number[]> {
  const [start, length = 0] = bytes;
  if (start !== 0xaa) return { skip: 1 };
  if (bytes.length < length + 3) return undefined;
  const content = [...bytes.subarray(2, 2 + length)];
  if ((content.reduce((sum, byte) => sum + byte, 0) & 0xff) !== bytes[2 + length]) throw new Error("bad checksum");
  return { value: content };
}

test("lines are put together from chunks, without their ends", () => {
  const lines = lineSplitter(82);
  assert.deepEqual(lines.push(Buffer.from("$GPGGA,1")), []);
  assert.deepEqual(lines.push(Buffer.from("23\r")), []);
  assert.deepEqual(lines.push(Buffer.from("\n\r\n$GP")), ["$GPGGA,123", ""]);
  assert.deepEqual(lines.push(Buffer.from("RMC\nx\n")), ["$GPRMC", "x"]);
});

test("any way to cut a text into chunks gives the same lines", () => {
  const text = Buffer.from("one\r\ntwo\n\r\nthree\r\nfour-is-much-too-long\r\nfive!\r\n\xff\x00\r\n", "latin1");
  const expected = ["one", "two", "", "three", "five!", "\xff\x00"];
  for (let size = 1; size <= text.length; size++) {
    const lines = lineSplitter(5);
    const found: string[] = [];
    for (let start = 0; start < text.length; start += size) found.push(...lines.push(text.subarray(start, start + size)));
    assert.deepEqual(found, expected);
    assert.equal(lines.dropped, 1);
  }
});

test("a line that does not end is left out and does not grow", () => {
  const lines = lineSplitter(82);
  for (let round = 0; round < 1000; round++) assert.deepEqual(lines.push(Buffer.alloc(1000, 0xf8)), []);
  assert.equal(lines.dropped, 1);
  assert.deepEqual(lines.push(Buffer.from("rest\r\n$GPRMC\r\n")), ["$GPRMC"]);
});

test("a line that has begun is forgotten when told to", () => {
  const lines = lineSplitter(82);
  lines.push(Buffer.from("$GPG"));
  lines.reset();
  assert.deepEqual(lines.push(Buffer.from("$GPRMC\n")), ["$GPRMC"]);
});

test("an answer in pieces is put together", async () => {
  const { link, clock } = await peer((_, port) => {
    for (const byte of [0xaa, 2, 5, 6, 11]) port.send([byte]);
  });
  assert.deepEqual(await exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), [5, 6]);
});

test("noise before an answer is skipped", async () => {
  const { link, clock } = await peer((_, port) => port.send([0x00, 0xff, 0xaa, 1, 9, 9, 0x77]));
  assert.deepEqual(await exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), [9]);
});

test("questions take turns, through whichever link", async () => {
  const { link, serial, port, clock } = await peer((bytes, fake) => {
    const [asked = 0] = bytes;
    setImmediate(() => fake.send([0xaa, 1, asked, asked]));
  });
  const other = serial.open({ port: "/dev/ttyUSB0", baudRate: 115_200 });
  const answers = await Promise.all(
    [1, 2, 3, 4].map((asked) => exchange(asked % 2 ? link : other, Uint8Array.of(asked), parseFrame, { clock, timeout: 100 })),
  );
  assert.deepEqual(answers, [[1], [2], [3], [4]]);
  assert.equal(port.writes.length, 4);
});

test("no answer is an error after the deadline, which says what came", async () => {
  const { link, clock, port } = await peer();
  const silent = assert.rejects(exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100, what: "servo 3" }), (error) => {
    assert.ok(isPinionError(error, "SERIAL_TIMEOUT"));
    assert.match(error.message, /serial port \/dev\/ttyUSB0, servo 3: no answer within 100ms: nothing came\. Check power, wiring/);
    return true;
  });
  await settle();
  await clock.advance(200);
  await silent;
  const partial = assert.rejects(
    exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }),
    /3 bytes came, no whole answer: aa0501/,
  );
  await settle();
  await settle();
  port.send([0xaa, 5, 1]);
  await clock.advance(200);
  await partial;
});

test("an answer that pauses for too long is given up", async () => {
  const { link, clock, port } = await peer((_, fake) => fake.send([0xaa, 5]));
  const failed = assert.rejects(
    exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 10_000, gap: 10 }),
    /no answer before a pause of 10ms: 2 bytes came/,
  );
  await settle();
  await clock.advance(100);
  await failed;
  port.onWrite = (_, fake) => fake.send([0xaa, 1, 7, 7]);
  const next = exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100, gap: 10 });
  assert.deepEqual(await next, [7]);
});

test("a late answer is not taken for the next one's", async () => {
  const { link, clock, port } = await peer();
  const late = assert.rejects(exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), (error) =>
    isPinionError(error, "SERIAL_TIMEOUT"),
  );
  const next = exchange(link, Uint8Array.of(2), parseFrame, { clock, timeout: 100 });
  await settle();
  await clock.advance(110);
  port.send([0xaa, 1, 1, 1]);
  assert.equal(port.writes.length, 1);
  port.onWrite = (_, fake) => fake.send([0xaa, 1, 2, 2]);
  await clock.advance(100);
  await late;
  assert.deepEqual(await next, [2]);
});

test("a wrong checksum fails the question, and what follows is right", async () => {
  const { link, clock, port } = await peer((_, fake) => fake.send([0xaa, 1, 7, 8]));
  const failed = assert.rejects(exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), /bad checksum/);
  await settle();
  await clock.advance(100);
  await failed;
  port.onWrite = (_, fake) => fake.send([0xaa, 1, 7, 7]);
  assert.deepEqual(await exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), [7]);
});

test("an echo is dropped, even in pieces; without one the answer is found all the same", async () => {
  const request = Uint8Array.of(0xaa, 1, 3, 3);
  const answer = (_: Uint8Array, fake: FakePort): void => fake.send([0xaa, 1, 4, 4]);
  const echoing = await peer(answer, true);
  assert.deepEqual(await exchange(echoing.link, request, parseFrame, { clock: echoing.clock, timeout: 100, isEchoed: true }), [4]);
  const inPieces = await peer((_, fake) => {
    fake.send([0xaa, 1]);
    fake.send([3, 3, 0xaa]);
    fake.send([1, 4, 4]);
  });
  assert.deepEqual(await exchange(inPieces.link, request, parseFrame, { clock: inPieces.clock, timeout: 100, isEchoed: true }), [4]);
  const plain = await peer(answer);
  assert.deepEqual(await exchange(plain.link, request, parseFrame, { clock: plain.clock, timeout: 100, isEchoed: true }), [4]);
});

test("what came before a question is not its answer", async () => {
  const { link, port, clock } = await peer((_, fake) => fake.send([0xaa, 1, 2, 2]));
  port.send([0xaa, 1, 9, 9]);
  assert.deepEqual(await exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100 }), [2]);
});

test("a port that goes away ends the question at once", async () => {
  const { link, serial, clock } = await peer();
  const failed = assert.rejects(exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100_000 }), (error) =>
    isPinionError(error, "SERIAL_NOT_CONNECTED"),
  );
  await settle();
  serial.unplug("/dev/ttyUSB0");
  await failed;
  await assert.rejects(exchange(link, Uint8Array.of(1), parseFrame, { clock, timeout: 100_000 }), (error) =>
    isPinionError(error, "SERIAL_NOT_CONNECTED"),
  );
});

test("endless noise is an error, not memory", async () => {
  const { link, clock } = await peer((_, fake) => fake.send(new Uint8Array(10_000)));
  const parse = (): undefined => undefined;
  const failed = assert.rejects(
    exchange(link, Uint8Array.of(1), parse, { clock, timeout: 100 }),
    /10000 bytes that are no answer\. Check the baud rate/,
  );
  await settle();
  await clock.advance(300);
  await failed;
});
