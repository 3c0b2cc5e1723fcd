/** The SDK's gRPC server and clients of other makes and manners: raw streams of node:http2, compressed messages, bytes in any pieces, a graceful end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { deflateSync, gzipSync } from "node:zlib";
import { compressionAlgorithms, credentials, Client as PeerChannel } from "@grpc/grpc-js";
import { millis } from "../../../src/base/millis.js";
import { grpcTarget } from "../../../src/proto/channel.js";
import { createClient as createPeerClient } from "../../../src/proto/client.js";
import { isRpcError, Status } from "../../../src/proto/status-code.js";
import { eventually } from "../../support/eventually.js";
import { EchoDefinition } from "./support/echo-service.js";
import { ownClient, startOwnServer } from "./support/ends.js";

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
}

function connectTo(t: TestContext, address: string): ClientHttp2Session {
  const session = http2.connect("http://localhost", { createConnection: () => connect(address) });
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  return session;
}

function request(session: ClientHttp2Session, path: string, headers: Record<string, string | readonly string[]> = {}): ClientHttp2Stream {
  return session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
}

async function answerTo(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: IncomingHttpHeaders | undefined;
  const chunks: Buffer[] = [];
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  if (!stream.readableEnded) await once(stream, "end");
  return { headers, trailers, body: Buffer.concat(chunks) };
}

/** What was sent before has been seen by the server. */
async function roundTrip(session: ClientHttp2Session): Promise<void> {
  const stream = request(session, "/test.EchoService/One");
  stream.end(frame("a round trip"));
  await answerTo(stream);
}

function frame(message: Buffer | string, flag = 0): Buffer {
  const bytes = Buffer.from(message);
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

const statusOf = ({ headers, trailers }: Answer): number => Number((trailers ?? headers)["grpc-status"]);
const messageOf = ({ headers, trailers }: Answer): string => String((trailers ?? headers)["grpc-message"]);

test("answers with headers, message and trailers, and an error with trailers alone", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const good = request(session, "/test.EchoService/One");
  good.end(frame("hello"));
  const answer = await answerTo(good);
  assert.equal(answer.headers[":status"], 200);
  assert.equal(answer.headers["content-type"], "application/grpc");
  assert.deepEqual(answer.body, frame("hello"));
  assert.equal(answer.trailers?.["grpc-status"], "0");
  const bad = request(session, "/test.EchoService/One");
  bad.end(frame("fail here"));
  const error = await answerTo(bad);
  assert.equal(error.trailers, undefined, "one block of headers");
  assert.equal(statusOf(error), Status.FAILED_PRECONDITION);
  assert.equal(error.headers["grpc-message"], "100 %25 zu hei%C3%9F%0A%F0%9F%98%80");
  assert.equal(error.headers["x-hint"], "here");
  const empty = request(session, "/test.EchoService/One");
  empty.end(frame(""));
  assert.deepEqual((await answerTo(empty)).body, frame(""));
});

test("takes messages that are compressed with gzip or deflate, and says why it does not take others", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const call = (encoding: string, body: Buffer): Promise<Answer> => {
    const stream = request(session, "/test.EchoService/One", encoding === "" ? {} : { "grpc-encoding": encoding });
    stream.end(body);
    return answerTo(stream);
  };
  assert.deepEqual((await call("gzip", frame(gzipSync("small"), 1))).body, frame("small"));
  assert.deepEqual((await call("deflate", frame(deflateSync("small"), 1))).body, frame("small"));
  assert.deepEqual((await call("gzip", frame("plain"))).body, frame("plain"), "each message says for itself");
  assert.equal(statusOf(await call("", frame(gzipSync("x"), 1))), Status.INTERNAL);
  assert.equal(statusOf(await call("gzip", frame("no gzip", 1))), Status.INTERNAL);
  assert.equal(statusOf(await call("gzip", frame("x", 7))), Status.INTERNAL);
  const unknown = await call("snappy", frame("x", 1));
  assert.equal(statusOf(unknown), Status.UNIMPLEMENTED);
  assert.equal(unknown.headers["grpc-accept-encoding"], "identity,deflate,gzip");
  const bomb = await call("gzip", frame(gzipSync(Buffer.alloc(33 * 1024 * 1024)), 1));
  assert.equal(statusOf(bomb), Status.RESOURCE_EXHAUSTED);
});

