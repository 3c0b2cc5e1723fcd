/** What a call is, whoever is at the other end: every pair of the SDK's own gRPC and grpc-js in which one end is ours. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isRpcError, Status } from "../../../src/proto/status-code.js";
import { eventually } from "../../support/eventually.js";
import { collect, each, type Seen } from "./support/echo-service.js";
import { type EchoClient, PAIRS } from "./support/ends.js";

const LIMIT = { timeout: 20_000 };

function forEveryPair(title: string, body: (client: EchoClient, seen: Seen, t: TestContext) => Promise<void>): void {
  for (const [pair, start] of Object.entries(PAIRS)) {
    test(`${title}: ${pair}`, async (t) => {
      const seen: Seen = { aborted: 0, yielded: 0, received: 0 };
      await body(await start(t, seen), seen, t);
    });
  }
}

const ended = (status: number, text?: RegExp) => (error: unknown) =>
  isRpcError(error, status) && (text === undefined || text.test(error.message) || assert.fail(error.message));

forEveryPair("all four kinds of calls work", async (client) => {
  assert.equal(await client.one("hello", LIMIT), "hello");
  assert.deepEqual(await collect(client.many("3 4", LIMIT)), ["0...", "1...", "2..."]);
  assert.deepEqual(await collect(client.many("0", LIMIT)), []);
  assert.equal(await client.sum(each(["1", "2", "39"]), LIMIT), "42");
  assert.equal(await client.sum(each([]), LIMIT), "0");
  assert.deepEqual(await collect(client.both(each(["a", "b"]), LIMIT)), ["a", "b"]);
});

forEveryPair("a handler's status, text and trailers reach the caller", async (client) => {
  await assert.rejects(client.one("fail look", LIMIT), (error) => {
    assert.ok(isRpcError(error, Status.FAILED_PRECONDITION));
    assert.equal(error.message, "100 % zu heiß\n😀");
    assert.equal(error.trailers["x-hint"], "look");
    return true;
  });
  await assert.rejects(client.one("throw", LIMIT), ended(Status.UNKNOWN, /^plain$/));
  await assert.rejects(client.missing("", LIMIT), ended(Status.UNIMPLEMENTED));
  const before: string[] = [];
  const reading = (async () => {
    for await (const text of client.many("5 1 2", LIMIT)) before.push(text);
  })();
  await assert.rejects(reading, ended(Status.DATA_LOSS, /in the middle/));
  assert.deepEqual(before, ["0", "1"], "what came before the error");
});

forEveryPair("metadata and deadline reach the handler", async (client) => {
  assert.equal(await client.one("metadata viam-sid", { ...LIMIT, metadata: { "viam-sid": "7 8" } }), "7 8");
  assert.equal(await client.one("metadata te", LIMIT), "none");
  assert.equal(await client.one("timeout", LIMIT), "true");
  assert.equal(await client.one("timeout"), "false");
});

forEveryPair("a deadline ends the call at both ends", async (client, seen) => {
  await assert.rejects(client.one("wait", { timeout: 50 }), ended(Status.DEADLINE_EXCEEDED));
  await assert.rejects(collect(client.many("1 1 1", { timeout: 50 })), ended(Status.DEADLINE_EXCEEDED));
  await eventually("both handlers saw it", () => seen.aborted === 2);
});

forEveryPair("a signal cancels at both ends", async (client, seen) => {
  const controller = new AbortController();
  const call = client.one("wait", { ...LIMIT, signal: controller.signal });
  await client.one("there", LIMIT);
  controller.abort();
  await assert.rejects(call, ended(Status.CANCELLED));
  await assert.rejects(client.one("late", { signal: controller.signal }), ended(Status.CANCELLED));
  await eventually("the handler saw it", () => seen.aborted === 1);
});

forEveryPair("leaving the loop ends the call at the server", async (client, seen) => {
  for await (const text of client.many("1 1 1", LIMIT)) {
    assert.equal(text, "0");
    break;
  }
  await eventually("the handler saw it", () => seen.aborted === 1);
});

forEveryPair("a source of requests that fails cancels the call", async (client) => {
  async function* broken(): AsyncGenerator<string> {
    yield "1";
    throw new Error("no more");
  }
  await assert.rejects(client.sum(broken(), LIMIT), ended(Status.CANCELLED));
});

forEveryPair("a handler may answer before the last request", async (client) => {
  async function* endless(): AsyncGenerator<string> {
    yield "5";
    for (;;) yield "enough";
  }
  assert.equal(await client.sum(endless(), LIMIT), "5 is enough");
});

forEveryPair("long messages pass, longer ones than 32 MiB do not", async (client) => {
  const long = "y".repeat(8 * 1024 * 1024);
  assert.equal(await client.one(long, LIMIT), long);
  assert.equal((await client.one(`repeat ${32 * 1024 * 1024}`, LIMIT)).length, 32 * 1024 * 1024);
  await assert.rejects(client.one("z".repeat(32 * 1024 * 1024 + 1), LIMIT), ended(Status.RESOURCE_EXHAUSTED));
  await assert.rejects(client.one(`repeat ${32 * 1024 * 1024 + 1}`, LIMIT), ended(Status.RESOURCE_EXHAUSTED));
  assert.equal(await client.one("still there", LIMIT), "still there");
});

forEveryPair("a thousand messages each way keep their order", async (client) => {
  const texts = Array.from({ length: 1000 }, (_, index) => String(index).padEnd(2000, "."));
  assert.deepEqual(await collect(client.both(each(texts), LIMIT)), texts);
});

forEveryPair("many calls at once", async (client) => {
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => client.one(`call ${index}`, LIMIT)));
  assert.deepEqual(
    answers,
    Array.from({ length: 500 }, (_, index) => `call ${index}`),
  );
  const streams = await Promise.all(Array.from({ length: 150 }, () => collect(client.both(each(["a", "b", "c"]), LIMIT))));
  for (const stream of streams) assert.deepEqual(stream, ["a", "b", "c"]);
});

forEveryPair("a reader that is slow holds the handler back", async (client, seen) => {
  const messages = client.many("2000 10000", LIMIT)[Symbol.asyncIterator]();
  assert.equal((await messages.next()).value?.slice(0, 2), "0.");
  const isHeld = async (): Promise<boolean> => {
    const before = seen.yielded;
    await client.one("a round trip", LIMIT);
    await client.one("and another", LIMIT);
    return seen.yielded === before;
  };
  await eventually("the handler waits", isHeld);
  assert.ok(seen.yielded < 500, `${seen.yielded} messages of 10 kB were made for a reader that took one`);
  let count = 1;
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) count += 1;
  assert.equal(count, 2000);
});

forEveryPair("a handler that is slow holds the sender back", async (client, seen) => {
  let sent = 0;
  async function* requests(): AsyncGenerator<string> {
    yield "block";
    for (; sent < 5000; sent += 1) yield "r".repeat(10_000);
  }
  const controller = new AbortController();
  const call = collect(client.both(requests(), { ...LIMIT, signal: controller.signal }));
  call.catch(() => undefined);
  const isHeld = async (): Promise<boolean> => {
    const before = sent;
    await client.one("a round trip", LIMIT);
    await client.one("and another", LIMIT);
    return sent > 0 && sent === before;
  };
  await eventually("the sender waits", isHeld);
  assert.ok(sent < 1000, `${sent} requests of 10 kB were sent to a handler that took one`);
  assert.equal(seen.received, 1);
  controller.abort();
  await assert.rejects(call, ended(Status.CANCELLED));
});
