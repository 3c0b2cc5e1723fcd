/** The SDK's gRPC client when the peer is not there, goes away, comes back, or allows little. */
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import http2, { type Http2Server } from "node:http2";
import { createServer, type Server } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { millis } from "../../../src/base/millis.js";
import { isRpcError, Status } from "../../../src/proto/status-code.js";
import { createClient } from "../../../src/sdk/grpc/create-client.js";
import { GrpcChannel } from "../../../src/sdk/grpc/grpc-channel.js";
import { GrpcServer } from "../../../src/sdk/grpc/grpc-server.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";
import { collect, EchoDefinition, each, echoHandlers } from "./support/echo-service.js";
import { ownClient, startOwnServer } from "./support/ends.js";

const LIMIT = { timeout: 10_000 };
const ended = (status: number, text?: RegExp) => (error: unknown) =>
  isRpcError(error, status) && (text === undefined || text.test(error.message) || assert.fail(error.message));

test("nobody there: a call fails at once and says where it looked, and finds whoever comes", async (t) => {
  const address = path.join(tempFolder(t), "s");
  const client = ownClient(t, address);
  for (let round = 0; round < 3; round += 1) {
    await assert.rejects(client.one("x"), ended(Status.UNAVAILABLE, new RegExp(`${address}.*ENOENT`)));
  }
  await assert.rejects(collect(client.many("1")), ended(Status.UNAVAILABLE));
  await startOwnServer(t, address);
  assert.equal(await client.one("found", LIMIT), "found");
});

test("a connection that drops ends its calls, and the next call finds the new listener", async (t) => {
  const server = await startOwnServer(t);
  const client = ownClient(t, server.address);
  const calls = [client.one("wait"), collect(client.many("1 1 1"))];
  for (const call of calls) call.catch(() => undefined);
  await client.one("they run", LIMIT);
  await server.stop();
  for (const call of calls) await assert.rejects(call, ended(Status.UNAVAILABLE, /was lost/));
  await assert.rejects(client.one("x"), ended(Status.UNAVAILABLE));
  await server.start();
  assert.equal(await client.one("back", LIMIT), "back");
});

test("a peer that says goodbye serves what it has, and the next call takes a new connection", async (t) => {
  const { address, grpc, sockets } = await startOwnServer(t);
  const client = ownClient(t, address);
  const running = client.one("later 50", LIMIT);
  await client.one("it runs", LIMIT);
  const closing = grpc.close(millis(10_000));
  assert.equal(await client.one("meanwhile", LIMIT), "meanwhile");
  assert.equal(await running, "late");
  assert.equal(await client.one("after", LIMIT), "after");
  assert.ok(sockets.size > 0);
  closing.catch(() => undefined);
});

test("no more streams than the peer allows; the rest wait, and may end while they do", async (t) => {
  let open = 0;
  let most = 0;
  const { address } = await startRaw(t, { maxConcurrentStreams: 3 }, (server) => {
    server.on("stream", (stream) => {
      open += 1;
      most = Math.max(most, open);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.on("close", () => {
        open -= 1;
      });
      stream.once("data", (chunk: Buffer) => setTimeout(() => stream.end(chunk), 5));
    });
  });
  const client = ownClient(t, address);
  await client.one("first, to learn the settings", LIMIT);
  const controller = new AbortController();
  const calls = Array.from({ length: 30 }, (_, index) => client.one(`${index}`, LIMIT));
  const cancelled = client.one("never", { signal: controller.signal });
  const late = client.one("never", { timeout: 1 });
  controller.abort();
  await assert.rejects(cancelled, ended(Status.CANCELLED));
  await assert.rejects(late, ended(Status.DEADLINE_EXCEEDED));
  assert.equal((await Promise.all(calls)).length, 30);
  assert.equal(most, 3);
});

test("answers that are none of gRPC become errors that say so", async (t) => {
  const { address } = await startRaw(t, {}, (server) => {
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      stream.resume();
      const grpc = { ":status": 200, "content-type": "application/grpc" };
      switch (headers["x-case"]) {
        case "http":
          stream.respond({ ":status": 503 }, { endStream: true });
          break;
        case "type":
          stream.respond({ ":status": 200, "content-type": "text/html" });
          stream.end("<html>");
          break;
        case "no-status":
          stream.respond(grpc);
          stream.end();
          break;
        case "no-message":
          stream.respond({ ...grpc, "grpc-status": "0" }, { endStream: true });
          break;
        case "reset":
          stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
          break;
        default:
          stream.respond({ ...grpc, "grpc-status": "5", "grpc-message": "100%25 %C3%BC" }, { endStream: true });
      }
    });
  });
  const client = ownClient(t, address);
  const call = (which: string): Promise<string> => client.one("x", { ...LIMIT, metadata: { "x-case": which } });
  await assert.rejects(call("http"), ended(Status.UNAVAILABLE, /503/));
  await assert.rejects(call("type"), ended(Status.UNKNOWN, /text\/html/));
  await assert.rejects(call("no-status"), ended(Status.INTERNAL, /without a status/));
  await assert.rejects(call("no-message"), ended(Status.UNIMPLEMENTED, /without a message/));
  await assert.rejects(call("reset"), ended(Status.RESOURCE_EXHAUSTED));
  await assert.rejects(call("error"), ended(Status.NOT_FOUND, /^100% ü$/));
});