test("a client of grpc-js that compresses is understood", async (t) => {
  const { address } = await startOwnServer(t);
  const channel = new PeerChannel(grpcTarget(address), credentials.createInsecure(), {
    "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
  });
  t.after(() => channel.close());
  const client = createPeerClient(EchoDefinition, channel);
  assert.equal(await client.one("c".repeat(10_000), { timeout: 10_000 }), "c".repeat(10_000));
});

test("says what is wrong with a request that is none", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const answer = async (stream: ClientHttp2Stream, body?: Buffer): Promise<Answer> => {
    if (body === undefined) stream.end();
    else stream.end(body);
    return await answerTo(stream);
  };
  const one = "/test.EchoService/One";
  assert.equal((await answer(session.request({ ":path": one }))).headers[":status"], 405);
  assert.equal((await answer(request(session, one, { "content-type": "text/plain" }), frame("x"))).headers[":status"], 415);
  const unknown = await answer(request(session, "/test.EchoService/Nothing"), frame("x"));
  assert.equal(statusOf(unknown), Status.UNIMPLEMENTED);
  assert.match(messageOf(unknown), /\/test\.EchoService\/Nothing/);
  assert.equal(statusOf(await answer(request(session, one))), Status.UNIMPLEMENTED, "no message");
  assert.equal(
    statusOf(await answer(request(session, one), Buffer.concat([frame("a"), frame("b")]))),
    Status.UNIMPLEMENTED,
    "two messages",
  );
  assert.equal(statusOf(await answer(request(session, one), frame("cut").subarray(0, 6))), Status.INTERNAL, "half a message");
  assert.equal(statusOf(await answer(request(session, one), frame(Buffer.from([0xff])))), Status.INTERNAL, "no text");
  const giant = request(session, one);
  giant.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
  assert.equal(statusOf(await answerTo(giant)), Status.RESOURCE_EXHAUSTED, "told before the bytes come");
  assert.equal(statusOf(await answer(request(session, one), frame("well"))), Status.OK);
});

test("an unknown path is answered before the client has said all, and takes what it still says", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const stream = request(session, "/test.EchoService/Nothing");
  const answer = answerTo(stream);
  stream.write(Buffer.alloc(400_000));
  stream.write(Buffer.alloc(400_000));
  assert.equal(statusOf(await answer), Status.UNIMPLEMENTED);
  stream.end();
  await once(stream, "close");
  assert.equal(stream.rstCode, 0);
});

test("a message may come in any pieces", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const stream = request(session, "/test.EchoService/Both");
  const answer = answerTo(stream);
  const bytes = Buffer.concat([frame("first"), frame(""), frame("second".repeat(20_000)), frame("third")]);
  for (let at = 0, size = 1; at < bytes.length; at += size, size = at < 40 ? 1 : (size * 7 + 3) % 4000) {
    stream.write(bytes.subarray(at, at + size));
    if (at < 40) await delay(1);
  }
  stream.end();
  assert.deepEqual((await answer).body, bytes);
});

test("metadata comes joined, without what belongs to the protocol and without binary values", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  const ask = async (key: string): Promise<string> => {
    const stream = request(session, "/test.EchoService/One", { "x-a": ["1", "2"], "x-bin": "AAEC", "grpc-timeout": "5S" });
    stream.end(frame(`metadata ${key}`));
    return (await answerTo(stream)).body.subarray(5).toString();
  };
  assert.equal(await ask("x-a"), "1, 2");
  for (const key of ["x-bin", "te", "content-type", "grpc-timeout", ":path"]) assert.equal(await ask(key), "none", key);
});

