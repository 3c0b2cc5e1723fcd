import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLimits } from "../../src/config/parse-limits.js";
import { Problems } from "../../src/config/problems.js";

test("reads amounts of memory with and without units", () => {
  for (const [text, bytes] of [
    ["256MiB", 256 * 1024 ** 2],
    ["1.5 GiB", 1.5 * 1024 ** 3],
    ["100M", 1e8],
    ["8388608", 8388608],
  ] as const) {
    assert.deepEqual(parseLimits({ memory: text }, "limits", new Problems()), { memory: bytes });
  }
});

test("refuses what is no amount of memory, or too little for any program", () => {
  for (const text of ["much", "12 parsecs", "", "1KiB"]) {
    const problems = new Problems();
    parseLimits({ memory: text }, "modules[0].limits", problems);
    assert.match(problems.list[0]?.message ?? "", /expected an amount of memory such as "256MiB"/);
    assert.equal(problems.list[0]?.path, "modules[0].limits.memory");
  }
});

test("takes the others as they are, and nothing for nothing", () => {
  assert.deepEqual(parseLimits({ cpu: 0.5, processes: 10 }, "limits", new Problems()), { cpu: 0.5, processes: 10 });
  assert.equal(parseLimits({}, "limits", new Problems()), undefined);
  assert.equal(parseLimits(undefined, "limits", new Problems()), undefined);
});
