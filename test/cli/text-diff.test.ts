import assert from "node:assert/strict";
import { test } from "node:test";
import { diffTexts } from "../../src/cli/text-diff.js";

test("equal texts have no difference", () => {
  assert.deepEqual(diffTexts("a\nb", "a\nb"), []);
});

test("shows what changed with three lines around it and where it stands", () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const after = before.toSpliced(9, 1, "new 10", "new 10b");
  assert.deepEqual(diffTexts(before.join("\n"), after.join("\n")), [
    "@@ line 7 before, line 7 after @@",
    " line 7",
    " line 8",
    " line 9",
    "-line 10",
    "+new 10",
    "+new 10b",
    " line 11",
    " line 12",
    " line 13",
  ]);
});

test("changes far apart are blocks of their own", () => {
  const before = Array.from({ length: 30 }, (_, index) => `${index}`);
  const after = before.with(0, "first").with(29, "last");
  assert.equal(diffTexts(before.join("\n"), after.join("\n")).filter((line) => line.startsWith("@@")).length, 2);
});
