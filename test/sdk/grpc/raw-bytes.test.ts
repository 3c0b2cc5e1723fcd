/** The SDK's gRPC server at the hands of a client that writes its frames itself: what a host may do, and what it had better not. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { Status } from "../../../src/proto/status-code.js";
import * as raw from "../../http2/support/raw-frames.js";
import { RawPeer } from "../../http2/support/raw-peer.js";
import { eventually } from "../../support/eventually.js";
import { ownClient, startOwnServer } from "./support/ends.js";

const { ACK, DATA, EMPTY, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, RST_STREAM, SETTINGS, frame } = raw;
const CANCEL = 8;
const REFUSED_STREAM = 7;
const ENHANCE_YOUR_CALM = 11;
const SERVICE = "/test.EchoService";

/** A client that has sent its preface and SETTINGS. No table: what comes back can be read as it stands. */
async function speakTo(t: TestContext, address: string, ...settings: readonly (readonly [number, number])[]): Promise<RawPeer> {
  const socket = connect(address);
  t.after(() => socket.destroy());
  const peer = new RawPeer(socket);
  peer.send(PREFACE, raw.settings([1, 0], ...settings));
  await peer.next("the server's SETTINGS", ({ type }) => type === SETTINGS);
  peer.send(raw.SETTINGS_ACK);
  return peer;
}

function call(id: number, method: string, flags: number = 0): Buffer {
  return frame(HEADERS, END_HEADERS | flags, id, raw.request({ ":path": `${SERVICE}/${method}` }));
}

function message(text: string, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}

/** A whole unary call. */
function unary(id: number, text: string): Buffer {
  return Buffer.concat([call(id, "One"), frame(DATA, END_STREAM, id, message(text))]);
}

async function statusOf(peer: RawPeer, id: number): Promise<number> {
  const last = await peer.next(
    `stream ${id} ends`,
    ({ type, flags, id: of }) => of === id && type === HEADERS && (flags & END_STREAM) !== 0,
  );
  return Number(/grpc-status.(\d+)/s.exec(last.payload.toString("latin1"))?.[1]);
}

function bodyOf(peer: RawPeer, id: number): string {
  return Buffer.concat(peer.frames.filter((of) => of.id === id && of.type === DATA).map(({ payload }) => payload)).toString("latin1");
}

test("a request may end in every way HTTP/2 has", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  const trailers = raw.block(["x-checksum", "1"]);
  const endings: Record<string, (id: number) => Buffer[]> = {
    "with its data": (id) => [frame(DATA, END_STREAM, id, message("a"))],
    "with an empty frame": (id) => [frame(DATA, 0, id, message("a")), frame(DATA, END_STREAM, id)],
    "with padding alone": (id) => [frame(DATA, 0, id, message("a")), frame(DATA, END_STREAM | PADDED, id, Buffer.from([3, 0, 0, 0]))],
    "with trailers": (id) => [frame(DATA, 0, id, message("a")), frame(HEADERS, END_HEADERS | END_STREAM, id, trailers)],
    "behind empty frames": (id) => [frame(DATA, 0, id), frame(DATA, 0, id), frame(DATA, END_STREAM, id, message("a"))],
    "in frames of one byte": (id) => [...message("a")].map((byte, at) => frame(DATA, at === 5 ? END_STREAM : 0, id, Buffer.from([byte]))),
  };
  let id = -1;
  for (const [how, bytes] of Object.entries(endings)) {
    for (const method of ["One", "Both"]) {
      id += 2;
      peer.send(call(id, method), ...bytes(id));
      assert.equal(await statusOf(peer, id), Status.OK, `${method} ${how}`);
      assert.equal(bodyOf(peer, id), "\0\0\0\0\x01a", `${method} ${how}`);
    }
  }
  for (const method of ["One", "Both", "Sum"]) {
    id += 2;
    peer.send(call(id, method, END_STREAM));
    assert.equal(await statusOf(peer, id), method === "One" ? Status.UNIMPLEMENTED : Status.OK, `${method} without any message`);
  }
});

test("messages of no bytes at all are messages", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address, [4, 1_000_000]);
  peer.send(call(1, "Both"), frame(DATA, 0, 1, Buffer.concat(Array.from({ length: 2000 }, () => message("")))), frame(DATA, END_STREAM, 1));
  assert.equal(await statusOf(peer, 1), Status.OK);
  assert.equal(bodyOf(peer, 1).length, 10_000);
});

test("a call reset while its answer waits for the window leaves nothing behind", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const peer = await speakTo(t, address, [4, 10]);
  peer.send(unary(1, "repeat 1000000"), call(3, "Many"), frame(DATA, END_STREAM, 3, message("1000 1000")));
  await eventually("both fill the window", () => bodyOf(peer, 1).length === 10 && bodyOf(peer, 3).length === 10);
  peer.send(raw.rst(1, CANCEL), raw.rst(3, CANCEL), raw.windowUpdate(1, 1000), raw.windowUpdate(3, 1000));
  await peer.isAlive();
  assert.equal(seen.aborted, 1, "the handler that had not answered yet");
  assert.equal(bodyOf(peer, 1).length + bodyOf(peer, 3).length, 20);
  peer.send(unary(5, "x"));
  assert.equal(await statusOf(peer, 5), Status.OK);
});

test("the window may be taken away and given back in the middle of an answer", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address, [4, 1000]);
  peer.send(unary(1, "repeat 50000"));
  await eventually("the window is full", () => bodyOf(peer, 1).length === 1000);
  peer.send(raw.settings([4, 0]), raw.windowUpdate(1, 1500));
  await eventually("what is left of the window", () => bodyOf(peer, 1).length === 1500);
  await peer.isAlive("no room!");
  peer.send(raw.settings([4, 100_000]));
  assert.equal(await statusOf(peer, 1), Status.OK);
  assert.equal(bodyOf(peer, 1).length, 50_005);
});

