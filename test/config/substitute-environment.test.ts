// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeJson } from "../../src/config/decode-json.js";
import { restoreDollars, substituteEnvironment } from "../../src/config/substitute-environment.js";

const ENV = { HOST: "robot", EMPTY: "", PORT: "8080", QUOTE: 'a"b\\c\nd', DOLLAR: "$HOST ${HOST} $$", LIST: '["x", "$y"]', TRUE: "true" };

function read(text: string, env: Readonly<Record<string, string>> = ENV): unknown {
  return restoreDollars(decodeJson(substituteEnvironment(text, env).text).value);
}

describe("inside a string", () => {
  const cases: readonly [text: string, result: string][] = [
    ["$HOST", "robot"],
    ["${HOST}", "robot"],
    ["$HOST:$PORT", "robot:8080"],
    ["${HOST}${PORT}", "robot8080"],
    ["$UNSET.", "."],
    ["${UNSET}", ""],
    ["${UNSET:-def}", "def"],
    ["${EMPTY:-def}", "def"],
    ["${HOST:-def}", "robot"],
    ["${UNSET-def}", "def"],
    ["${EMPTY-def}", ""],
    ["${UNSET:=def}", "def"],
    ["${EMPTY:=def}", "def"],
    ["${UNSET=def}", "def"],
    ["${EMPTY=def}", ""],
    ["${HOST+x}", "x"],
    ["${EMPTY+x}", "x"],
    ["${UNSET+x}", ""],
    ["${HOST:+x}", "x"],
    ["${EMPTY:+x}", ""],
    ["${UNSET:-}", ""],
    ["${UNSET:-$HOST}", "robot"],
    ["${UNSET:-${ALSO_UNSET:-${HOST}}}", "robot"],
    ["${UNSET:-http://x/y?z=1}", "http://x/y?z=1"],
    ["${UNSET:-a b}", "a b"],
    ["$$", "$"],
    ["$$HOST", "$HOST"],
    ["$${HOST}", "${HOST}"],
    ["$$$HOST", "$robot"],
    ["pa$$word", "pa$word"],
    ["^x$", "^x$"],
    ["$1 and $ 2", "$1 and $ 2"],
    ["${1}", "${1}"],
    ["${}", "${}"],
    ["${HOST:?needed}", "${HOST:?needed}"],
    ["${HOST/a/b}", "${HOST/a/b}"],
    ["${packages.module.x}", "${packages.module.x}"],
    ["${environment.HOST}", "${environment.HOST}"],
    ["$${environment.HOST}", "${environment.HOST}"],
    ["${open", "${open"],
    ["$DOLLAR", "$HOST ${HOST} $$"],
  ];
  for (const [text, result] of cases) {
    test(`${text} reads ${result === "" ? "empty" : result}`, () => assert.deepEqual(read(`{"a": "${text}"}`), { a: result }));
  }

  test("a value of any characters stays that value", () => {
    assert.deepEqual(read('{"a": "$QUOTE", "b": 1}'), { a: ENV.QUOTE, b: 1 });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((value) => !value.includes("\uFDD0")),
        (value) => {
          assert.deepEqual(read('{"a": "<${V}>", "${V}": 1}', { V: value }), { a: `<${value}>`, [value]: 1 });
        },
      ),
    );
  });

  test("escapes of JSON around and in a default stay what they are", () => {
    assert.deepEqual(read('{"a": "\\"$HOST\\" \\u0024HOST ${UNSET:-\\"x\\"}"}'), { a: '"robot" $HOST "x"' });
  });

  test("keys are substituted, those of editors are not", () => {
    assert.deepEqual(read('{"$schema": "s", "$comment" : "c", "$HOST": 1}'), { $schema: "s", $comment: "c", robot: 1 });
  });
});

describe("outside of a string", () => {
  const cases: readonly [text: string, result: unknown][] = [
    ["$PORT", 8080],
    ["${PORT}", 8080],
    ["${UNSET:-0.5}", 0.5],
    ["${UNSET:-false}", false],
    ['${UNSET:-{"b": [1]}}', { b: [1] }],
    ["$TRUE", true],
    ["$HOST", "robot"],
    ["$LIST", ["x", "$y"]],
    ["$UNSET", null],
    ["$EMPTY", null],
    ["$QUOTE", ENV.QUOTE],
  ];
  for (const [text, result] of cases) {
    test(`${text} reads ${JSON.stringify(result)}`, () =>
      assert.deepEqual(read(`{"a": ${text}, "b": [${text}]}`), { a: result, b: [result] }));
  }
});

describe("substitution", () => {
  test("leaves a text without a dollar sign alone", () => {
    const { text, notes, hasHiddenDollars } = substituteEnvironment('{"a": "\\\\"}', ENV);
    assert.deepEqual([text, notes, hasHiddenDollars], ['{"a": "\\\\"}', [], false]);
  });

  test("notes what is not set, what is not closed, and a placeholder that was escaped", () => {
    const text = '{"a": "$UNSET", "b": "${x", "c": "$${packages.x}", "d": "$${other}"}';
    const { notes } = substituteEnvironment(text, ENV);
    assert.deepEqual(
      notes.map((note) => note.offset),
      [text.indexOf("$UNSET"), text.indexOf("${x"), text.indexOf("$${packages")],
    );
  });

  test("knows where everything came from", () => {
    const text = '{"a": "$HOST", "b": "${PORT}", "c": 1}';
    const { text: result, originalOffset } = substituteEnvironment(text, ENV);
    for (const mark of ['"a"', '"b"', '"c"', "}"]) assert.equal(originalOffset(result.lastIndexOf(mark)), text.lastIndexOf(mark), mark);
    assert.equal(originalOffset(result.indexOf("robot") + 2), text.indexOf("$HOST"));
  });
});
