import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { millis } from "../../src/base/millis.js";
import { decodeGrpcMessage, encodeGrpcMessage, formatGrpcTimeout, parseGrpcTimeout } from "../../src/server/grpc-headers.js";
import { sniffProtocol } from "../../src/server/sniff.js";

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

test("a timeout written is read as at least the same", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (duration) => {
      assert.ok((parseGrpcTimeout(formatGrpcTimeout(millis(duration))) ?? 0) >= duration);
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

test("the protocol is told by the first bytes", () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ["", undefined],
    ["P", undefined],
    ["PR", undefined],
    ["PRI * HTTP/2.0\r\n", "http2"],
    ["POST / HTTP/1.1\r\n", "http1"],
    ["GET / HTTP/1.1\r\n", "http1"],
    ["\x16\x03\x01", "tls"],
    ["\x00", "http1"],
  ];
  for (const [head, expected] of table) assert.equal(sniffProtocol(Buffer.from(head, "latin1")), expected, JSON.stringify(head));
});
