/** Handlers that go wrong in every place: the caller gets a status, nothing is left behind, and the other calls go on. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { CallContext, ServiceHandlers } from "../../../src/proto/service.js";
import { isRpcError, RpcError, Status } from "../../../src/proto/status-code.js";
import { eventually } from "../../support/eventually.js";
import { collect, type EchoDefinition, each } from "./support/echo-service.js";
import { type EchoClient, ownClient, peerClient, startOwnServer } from "./support/ends.js";

const LIMIT = { timeout: 20_000 };

const ended = (status: number, text?: RegExp) => (error: unknown) =>
  isRpcError(error, status) && (text === undefined || text.test(error.message) || assert.fail(error.message));

type Handlers = ServiceHandlers<typeof EchoDefinition>;

async function serve(t: TestContext, handlers: Handlers): Promise<{ readonly own: EchoClient; readonly peer: EchoClient }> {
  const { address } = await startOwnServer(t, undefined, handlers);
  return { own: ownClient(t, address), peer: peerClient(t, address) };
}

/** JavaScript throws what it likes. */
const ODD: Readonly<Record<string, unknown>> = {
  "a bare object": Object.create(null),
  "an OK": new RpcError(Status.OK, "thrown"),
  "no code": new RpcError("NOT_FOUND" as unknown as number, "thrown"),
  "no text": Object.assign(new RpcError(Status.UNKNOWN, ""), { message: 7 }),
  "trailers that are no texts": new RpcError(Status.UNKNOWN, "thrown", { trailers: { "x-number": 5, "x-none": undefined } as never }),
  "no trailers": Object.assign(new RpcError(Status.UNKNOWN, "thrown"), { trailers: undefined }),
  nothing: undefined,
  "a symbol": Symbol("thrown"),
};

for (const [what, thrown] of Object.entries(ODD)) {
  test(`what a handler throws becomes a status: ${what}`, async (t) => {
    const { own, peer } = await serve(t, {
      one: (text) => {
        if (text === "well") return text;
        throw thrown;
      },
      missing: () => Promise.reject(thrown),
      many: async function* () {
        yield "first";
        throw thrown;
      },
      sum: () => Promise.reject(thrown),
      both: () => {
        throw thrown;
      },
    });
    for (const client of [own, peer]) {
      await assert.rejects(client.one("x", LIMIT), ended(Status.UNKNOWN));
      await assert.rejects(client.missing("x", LIMIT), ended(Status.UNKNOWN));
      await assert.rejects(collect(client.many("x", LIMIT)), ended(Status.UNKNOWN));
      await assert.rejects(client.sum(each(["1"]), LIMIT), ended(Status.UNKNOWN));
      await assert.rejects(collect(client.both(each(["1"]), LIMIT)), ended(Status.UNKNOWN));
      assert.equal(await client.one("well", LIMIT), "well");
    }
  });
}

test("a text or trailers that are too long for headers are cut, the status and the connection stay", async (t) => {
  const { own, peer } = await serve(t, {
    one: (text) => {
      const trailers = { "x-first": "1", "x-long": "y".repeat(7000), "x-last": "3" };
      if (text === "plain") throw new RpcError(Status.NOT_FOUND, "z".repeat(1_000_000), { trailers });
      if (text === "encoded") throw new RpcError(Status.NOT_FOUND, "ä😀".repeat(300_000), { trailers });
      return text;
    },
  });
  for (const client of [own, peer]) {
    for (const text of ["plain", "encoded"]) {
      await assert.rejects(client.one(text, LIMIT), (error) => {
        assert.ok(isRpcError(error, Status.NOT_FOUND), String(error));
        assert.ok(error.message.length > 200 && error.message.length < 6200, `${error.message.length} characters`);
        assert.match(error.message, /^(zz|ä😀).* \.\.\. \(cut: \d+ characters\)$/u);
        assert.equal(error.trailers["x-first"], "1");
        assert.equal(error.trailers["x-long"], undefined);
        assert.equal(error.trailers["x-last"], "3");
        return true;
      });
    }
    assert.equal(await client.one("well", LIMIT), "well");
  }
});

