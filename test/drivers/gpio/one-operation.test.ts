/** One operation at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OneOperation } from "../../../drivers/gpio/one-operation.js";

function waiting(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

test("a new one begins when the one before has ended, and of many the last one runs", async () => {
  const operation = new OneOperation();
  const log: string[] = [];
  const run = (name: string): Promise<boolean> =>
    operation.run(async (signal) => {
      log.push(`${name} begins`);
      await waiting(signal);
      await new Promise(setImmediate);
      log.push(`${name} ends`);
    });
  const first = run("first");
  await new Promise(setImmediate);
  const rest = [run("second"), run("third"), run("fourth")];
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual(log, ["first begins", "first ends", "fourth begins"]);
  assert.equal(operation.isRunning, true);
  await operation.end();
  assert.deepEqual(await Promise.all([first, ...rest]), [false, false, false, false]);
  assert.equal(operation.isRunning, false);
  assert.equal(await operation.run(async () => undefined), true);
});

test("an error goes to its caller only, and the next one runs", async () => {
  const operation = new OneOperation();
  const failing = operation.run(async () => {
    throw new Error("broken");
  });
  const next = operation.run(async () => undefined);
  assert.equal(await failing.catch((error: Error) => error.message), false, "it never ran: the next one took its place");
  assert.equal(await next, true);
  await assert.rejects(
    operation.run(async () => {
      throw new Error("broken");
    }),
    /broken/,
  );
  await operation.end();
});

test("what one throws after another took its place is nobody's error", async () => {
  const operation = new OneOperation();
  const first = operation.run(async (signal) => {
    await waiting(signal);
    throw new Error("broken off");
  });
  await new Promise(setImmediate);
  assert.equal(await operation.run(async () => undefined), true);
  assert.equal(await first, false);
});

test("one that goes on tells its caller what fails before it has begun, and somebody else what fails later", async () => {
  const operation = new OneOperation();
  const failures: string[] = [];
  const told = ({ message }: Error): void => void failures.push(message);
  const failing = operation.begin(async () => {
    throw new Error("never began");
  }, told);
  await assert.rejects(failing, /never began/);
  let fail: (error: Error) => void = () => undefined;
  await operation.begin(async (_signal, begun) => {
    begun();
    await new Promise((_resolve, reject) => {
      fail = reject;
    });
  }, told);
  assert.equal(operation.isRunning, true);
  fail(new Error("failed later"));
  await new Promise(setImmediate);
  assert.deepEqual(failures, ["failed later"]);
  await operation.begin(async (signal, begun) => {
    begun();
    await waiting(signal);
    throw new Error("broken off");
  }, told);
  await operation.end();
  await operation.begin(async () => undefined, told);
  assert.deepEqual(failures, ["failed later"]);
});

test("what is done between operations is never left out, and the next one waits for it", async () => {
  const operation = new OneOperation();
  const log: string[] = [];
  const running = operation.run(async (signal) => {
    await waiting(signal);
    log.push("ended");
  });
  await new Promise(setImmediate);
  const between = operation.between(async () => {
    await new Promise(setImmediate);
    log.push("between");
  });
  const next = operation.run(async () => void log.push("next"));
  assert.deepEqual(await Promise.all([running, between, next]), [false, undefined, true]);
  assert.deepEqual(log, ["ended", "between", "next"]);
  await assert.rejects(
    operation.between(async () => {
      throw new Error("broken");
    }),
    /broken/,
  );
  assert.equal(await operation.run(async () => undefined), true);
});

test("a caller that gave up before its turn runs nothing", async () => {
  const operation = new OneOperation();
  let hasRun = false;
  const run = async (): Promise<void> => {
    hasRun = true;
  };
  await assert.rejects(operation.run(run, AbortSignal.abort(new Error("gave up"))), /gave up/);
  assert.equal(hasRun, false);
  const caller = new AbortController();
  const running = operation.run(waiting, caller.signal);
  caller.abort(new Error("gave up later"));
  await assert.rejects(running, /gave up later/);
});
