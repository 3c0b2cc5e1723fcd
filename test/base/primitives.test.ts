import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.js";
import { withDeadline } from "../../src/base/deadline.js";
import { DisposalStack } from "../../src/base/disposal-stack.js";
import { isPinionError } from "../../src/base/errors.js";
import { isEqualJson } from "../../src/base/json.js";
import { millis } from "../../src/base/millis.js";
import { Semaphore } from "../../src/base/semaphore.js";
import { SerialQueue } from "../../src/base/serial-queue.js";

test("a wait that outlives its deadline fails with a sentence that names it", async () => {
  const never = new Promise(() => undefined);
  await assert.rejects(withDeadline(systemClock, millis(5), "reading the sun", never), (error) => {
    assert.ok(isPinionError(error, "DEADLINE_EXCEEDED"));
    assert.match(error.message, /reading the sun took longer than 5ms/);
    return true;
  });
});

test("the disposal stack closes last in, first out, and a failing step does not stop the others", async () => {
  const seen: string[] = [];
  const stack = new DisposalStack(systemClock, (what) => seen.push(`failed ${what}`));
  stack.defer("first", millis(1000), () => void seen.push("first"));
  stack.defer("second", millis(1000), () => {
    throw new Error("no");
  });
  stack.defer("third", millis(1000), async () => void seen.push("third"));
  await stack[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
  assert.deepEqual(seen, ["third", "failed second", "first"]);
});

test("the serial queue keeps the order and goes on after a failure", async () => {
  const queue = new SerialQueue();
  const seen: number[] = [];
  const first = queue.run(async () => {
    await systemClock.sleep(millis(5));
    seen.push(1);
    throw new Error("first fails");
  });
  const second = queue.run(async () => void seen.push(2));
  await assert.rejects(first, /first fails/);
  await second;
  assert.deepEqual(seen, [1, 2]);
});

test("the semaphore never lets more through than it has permits", async () => {
  const semaphore = new Semaphore(3);
  let inside = 0;
  let most = 0;
  const tasks = Array.from({ length: 20 }, () =>
    semaphore.run(async () => {
      inside += 1;
      most = Math.max(most, inside);
      await systemClock.sleep(millis(1));
      inside -= 1;
    }),
  );
  await Promise.all(tasks);
  assert.equal(most, 3);
});

test("an aborted sleep rejects with the reason", async () => {
  const abort = new AbortController();
  const sleep = systemClock.sleep(millis(60_000), abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(sleep, /enough/);
});

test("equal JSON does not depend on the order of keys", () => {
  assert.ok(isEqualJson({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] }));
  assert.ok(!isEqualJson({ a: [1, 2] }, { a: [2, 1] }));
  assert.ok(!isEqualJson({ a: 1 }, { a: 1, b: 1 }));
});
