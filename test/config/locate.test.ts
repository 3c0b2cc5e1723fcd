import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatPath, joinPath, parsePath } from "../../src/config/json-path.js";
import { locateProblem, pathAt } from "../../src/config/locate.js";

const TEXT = `{
  "components": [
    { "name": "a", "attributes": { "pin": 1, "odd key": [1, { "x": "\\"}" }] } },
    {
      "Name": "b",
      "port": \${PORT:-{"a": 1}}, "more": $X
    }
  ],
  "twice": 1,
  "twice": { "in": 2 }
}
trailing`;

describe("locateProblem", () => {
  const cases: readonly [path: string, line: number, column: number][] = [
    ["", 1, 1],
    ["components", 2, 3],
    ["components[0]", 3, 5],
    ["components[0].name", 3, 7],
    ["components[0].attributes.pin", 3, 36],
    ['components[0].attributes["odd key"][1].x', 3, 63],
    ["components[1]", 4, 5],
    ["components[1].name", 5, 7],
    ["components[1].port", 6, 7],
    ["components[1].more", 6, 34],
    ["twice", 10, 3],
    ["twice.in", 10, 14],
    ["components[0].missing", 3, 5],
    ["components[0].missing.deeper", 3, 5],
    ["components[7].name", 2, 3],
    ["components.name", 2, 3],
    ["nowhere", 1, 1],
  ];
  for (const [path, line, column] of cases) {
    test(`finds ${path === "" ? "the whole" : path}`, () => assert.deepEqual(locateProblem(TEXT, path), { line, column }));
  }

  test("knows nothing of a text that is no JSON", () => assert.equal(locateProblem('{"a": }', "a"), undefined));
  test("knows nothing of a path that is none", () => assert.equal(locateProblem(TEXT, "a[b"), undefined));
  test("counts lines of other systems too", () => assert.deepEqual(locateProblem('{\r\n "a": 1}', "a"), { line: 2, column: 2 }));
});

describe("pathAt", () => {
  test("is the innermost entry", () => {
    assert.equal(pathAt(TEXT, TEXT.indexOf("$X")), "components[1].more");
    assert.equal(pathAt(TEXT, TEXT.indexOf("PORT")), "components[1].port");
    assert.equal(pathAt(TEXT, TEXT.indexOf('"pin"')), "components[0].attributes.pin");
    assert.equal(pathAt(TEXT, 0), "");
  });
});

describe("paths", () => {
  test("are read as they are written", () => {
    const segment = fc.oneof(fc.string(), fc.nat(1000), fc.constantFrom("a", "depends_on", "$schema", "0", ""));
    fc.assert(fc.property(fc.array(segment), (segments) => assert.deepEqual(parsePath(formatPath(segments)), segments)));
  });

  test("are short where they can be", () => {
    assert.equal(joinPath(joinPath(joinPath("", "modules"), 0), "env"), "modules[0].env");
    assert.equal(joinPath("env", "MY KEY"), 'env["MY KEY"]');
  });

  test("lead to the place of any value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, pick) => {
        const keys = Object.keys(value);
        const key = keys[pick % Math.max(1, keys.length)];
        if (key === undefined) return;
        const lines = `{\n${Object.entries(value)
          .map(([name, item]) => `${JSON.stringify(name)}: ${JSON.stringify(item)}`)
          .join(",\n")}\n}`;
        assert.deepEqual(locateProblem(lines, joinPath("", key)), { line: keys.indexOf(key) + 2, column: 1 });
      }),
    );
  });
});