test("a deadline is kept where the client does not keep it", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const session = connectTo(t, address);
  for (const [timeout, path] of [
    ["20m", "One"],
    ["20000u", "One"],
    ["20000000n", "Both"],
  ] as const) {
    const stream = request(session, `/test.EchoService/${path}`, { "grpc-timeout": timeout });
    if (path === "One") stream.end(frame("wait"));
    else stream.write(frame("block"));
    assert.equal(statusOf(await answerTo(stream)), Status.DEADLINE_EXCEEDED, timeout);
    stream.end();
  }
  await eventually("the handlers saw it", () => seen.aborted === 3);
});

test("a client that resets its stream or vanishes aborts the handler", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const session = connectTo(t, address);
  const stream = request(session, "/test.EchoService/One");
  stream.end(frame("wait"));
  await roundTrip(session);
  stream.on("error", () => undefined);
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await eventually("the first handler saw it", () => seen.aborted === 1);
  request(session, "/test.EchoService/One")
    .on("error", () => undefined)
    .end(frame("wait"));
  await roundTrip(session);
  session.destroy();
  await eventually("the second handler saw it", () => seen.aborted === 2);
});

test("pings are answered, also those of a client that keeps itself alive without calls", async (t) => {
  const { address } = await startOwnServer(t);
  const session = connectTo(t, address);
  await roundTrip(session);
  for (let round = 0; round < 20; round += 1) {
    const payload = Buffer.from(`ping ${String(round).padStart(3, "0")}`);
    const echoed = await new Promise<Buffer>((resolve, reject) => {
      session.ping(payload, (error, _duration, bytes) => (error === null ? resolve(bytes) : reject(error)));
    });
    assert.deepEqual(Buffer.from(echoed), payload);
  }
});

test("closing lets calls end, takes no new ones, and cuts what takes too long", async (t) => {
  const { address, grpc, sockets } = await startOwnServer(t);
  const session = connectTo(t, address);
  const goaway = once(session, "goaway");
  const running = request(session, "/test.EchoService/One");
  running.end(frame("later 50"));
  await roundTrip(session);
  const closing = grpc.close(millis(10_000));
  await goaway;
  assert.equal((await answerTo(running)).body.subarray(5).toString(), "late");
  await closing;
  await eventually("the socket is closed", () => sockets.size === 0);

  const client = ownClient(t, address);
  assert.equal(await client.one("another connection"), "another connection");
  const stuck = client.one("wait");
  stuck.catch(() => undefined);
  await client.one("it runs");
  await grpc.close(millis(20));
  await assert.rejects(stuck, (error) => isRpcError(error, Status.UNAVAILABLE));
});

test("a source or a handler that is never short of messages lets everything else through", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const client = ownClient(t, address);
  const controller = new AbortController();
  const { signal } = controller;
  let made = 0;
  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      made += 1;
      yield "1";
    }
  }
  const sum = client.sum(endless(), { signal });
  await client.one("let through");
  assert.ok(made < 10_000, `${made} requests before another call had its turn`);
  const many = client.many("1000000 1", { signal });
  await client.one("let through");
  assert.ok(seen.yielded < 10_000, `${seen.yielded} answers before another call had its turn`);
  controller.abort();
  await assert.rejects(sum, (error) => isRpcError(error, Status.CANCELLED));
  await assert.rejects(many[Symbol.asyncIterator]().next(), (error) => isRpcError(error, Status.CANCELLED));
});

test("a stalled stream costs the others nothing", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const session = connectTo(t, address);
  const stalled = request(session, "/test.EchoService/Many");
  stalled.end(frame("100000 1000"));
  stalled.pause();
  await once(stalled, "response");
  for (let round = 0; round < 50; round += 1) {
    const stream = request(session, "/test.EchoService/One");
    stream.end(frame(`${round}`));
    assert.equal((await answerTo(stream)).body.subarray(5).toString(), `${round}`);
  }
  assert.ok(seen.yielded < 2000, `${seen.yielded} messages for a reader that takes none`);
});
