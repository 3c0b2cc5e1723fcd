/** Very many calls of all kinds, some of them cancelled at any moment: nothing of them is left at either end. */
import assert from "node:assert/strict";
import { getEventListeners, setMaxListeners } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Clock, systemClock } from "../../../src/base/clock.js";
import { isRpcError, Status } from "../../../src/proto/status-code.js";
import { createClient } from "../../../src/sdk/grpc/create-client.js";
import { GrpcChannel } from "../../../src/sdk/grpc/grpc-channel.js";
import { GrpcServer } from "../../../src/sdk/grpc/grpc-server.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";
import { collect, EchoDefinition, each, echoHandlers, type Seen } from "./support/echo-service.js";
import { type EchoClient, peerClient } from "./support/ends.js";

const CALLS = 10_000;
const AT_ONCE = 50;
/** Share of the calls that are cut short by one of their ends. */
const CANCELLED = 0.1;
const MOST_STREAMS = 1024;
const MOST_GROWTH = 6 * 1024 * 1024;

interface CountingClock extends Clock {
  /** Timers that wait. */
  readonly waiting: ReadonlySet<object>;
}

function countingClock(): CountingClock {
  const waiting = new Set<object>();
  return {
    ...systemClock,
    waiting,
    after: (delay, action, options) => {
      const key = {};
      waiting.add(key);
      const run = (): void => {
        waiting.delete(key);
        action();
      };
      const timer = systemClock.after(delay, run, options);
      return {
        cancel: () => {
          waiting.delete(key);
          timer.cancel();
        },
      };
    },
  };
}

interface Server {
  readonly address: string;
  readonly clock: CountingClock;
  /** Handlers that run. */
  readonly running: ReadonlySet<object>;
  /** Lets all calls to `missing` end. */
  release(): void;
}

async function serve(t: TestContext): Promise<Server> {
  const seen: Seen = { aborted: 0, yielded: 0, received: 0 };
  const handlers = echoHandlers(seen);
  const running = new Set<object>();
  const clock = countingClock();
  const grpc = new GrpcServer(clock);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = async <T>(context: object, work: Promise<T> | T | undefined): Promise<T> => {
    running.add(context);
    try {
      return (await work) as T;
    } finally {
      running.delete(context);
    }
  };
  async function* heldMany(context: object, work: AsyncIterable<string> | undefined): AsyncGenerator<string> {
    running.add(context);
    try {
      if (work !== undefined) yield* work;
    } finally {
      running.delete(context);
    }
  }
  grpc.addService(EchoDefinition, {
    one: (text, context) => held(context, handlers.one?.(text, context)),
    sum: (texts, context) => held(context, handlers.sum?.(texts, context)),
    many: (text, context) => heldMany(context, handlers.many?.(text, context)),
    both: (texts, context) => heldMany(context, handlers.both?.(texts, context)),
    missing: (text, context) =>
      held(
        context,
        released.then(() => text),
      ),
  });
  const address = path.join(tempFolder(t), "s");
  const listener = createServer((socket) => grpc.accept(socket));
  await new Promise<void>((resolve) => listener.listen(address, resolve));
  t.after(() => {
    grpc.destroy();
    listener.close();
  });
  return { address, clock, running, release };
}

/** The same numbers each time. */
function dice(): () => number {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function* broken(): AsyncGenerator<string> {
  yield "1";
  throw new Error("no more");
}

async function* endless(): AsyncGenerator<string> {
  yield "5";
  for (let count = 1; ; count += 1) {
    // A client of grpc-js lets nobody else through while there is something to send.
    if (count % 20 === 0) await turn();
    yield "enough";
  }
}

type Call = (client: EchoClient, signal: AbortSignal, random: () => number) => Promise<unknown>;
const LIMIT = { timeout: 60_000 };
const LARGE = "y".repeat(150_000);

/** `signal` is the same for all calls and is never aborted. */
const ENDING: readonly Call[] = [
  async (client, signal) => assert.equal(await client.one("hello", { signal }), "hello"),
  async (client, signal) => assert.equal(await client.one("timeout", { timeout: 20_000, signal }), "true"),
  async (client, signal) => assert.equal((await collect(client.many("20 100", { ...LIMIT, signal }))).length, 20),
  async (client, signal) => assert.equal(await client.sum(each(["1", "2", "3"]), { ...LIMIT, signal }), "6"),
  async (client, signal) => assert.deepEqual(await collect(client.both(each(["a", "", "b"]), { ...LIMIT, signal })), ["a", "", "b"]),
  (client, signal) => assert.rejects(client.one("fail x", { signal }), (error) => isRpcError(error, Status.FAILED_PRECONDITION)),
  (client, signal) => assert.rejects(collect(client.many("9 9 3", { signal })), (error) => isRpcError(error, Status.DATA_LOSS)),
  async (client, signal, random) => {
    if (random() < 0.1) assert.equal(await client.one(LARGE, { ...LIMIT, signal }), LARGE);
  },
];

const isOver = (error: unknown): boolean => isRpcError(error, Status.CANCELLED) || isRpcError(error, Status.DEADLINE_EXCEEDED);

const CUT: readonly Call[] = [
  async (client, signal) => {
    for await (const text of client.many("200 5000", { ...LIMIT, signal })) if (text.startsWith("2")) break;
  },
  async (client, signal) => assert.equal(await client.sum(endless(), { ...LIMIT, signal }), "5 is enough"),
  (client, signal, random) => assert.rejects(client.one("wait", { timeout: 1 + random() * 5, signal }), isOver),
  (client, signal) => assert.rejects(client.sum(broken(), { ...LIMIT, signal }), (error) => isRpcError(error, Status.CANCELLED)),
  async (client, _signal, random) => {
    const controller = new AbortController();
    const options = { ...LIMIT, signal: controller.signal };
    const kinds = [
      client.one("wait", options),
      client.one(LARGE, options),
      collect(client.many("500 1000", options)),
      collect(client.both(endless(), options)),
    ];
    const all = Promise.allSettled(kinds);
    for (let turns = random() * 6; turns > 0; turns -= 1) await turn();
    controller.abort();
    for (const outcome of await all) assert.ok(outcome.status === "fulfilled" || isOver(outcome.reason), String(outcome.status));
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  },
];

async function run(client: EchoClient, signal: AbortSignal, count: number, random: () => number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const kinds = random() < CANCELLED ? CUT : ENDING;
      await kinds[Math.floor(random() * kinds.length)]?.(client, signal, random);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round += 1) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function soak(server: Server, client: EchoClient): Promise<void> {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const random = dice();
  await run(client, signal, CALLS / 10, random);
  const before = heapAfterCollection();
  await run(client, signal, CALLS, random);
  await eventually("all handlers ended", () => server.running.size === 0);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  // One of each end may still watch over the frame that came last.
  await eventually("no timers", () => server.clock.waiting.size <= 2);
  const growth = heapAfterCollection() - before;
  assert.ok(growth < MOST_GROWTH, `${growth} bytes more`);
  const full = Array.from({ length: MOST_STREAMS }, () => client.missing("held", LIMIT));
  await eventually("every stream can be used again", () => server.running.size === MOST_STREAMS);
  server.release();
  assert.equal((await Promise.all(full)).length, MOST_STREAMS);
}

test("our client", async (t) => {
  const server = await serve(t);
  const channel = new GrpcChannel(server.address, server.clock);
  t.after(() => channel.close());
  await soak(server, createClient(EchoDefinition, channel));
});

test("a client of grpc-js", async (t) => {
  const server = await serve(t);
  await soak(server, peerClient(t, server.address));
});
