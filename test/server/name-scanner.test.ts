import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { NameScanner, shortName } from "../../src/server/name-scanner.js";
import { field, named, varint } from "./support/raw-client.js";

const scanAll = (message: Buffer, isNested = false): unknown => new NameScanner(isNested).scan(message, message.length);

test("the last field 1 counts", () => {
  assert.deepEqual(scanAll(Buffer.concat([named("first"), named("second")])), { kind: "name", name: "second" });
});

test("all wire types are skipped on the way to the name", () => {
  const varintField = Buffer.concat([varint(2 * 8), varint(300)]);
  const fixed64 = Buffer.concat([varint(3 * 8 + 1), Buffer.alloc(8)]);
  const fixed32 = Buffer.concat([varint(99 * 8 + 5), Buffer.alloc(4)]);
  const message = Buffer.concat([varintField, fixed64, field(4, Buffer.alloc(200)), fixed32, field(1, Buffer.from("größe"))]);
  assert.deepEqual(scanAll(message), { kind: "name", name: "größe" });
});

test("a nested name is field 1 of the message in field 1", () => {
  const message = field(1, Buffer.concat([field(2, Buffer.from("codec")), field(1, Buffer.from("speaker"))]));
  assert.deepEqual(scanAll(message, true), { kind: "name", name: "speaker" });
  assert.deepEqual(scanAll(field(2, Buffer.from("x")), true), { kind: "missing" });
});

test("a message without the field, an empty one and a number in field 1 have no name", () => {
  assert.deepEqual(scanAll(Buffer.alloc(0)), { kind: "missing" });
  assert.deepEqual(scanAll(field(2, Buffer.from("x"))), { kind: "missing" });
  assert.deepEqual(scanAll(Buffer.concat([varint(8), varint(5)])), { kind: "missing" });
});

test("bytes that are no message are told as such", () => {
  assert.deepEqual(scanAll(Buffer.from([0x0a, 0x05, 0x61])), { kind: "malformed" });
  assert.deepEqual(scanAll(Buffer.from([0xff, 0xff])), { kind: "malformed" });
  assert.deepEqual(scanAll(Buffer.from([0x00, 0x00])), { kind: "malformed" });
  assert.deepEqual(scanAll(Buffer.from([0x0b])), { kind: "malformed" });
});

test("a long message is not waited for once its name is known", () => {
  const message = Buffer.concat([
    named("one", Buffer.alloc(60_000)),
    field(3, Buffer.alloc(20_000)),
    field(4, Buffer.alloc(900_000)),
    field(5, Buffer.alloc(9)),
  ]);
  const scanner = new NameScanner(false);
  assert.deepEqual(scanner.scan(message.subarray(0, 100), message.length), { kind: "more" });
  assert.deepEqual(scanner.scan(message.subarray(0, 70_000), message.length), { kind: "name", name: "one" });
});

test("however a message is cut into pieces, the result is that of the whole", () => {
  const anyField = fc.oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 200 }), fc.uint8Array({ maxLength: 40 }))
      .map(([number, bytes]) => field(number, Buffer.from(bytes))),
    fc.tuple(fc.integer({ min: 1, max: 200 }), fc.nat()).map(([number, value]) => Buffer.concat([varint(number * 8), varint(value)])),
  );
  fc.assert(
    fc.property(fc.array(anyField, { maxLength: 12 }), fc.array(fc.nat({ max: 60 }), { maxLength: 20 }), (fields, steps) => {
      const message = Buffer.concat(fields);
      const scanner = new NameScanner(false);
      let end = 0;
      for (const step of steps) {
        end = Math.min(message.length, end + step);
        const result = scanner.scan(message.subarray(0, end), message.length);
        if (result.kind !== "more") assert.deepEqual(result, scanAll(message));
      }
      assert.deepEqual(scanner.scan(message, message.length), scanAll(message));
    }),
  );
});

test("the short way knows plain short names only, and agrees with the long one", () => {
  const prefixed = (message: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  assert.equal(shortName(prefixed(named("sensor"))), "sensor");
  assert.equal(shortName(prefixed(Buffer.concat([named("a"), named("b")]))), undefined);
  assert.equal(shortName(Buffer.concat([prefixed(named("a")), Buffer.alloc(1)])), undefined);
  assert.equal(shortName(Buffer.from([1, ...prefixed(named("a")).subarray(1)])), undefined, "compressed");
  const short = fc.oneof(
    fc.uint8Array({ maxLength: 127 }),
    fc.string({ maxLength: 100 }).map((text) => named(text)),
  );
  fc.assert(
    fc.property(short, (message) => {
      const bytes = Buffer.from(message);
      if (bytes.length > 127) return;
      const found = shortName(prefixed(bytes));
      if (found !== undefined) assert.deepEqual(scanAll(bytes), { kind: "name", name: found });
    }),
  );
});

test("short names are told as they stand in the bytes, however often and in whatever order they come", () => {
  // Of equal length and equal hash, all of them.
  const colliding = ["AaAaAa", "AaAaBB", "AaBBAa", "AaBBBB", "BBAaAa", "BBAaBB", "BBBBAa", "BBBBBB"].map((text) => Buffer.from(text));
  const name = fc.oneof(
    fc.constantFrom(...colliding),
    fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => Buffer.from(text).subarray(0, 125)),
    fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)),
  );
  // As with the bytes of a connection, the next call overwrites what the last one read.
  const bytes = Buffer.alloc(132);
  const read = (text: Buffer): string | undefined => {
    bytes.set([0, 0, 0, 0, text.length + 2, 0x0a, text.length]);
    bytes.set(text, 7);
    return shortName(bytes.subarray(0, 7 + text.length));
  };
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 50 }), fc.array(fc.nat(), { maxLength: 200 }), (names, order) => {
      for (const index of order) {
        const text = names[index % names.length] ?? Buffer.alloc(0);
        assert.equal(read(text), text.toString());
      }
    }),
  );
  for (let index = 0; index < 3000; index += 1) assert.equal(read(Buffer.from(`motor ${index % 700}`)), `motor ${index % 700}`);
});