test("metadata that cannot travel is refused by its name", async (t) => {
  const { address } = await startOwnServer(t);
  const client = ownClient(t, address);
  for (const metadata of [{ "bad key": "x" }, { "x-a": "line\nbreak" }, { "x-bin": "x" }, { te: "x" }, { connection: "close" }]) {
    await assert.rejects(client.one("x", { metadata }), ended(Status.INVALID_ARGUMENT, /^metadata "/));
  }
  assert.equal(await client.one("metadata x-a", { metadata: { "X-A": " trimmed " } }), "trimmed");
});

test("closing ends what runs and what comes later", async (t) => {
  const { address } = await startOwnServer(t);
  const channel = new GrpcChannel(address);
  const client = createClient(EchoDefinition, channel);
  const running = client.one("wait");
  running.catch(() => undefined);
  await client.one("it runs", LIMIT);
  channel.close();
  channel.close();
  await assert.rejects(running, ended(Status.CANCELLED));
  await assert.rejects(client.one("x"), ended(Status.UNAVAILABLE, /closed/));
});

test("what cannot be called costs no stream and no listener", async (t) => {
  const { address } = await startOwnServer(t);
  const channel = new GrpcChannel(address);
  t.after(() => channel.close());
  const client = createClient(EchoDefinition, channel);
  const { signal } = new AbortController();
  const notText = undefined as unknown as string;
  // More than there are streams.
  for (let round = 0; round < 1100; round += 1) {
    await assert.rejects(client.one(notText, { signal }), ended(Status.UNKNOWN));
    await assert.rejects(collect(client.many(notText, { signal })), ended(Status.UNKNOWN));
  }
  assert.equal(await client.one("there is room", LIMIT), "there is room");
  const metadata = { "x-long": "y".repeat(66_000) };
  await assert.rejects(client.one("x", { metadata, signal }), ended(Status.INVALID_ARGUMENT, /65536/));
  channel.close();
  for (let round = 0; round < 5; round += 1) {
    await assert.rejects(client.one("x", { signal }), ended(Status.UNAVAILABLE));
    await assert.rejects(collect(client.both(each(["x"]), { signal })), ended(Status.UNAVAILABLE));
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("a source of requests is left the moment its call is over", async (t) => {
  const { address } = await startOwnServer(t);
  const client = ownClient(t, address);
  let left = 0;
  const source = (texts: string[]): AsyncIterable<string> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = texts.shift();
        return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
      },
      return: () => {
        left += 1;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  });
  assert.equal(await client.sum(source(["5", "enough"]), LIMIT), "5 is enough");
  await eventually("left behind the answer", () => left === 1);
  await assert.rejects(collect(client.both(source(["x"]), { timeout: 30 })), ended(Status.DEADLINE_EXCEEDED));
  await eventually("left at the deadline", () => left === 2);
  for await (const text of client.both(source(["x"]), LIMIT)) {
    assert.equal(text, "x");
    break;
  }
  await eventually("left with the loop", () => left === 3);
});

test("addresses that are none are where nobody can be reached", async (t) => {
  for (const address of ["127.0.0.1:99999", path.join(tempFolder(t), "x".repeat(200)), "a\0b"]) {
    await assert.rejects(ownClient(t, address).one("x", LIMIT), ended(Status.UNAVAILABLE, /nobody can be reached/));
  }
});

test("works over TCP", async (t) => {
  const grpc = new GrpcServer();
  grpc.addService(EchoDefinition, echoHandlers({ aborted: 0, yielded: 0, received: 0 }));
  const listener: Server = createServer((socket) => grpc.accept(socket)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => {
    grpc.destroy();
    listener.close();
  });
  const bound = listener.address();
  assert.ok(typeof bound === "object" && bound !== null);
  const client = ownClient(t, `127.0.0.1:${bound.port}`);
  assert.equal(await client.one("hello", LIMIT), "hello");
  await eventually("a deadline too", async () => (await client.one("timeout", LIMIT)) === "true");
});

async function startRaw(t: TestContext, settings: http2.Settings, prepare: (server: Http2Server) => void): Promise<{ address: string }> {
  const address = path.join(tempFolder(t), "s");
  const server = http2.createServer({ settings });
  prepare(server);
  server.listen(address);
  await once(server, "listening");
  t.after(() => server.close());
  return { address };
}