test("answers that cannot be sent end the call and let the handler clean up", async (t) => {
  let cleaned = 0;
  const { own, peer } = await serve(t, {
    one: () => undefined as never,
    many: async function* (text) {
      try {
        yield "good";
        yield text === "long" ? "x".repeat(32 * 1024 * 1024 + 1) : (undefined as never);
        assert.fail("goes on");
      } finally {
        cleaned += 1;
      }
    },
    sum: () => "x".repeat(32 * 1024 * 1024 + 1),
    both: () => undefined as never,
  });
  for (const client of [own, peer]) {
    cleaned = 0;
    await assert.rejects(client.one("x", LIMIT), ended(Status.UNKNOWN));
    await assert.rejects(collect(client.many("none", LIMIT)), ended(Status.UNKNOWN));
    await eventually("the first handler is left", () => cleaned === 1);
    await assert.rejects(collect(client.many("long", LIMIT)), ended(Status.RESOURCE_EXHAUSTED));
    await eventually("the second handler is left", () => cleaned === 2);
    await assert.rejects(client.sum(each(["1"]), LIMIT), ended(Status.RESOURCE_EXHAUSTED));
    await assert.rejects(collect(client.both(each(["1"]), LIMIT)), ended(Status.UNKNOWN));
  }
});

test("an iterator that fails while it is left, or does not know how to be left, harms nobody", async (t) => {
  let left = 0;
  const endless = (back: (() => unknown) | undefined): AsyncIterable<string> => ({
    [Symbol.asyncIterator]: () =>
      ({
        next: async () => ({ done: false, value: "again" }),
        ...(back === undefined ? {} : { return: back }),
      }) as AsyncIterator<string>,
  });
  const leaving: Record<string, (() => unknown) | undefined> = {
    none: undefined,
    throws: () => {
      left += 1;
      throw new Error("in return");
    },
    rejects: () => {
      left += 1;
      return Promise.reject(new Error("in return"));
    },
    "is no promise": () => {
      left += 1;
      return 5;
    },
    "never settles": () => {
      left += 1;
      return new Promise(() => {});
    },
  };
  const { own } = await serve(t, { one: (text) => text, many: (text) => endless(leaving[text]) });
  for (const text of Object.keys(leaving)) {
    for await (const answer of own.many(text, LIMIT)) {
      assert.equal(answer, "again");
      break;
    }
    assert.equal(await own.one("well", LIMIT), "well");
  }
  await eventually("all were left", () => left === 4);
});

test("a handler that throws while it is cancelled, or asks ahead for requests it never looks at, ends nothing but itself", async (t) => {
  let cleaned = 0;
  const askAhead = async (texts: AsyncIterable<string>, context: CallContext): Promise<string> => {
    const requests = texts[Symbol.asyncIterator]();
    const first = await requests.next();
    void requests.next();
    if (first.value === "wait") await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    void requests.next();
    cleaned += 1;
    return "done";
  };
  const { own, peer } = await serve(t, {
    one: (text) => text,
    sum: askAhead,
    both: async function* (texts, context) {
      try {
        yield await askAhead(texts, context);
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: that is what this handler does wrong
        throw new Error("while cleaning up");
      }
    },
  });
  async function* open(text: string): AsyncGenerator<string> {
    yield text;
    await new Promise(() => {});
  }
  for (const client of [own, peer]) {
    cleaned = 0;
    assert.equal(await client.sum(open("go"), LIMIT), "done");
    await assert.rejects(collect(client.both(open("go"), LIMIT)), ended(Status.UNKNOWN, /cleaning up/));
    const controller = new AbortController();
    const calls = [
      client.sum(open("wait"), { ...LIMIT, signal: controller.signal }),
      collect(client.both(open("wait"), { ...LIMIT, signal: controller.signal })),
    ];
    for (const call of calls) call.catch(() => undefined);
    await client.one("they run", LIMIT);
    await client.one("they run", LIMIT);
    controller.abort();
    for (const call of calls) await assert.rejects(call, ended(Status.CANCELLED));
    await eventually("all handlers ended", () => cleaned === 4);
    assert.equal(await client.one("well", LIMIT), "well");
  }
});
