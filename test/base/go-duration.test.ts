import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, parseGoDuration } from "../../src/base/go-duration.js";
import { millis } from "../../src/base/millis.js";

const CASES: readonly (readonly [string, number | undefined])[] = [
  ["10m", 600_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  ["250ms", 250],
  ["1us", 0.001],
  ["0", 0],
  ["-2s", -2000],
  [".5s", 500],
  ["5", undefined],
  ["", undefined],
  ["1 s", undefined],
  ["fast", undefined],
  ["1d", undefined],
];

for (const [text, expected] of CASES) {
  test(`"${text}" is ${expected === undefined ? "no duration" : `${expected} ms`}`, () => {
    assert.equal(parseGoDuration(text), expected);
  });
}

test("what is formatted parses back to the same whole milliseconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e10, max: 1e10 }), (value) => {
      const text = formatGoDuration(millis(value));
      assert.ok(Math.abs((parseGoDuration(text) ?? Number.NaN) - value) < 0.5, text);
    }),
  );
});
