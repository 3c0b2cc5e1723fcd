/** What gRPC writes into headers as text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeGrpcMessage, encodeGrpcMessage, formatGrpcTimeout, parseGrpcTimeout } from "../../src/proto/grpc-text.js";

test("messages are percent-encoded UTF-8 and come back", () => {
  for (const [text, encoded] of [
    ["plain text, with (signs)!", "plain text, with (signs)!"],
    ["100 %", "100 %25"],
    ["ü\n😀", "%C3%BC%0A%F0%9F%98%80"],
    [" blanks ", "%20blanks%20"],
    ["", ""],
    ["~\u007f", "~%7F"],
  ] as const) {
    assert.equal(encodeGrpcMessage(text), encoded);
    assert.equal(decodeGrpcMessage(encoded), text);
  }
  assert.equal(decodeGrpcMessage("50 % of it"), "50 % of it", "a peer that did not encode");
});

test("timeouts have eight digits and a unit", () => {
  for (const [text, expected] of [
    ["5S", 5000],
    ["20m", 20],
    ["99999999u", 99_999.999],
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["500000n", 0.5],
    ["", undefined],
    ["5", undefined],
    ["123456789m", undefined],
    ["-1S", undefined],
  ] as const) {
    assert.equal(parseGrpcTimeout(text), expected, text);
  }
  assert.equal(parseGrpcTimeout(undefined), undefined);
  for (const timeout of [1, 20, 99_999_999, 100_000_000, 86_400_000_000]) {
    const text = formatGrpcTimeout(timeout);
    assert.match(text, /^\d{1,8}[mS]$/);
    assert.equal(parseGrpcTimeout(text), timeout);
  }
  assert.equal(formatGrpcTimeout(0), "1m", "none would mean no deadline");
});

test("timeouts of all units are read", () => {
  const table: readonly (readonly [string, number])[] = [
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["4m", 4],
    ["5000u", 5],
    ["99999999n", 99.999999],
  ];
  for (const [text, expected] of table) assert.equal(Math.abs((parseGrpcTimeout(text) ?? -1) - expected) < 1e-6, true, text);
  for (const text of [undefined, "", "5", "5s", "123456789S", "-1S"]) assert.equal(parseGrpcTimeout(text), undefined);
});

for (const [title, text, expected] of [
  ["eight digits are the most", "99999999H", 99_999_999 * 3_600_000],
  ["leading zeros count as digits and mean nothing", "00000010S", 10_000],
  ["none at all is a time too", "0S", 0],
  ["nine digits are too many, zeros or not", "000000001S", undefined],
  ["a unit without digits", "S", undefined],
  ["digits without a unit", "10", undefined],
  ["an unknown unit", "10h", undefined],
  ["a unit of two letters", "10ms", undefined],
  ["the name of a property for a unit", "1constructor", undefined],
  ["a blank before it", " 10S", undefined],
  ["a blank behind it", "10S ", undefined],
  ["a blank inside", "10 S", undefined],
  ["nothing but a blank", " ", undefined],
  ["a plus sign", "+10S", undefined],
  ["a minus sign alone", "-S", undefined],
  ["a fraction", "1.5S", undefined],
  ["an exponent", "1e3S", undefined],
  ["digits that are not ASCII", "\u0661S", undefined],
] as const) {
  test(`a timeout of ${JSON.stringify(text)}: ${title}`, () => {
    assert.equal(parseGrpcTimeout(text), expected);
  });
}

test("a timeout written is read as at least the same", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (duration) => {
      assert.ok((parseGrpcTimeout(formatGrpcTimeout(duration)) ?? 0) >= duration);
    }),
  );
});

test("any text survives as a grpc-message and is ASCII on the way", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const encoded = encodeGrpcMessage(text);
      assert.match(encoded, /^[\x20-\x7e]*$/);
      assert.equal(decodeGrpcMessage(encoded), Buffer.from(text).toString());
    }),
  );
});
