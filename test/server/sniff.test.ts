import assert from "node:assert/strict";
import test from "node:test";
import { sniffProtocol } from "../../src/server/sniff.js";

test("the protocol is told by the first bytes", () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ["", undefined],
    ["P", undefined],
    ["PR", undefined],
    ["PRI * HTTP/2.0\r\n", "http2"],
    ["POST / HTTP/1.1\r\n", "http1"],
    ["GET / HTTP/1.1\r\n", "http1"],
    ["OPTIONS", undefined],
    ["OPTIONS * HTTP/1.1\r\n", "http1"],
    ["\r\nGET / HTTP/1.1\r\n", "http1"],
    ["\x16\x03\x01", "tls"],
    ["\x00", "unknown"],
    ["get / HTTP/1.1\r\n", "unknown"],
    ["PRE", "unknown"],
    ["INVALID CONNECTION PREFACE\r\n\r\n", "unknown"],
  ];
  for (const [head, expected] of table) assert.equal(sniffProtocol(Buffer.from(head, "latin1")), expected, JSON.stringify(head));
});
