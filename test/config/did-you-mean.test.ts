import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { editDistance, nearestTo } from "../../src/config/did-you-mean.js";

describe("nearestTo", () => {
  const cases: readonly [word: string, found: string | undefined][] = [
    ["componets", "components"],
    ["compnoents", "components"],
    ["module", "modules"],
    ["lgo", "log"],
    ["lo", "log"],
    ["xyz", undefined],
    ["automobile", undefined],
    ["auht", "auth"],
  ];
  for (const [word, found] of cases) {
    test(`${word} is ${found ?? "nothing known"}`, () => assert.equal(nearestTo(word, ["components", "modules", "log", "auth"]), found));
  }
});

describe("editDistance", () => {
  test("is a distance", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, a), 0);
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.equal(editDistance(a, b) === 0, a === b);
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      }),
    );
  });
});