test("more streams than are allowed are refused one by one, and the first ones go on", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  const calls: Buffer[] = [];
  for (let index = 0; index < 1100; index += 1) {
    const id = 1 + 2 * index;
    calls.push(call(id, "One"), frame(DATA, END_STREAM, id, message("wait")));
  }
  peer.send(...calls);
  await eventually("the last one is answered", () => peer.find(RST_STREAM, 1 + 2 * 1099));
  const refused = peer.frames.filter(({ type }) => type === RST_STREAM);
  assert.equal(refused.length, 76);
  assert.deepEqual(new Set(refused.map(({ payload }) => payload.readUInt32BE(0))), new Set([REFUSED_STREAM]));
  peer.send(raw.rst(1, CANCEL), unary(2201, "room again"));
  assert.equal(await statusOf(peer, 2201), Status.OK);
  peer.socket.destroy();
  await eventually("all handlers are told", () => seen.aborted === 1024);
});

test("GOAWAY of a client in the middle of its calls lets them end", async (t) => {
  const { address, sockets } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  peer.send(unary(1, "later 30"), call(3, "Both"), frame(DATA, 0, 3, message("a")), raw.goaway(0, 0));
  await eventually("the stream answers", () => bodyOf(peer, 3).length === 6);
  peer.send(frame(DATA, END_STREAM, 3, message("b")));
  assert.equal(await statusOf(peer, 3), Status.OK);
  assert.equal(await statusOf(peer, 1), Status.OK);
  await eventually("the connection ends with them", () => sockets.size === 0);
});

test("a client that only pings is answered, one that floods is sent away, and nobody else notices", async (t) => {
  const { address } = await startOwnServer(t);
  const other = ownClient(t, address);
  const peer = await speakTo(t, address);
  for (let round = 0; round < 100; round += 1) peer.send(raw.ping(String(round).padStart(8, "0")));
  await peer.isAlive();
  assert.equal(peer.frames.filter(({ type, flags }) => type === PING && flags === ACK).length, 101);
  assert.equal(await other.one("meanwhile"), "meanwhile");
  peer.send(...Array.from({ length: 5000 }, () => raw.ping("a flood!")));
  assert.equal(await peer.goawayCode(), ENHANCE_YOUR_CALM);
  assert.equal(await other.one("still there"), "still there");
});

test("header lists over the limit cost the call, not the connection", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  const fields = raw.request({ ":path": `${SERVICE}/One` }, [["x-long", "y".repeat(70_000)]]);
  const parts: Buffer[] = [];
  for (let at = 0; at < fields.length; at += 16_000) {
    const isLast = at + 16_000 >= fields.length;
    parts.push(frame(at === 0 ? HEADERS : raw.CONTINUATION, isLast ? END_HEADERS : 0, 1, fields.subarray(at, at + 16_000)));
  }
  peer.send(...parts, frame(DATA, END_STREAM, 1, message("x")));
  assert.equal(await peer.resetCode(1), ENHANCE_YOUR_CALM);
  peer.send(unary(3, "x"));
  assert.equal(await statusOf(peer, 3), Status.OK);
});

test("unknown methods of any kind are refused at once and what is sent to them is dropped", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  peer.send(call(1, "Nothing"), frame(DATA, 0, 1, message("x")), call(3, "Nothing", END_STREAM));
  assert.equal(await statusOf(peer, 1), Status.UNIMPLEMENTED);
  assert.equal(await statusOf(peer, 3), Status.UNIMPLEMENTED);
  peer.send(frame(DATA, 0, 1, Buffer.alloc(10_000, 0xff)), frame(DATA, END_STREAM, 1, EMPTY));
  await peer.isAlive();
  assert.equal(peer.find(RST_STREAM), undefined);
  assert.equal(peer.find(GOAWAY), undefined);
});

test("a host that never reads holds its own calls back, and is left when even answers pile up", async (t) => {
  const { address, seen } = await startOwnServer(t);
  const peer = await speakTo(t, address, [4, 0x7fffffff]);
  peer.send(raw.windowUpdate(0, 0x7fffffff - 65_535));
  peer.socket.pause();
  const streams = 50;
  for (let index = 0; index < streams; index += 1) {
    const id = 1 + 2 * index;
    peer.send(call(id, "Many"), frame(DATA, END_STREAM, id, message("100000 10000")));
  }
  const other = ownClient(t, address);
  await eventually("the handlers are held", async () => {
    const before = seen.yielded;
    await other.one("a round trip");
    await other.one("and another");
    return before > streams && before === seen.yielded;
  });
  assert.ok(seen.yielded < streams * 20, `${seen.yielded} messages of 10 kB for a host that reads none`);
  peer.send(...Array.from({ length: 40_000 }, (_, index) => call(1001 + 2 * index, "Nothing", END_STREAM)));
  await eventually("its connection is given up and the handlers are told", () => seen.aborted === streams);
  assert.equal(await other.one("still there"), "still there");
});

test("a host may cancel as many calls as its clients do", async (t) => {
  const { address } = await startOwnServer(t);
  const peer = await speakTo(t, address);
  const count = 4000;
  for (let index = 0; index < count; index += 1) {
    const id = index * 2 + 1;
    peer.send(unary(id, "a"), frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, CANCEL])));
  }
  const last = count * 2 + 1;
  peer.send(unary(last, "still there"));
  assert.equal(await statusOf(peer, last), Status.OK);
});
