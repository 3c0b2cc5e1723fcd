import assert from "node:assert/strict";
import { test } from "node:test";
import { millis } from "../../../src/base/millis.js";
import { Deadlines } from "../../../src/server/frame-level/deadlines.js";
import { FakeClock } from "../../support/fake-clock.js";

for (const limit of [1, 80, 999, 1000, 1003, 5000, 60_000, 600_000]) {
  test(`a deadline of ${limit} ms is never early and at most a sixteenth late`, async () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    let isOver = false;
    await clock.advance(millis(17));
    const onDeadline = (): void => {
      isOver = true;
    };
    deadlines.add({ onDeadline }, millis(limit));
    await clock.advance(millis(limit - 1));
    assert.equal(isOver, false);
    await clock.advance(millis(1 + limit / 16));
    assert.equal(isOver, true);
  });
}

test("who ended before its deadline hears nothing of it, the others of its row do", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const over: string[] = [];
  const owner = (name: string): { onDeadline: () => void } => ({ onDeadline: () => void over.push(name) });
  for (const limit of [500, 5000]) {
    const early = owner(`early ${limit}`);
    const deadline = deadlines.add(early, millis(limit));
    deadlines.add(owner(`late ${limit}`), millis(limit));
    deadline.cancel();
  }
  await clock.advance(millis(6000));
  assert.deepEqual(over, ["late 500", "late 5000"]);
});
