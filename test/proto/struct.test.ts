import assert from "node:assert/strict";
import { test } from "node:test";
import { StructError, toStruct, toStructValue } from "../../src/proto/struct.js";

test("drops undefined members and keeps every other kind of value", () => {
  const value = { a: undefined, b: null, c: 1, d: "x", e: [1, undefined], f: { g: true } };
  assert.deepEqual(toStruct(value), { b: null, c: 1, d: "x", e: [1, null], f: { g: true } });
});

test("turns bigints, dates, bytes and maps into what JSON has for them", () => {
  const value = { big: 5n, at: new Date(0), bytes: new Uint8Array([1, 2]), map: new Map([["k", 1]]) };
  assert.deepEqual(toStruct(value), { big: 5, at: "1970-01-01T00:00:00.000Z", bytes: "AQI=", map: { k: 1 } });
});

test("names the place of what no Struct can hold", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const cases: readonly (readonly [object, string])[] = [
    [{ a: [0, Number.NaN] }, "readings.a[1]"],
    [{ a: { b: Number.POSITIVE_INFINITY } }, "readings.a.b"],
    [{ f: () => 1 }, "readings.f"],
    [{ big: 2n ** 60n }, "readings.big"],
    [cycle, "readings.self"],
  ];
  for (const [value, path] of cases) {
    assert.throws(
      () => toStruct(value, "readings"),
      (error) => error instanceof StructError && error.path === path,
    );
  }
});

test("a value on its own may be anything JSON has", () => {
  assert.equal(toStructValue(undefined), null);
  assert.deepEqual(toStructValue([{ a: 1 }]), [{ a: 1 }]);
});
