import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineSplitter, MAX_LINE_BYTES } from "../../src/process/line-splitter.js";

function split(...chunks: readonly (string | Buffer)[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line, isTruncated) => lines.push(line.toString("latin1") + (isTruncated ? "!" : "")));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test("cuts at newlines wherever the chunks end", () => {
  assert.deepEqual(split("one\ntw", "o\n", "\nthree"), ["one", "two", "", "three"]);
  assert.deepEqual(split("a\r\nb\r", "\n"), ["a", "b"]);
  assert.deepEqual(split(""), []);
});

test("cuts a line that is too long and goes on after its end", () => {
  const long = "x".repeat(MAX_LINE_BYTES);
  assert.deepEqual(split(`${long}\nnext\n`), [long, "next"]);
  assert.deepEqual(split(`${long}y`, "y".repeat(10_000_000), "y\nnext\n"), [`${long}!`, "next"]);
});

test("gives the same lines however the bytes are cut into chunks", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r") }), fc.array(fc.nat(20)), (text, cuts) => {
      const chunks: string[] = [];
      let rest = text;
      for (const cut of cuts) {
        chunks.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      assert.deepEqual(split(...chunks, rest), split(text));
    }),
  );
});
