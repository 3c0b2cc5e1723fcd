/** RFC 9113 section 10.5 and the attacks that became known since: each costs the attacker its connection or nothing, and nobody else anything. */
import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { eventually } from "../support/eventually.js";
import { answering, greet, startLegs } from "./support/legs.js";
import * as raw from "./support/raw-frames.js";
import type { RawPeer } from "./support/raw-peer.js";

const { DATA, HEADERS, CONTINUATION, SETTINGS, END_HEADERS, END_STREAM, frame, request } = raw;
const WHOLE = END_HEADERS | END_STREAM;
const CALM = 11;
const MIB = 1024 * 1024;
const open = (id: number): Buffer => frame(HEADERS, END_HEADERS, id, request());
const call = (id: number): Buffer => frame(HEADERS, WHOLE, id, request());
const times = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));

const FLOODS: readonly (readonly [title: string, bytes: () => Buffer])[] = [
  [
    "rapid reset: calls that are opened and reset at once",
    () => times(5000, (index) => Buffer.concat([open(index * 2 + 1), raw.rst(index * 2 + 1, 8)])),
  ],
  [
    "resets that we are made to send, by malformed calls",
    () => times(5000, (index) => frame(HEADERS, WHOLE, index * 2 + 1, request({ ":path": "" }))),
  ],
  [
    "resets that we are made to send, by windows of 0",
    () => times(5000, (index) => Buffer.concat([open(index * 2 + 1), raw.windowUpdate(index * 2 + 1, 0)])),
  ],
  ["PING flood", () => times(5000, () => raw.ping("12345678"))],
  ["SETTINGS flood", () => times(500, () => raw.settings([4, 70_000]))],
  ["empty SETTINGS flood", () => times(500, () => raw.settings())],
  ["PRIORITY flood", () => times(20_000, () => frame(2, 0, 9, Buffer.from([0, 0, 0, 1, 2])))],
  ["empty DATA flood", () => Buffer.concat([open(1), times(5000, () => frame(DATA, 0, 1))])],
  ["flood of frames of unknown types", () => times(5000, () => frame(0xcc, 0, 0))],
  ["WINDOW_UPDATE flood", () => Buffer.concat([open(1), times(30_000, () => raw.windowUpdate(1, 1))])],
  [
    "CONTINUATION flood of empty frames",
    () => Buffer.concat([frame(HEADERS, 0, 1, request()), times(5000, () => frame(CONTINUATION, 0, 1))]),
  ],
  [
    "CONTINUATION flood of full frames",
    () =>
      Buffer.concat([frame(HEADERS, 0, 1, request()), times(100, () => frame(CONTINUATION, 0, 1, raw.block(["x", "y".repeat(16_000)])))]),
  ],
];

for (const [title, bytes] of FLOODS) {
  test(`${title}: the peer loses its connection, others do not notice`, async (t) => {
    const legs = await startLegs(t);
    const witness = await legs.client();
    const peer = await legs.client();
    peer.send(bytes());
    const code = await peer.goawayCode();
    // A reset of the socket may overtake the GOAWAY when we still had bytes to read.
    assert.ok(code === CALM || code === -1, `code ${code}`);
    witness.send(call(1));
    await witness.next("the answer", ({ id, flags }) => id === 1 && (flags & END_STREAM) !== 0);
    await eventually("all calls have ended", () => legs.open() === 0);
  });
}

test("DATA on a stream that is closed is answered once", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.client();
  peer.send(
    open(1),
    raw.rst(1, 8),
    times(5000, () => frame(DATA, 0, 1, raw.MESSAGE)),
  );
  await peer.isAlive();
  assert.equal(peer.frames.filter(({ type }) => type === raw.RST_STREAM).length, 1);
});

test("a client that measures its bandwidth by a PING for each answer is no flood", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.client();
  for (let round = 0; round < 20; round += 1) {
    peer.send(times(100, (index) => Buffer.concat([call((round * 100 + index) * 2 + 1), raw.ping("12345678")])));
    const last = (round * 100 + 99) * 2 + 1;
    await peer.next("the last answer", ({ id, flags, type }) => id === last && type === HEADERS && (flags & END_STREAM) !== 0);
  }
  await peer.isAlive();
});

test("a thousand calls that are cancelled at once are no attack", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer, [3, 2000]) });
  const peer = await legs.client();
  peer.send(times(1000, (index) => open(index * 2 + 1)));
  await peer.isAlive("arrived.");
  assert.equal(legs.open(), 1000);
  peer.send(times(1000, (index) => raw.rst(index * 2 + 1, 8)));
  await peer.isAlive("all done");
  assert.equal(legs.open(), 0);
});

test("a header block that refers to a large entry again and again costs its stream, not memory", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.client();
  const entry = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from("x"), Buffer.from([0x7f, 0x81, 0x1e]), Buffer.alloc(3968, 0x61)]);
  const references = Buffer.alloc(10_000, 0xbe);
  const before = process.memoryUsage().rss;
  for (let index = 0; index < 200; index += 1) {
    peer.send(frame(HEADERS, WHOLE, index * 2 + 1, Buffer.concat([request(), ...(index === 0 ? [entry] : []), references])));
  }
  assert.equal(await peer.resetCode(399), CALM);
  assert.ok(process.memoryUsage().rss - before < 100 * MIB);
});

test("a client that asks and never reads is cut before its answers fill the memory", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.client();
  peer.socket.pause();
  let isOver = false;
  peer.socket.once("close", () => {
    isOver = true;
  });
  const before = process.memoryUsage().rss;
  for (let id = 1; id < 400_000 && !isOver && !peer.socket.destroyed; id += 2) {
    if (!peer.socket.write(call(id)))
      await Promise.race([
        new Promise((resolve) => peer.socket.once("drain", resolve)),
        new Promise((resolve) => peer.socket.once("close", resolve)),
      ]);
  }
  peer.socket.resume();
  await peer.closed();
  assert.ok(process.memoryUsage().rss - before < 200 * MIB, `${Math.round((process.memoryUsage().rss - before) / MIB)} MiB`);
  await eventually("its calls have ended", () => legs.open() === 0);
});

/** Sends as long as it may, on every stream. */
function gushing(peer: RawPeer): void {
  const chunk = Buffer.alloc(16_384);
  const windows = new Map<number, number>();
  let connection = 65_535;
  let initial = 65_535;
  const pump = (): void => {
    for (const [id, window] of windows) {
      let left = window;
      while (left >= chunk.length && connection >= chunk.length) {
        peer.send(frame(DATA, 0, id, chunk));
        left -= chunk.length;
        connection -= chunk.length;
      }
      windows.set(id, left);
    }
  };
  peer.send(raw.settings([3, 5000]));
  peer.onFrame(({ type, flags, id, payload }) => {
    if (type === SETTINGS && flags === 0) {
      peer.send(raw.SETTINGS_ACK);
      for (let at = 0; at < payload.length; at += 6) if (payload.readUInt16BE(at) === 4) initial = payload.readUInt32BE(at + 2);
    }
    if (type === HEADERS) {
      peer.send(frame(HEADERS, END_HEADERS, id, raw.RESPONSE));
      windows.set(id, initial);
    }
    if (type === raw.RST_STREAM) windows.delete(id);
    if (type === raw.WINDOW_UPDATE) {
      if (id === 0) connection += payload.readUInt32BE(0);
      else if (windows.has(id)) windows.set(id, (windows.get(id) ?? 0) + payload.readUInt32BE(0));
    }
    pump();
  });
}

test("many streams of answers that a client does not read: their sum is bounded, and the calls over it end", async (t) => {
  const legs = await startLegs(t, { module: gushing });
  const peer = await legs.mute();
  const before = process.memoryUsage().rss;
  peer.send(
    raw.PREFACE,
    raw.settings([1, 0], [4, 0]),
    times(1000, (index) => call(index * 2 + 1)),
  );
  await eventually(
    "calls are ended for it",
    () =>
      peer.frames.some(({ type, flags, payload }) => type === HEADERS && (flags & END_STREAM) === 0 && payload.length > 0) &&
      legs.open() < 500,
  );
  assert.ok(legs.open() > 100, `${legs.open()} calls are still open`);
  assert.ok(process.memoryUsage().rss - before < 400 * MIB, `${Math.round((process.memoryUsage().rss - before) / MIB)} MiB`);
  await peer.isAlive();
  peer.socket.destroy();
  await eventually("all calls have ended", () => legs.open() === 0);
});

test("first messages that never become complete are bounded for a connection", async (t) => {
  const legs = await startLegs(t, { namePlace: "field-1" });
  const peer = await legs.client();
  const begin = Buffer.concat([Buffer.from([0]), raw.uint32(32 * MIB), Buffer.from([0x12, 0x80, 0x80, 0x80, 0x0f])]);
  const sendTo = async (id: number): Promise<void> => {
    peer.send(open(id), frame(DATA, 0, id, begin));
    for (let sent = 0; sent < 20 * MIB && peer.find(HEADERS, id) === undefined; sent += 64 * 16_384) {
      peer.send(times(16, () => frame(DATA, 0, id, Buffer.alloc(16_000))));
      await peer.isAlive(`at ${String(id * 1000 + sent / MIB).padStart(5, "0")}`.slice(0, 8));
    }
  };
  for (let id = 1; id < 21; id += 2) await sendTo(id);
  assert.match(
    peer.frames
      .filter(({ type }) => type === HEADERS)
      .map(({ payload }) => payload.toString("latin1"))
      .join(),
    /grpc-status.8/,
  );
  await peer.isAlive();
});

test("a first message that comes byte by byte is looked at a few times, not once for each byte", async (t) => {
  const legs = await startLegs(t, { namePlace: "field-1" });
  const peer = await legs.client();
  const message = Buffer.concat([Buffer.from([0x12, 0x80, 0x80, 0x02]), Buffer.alloc(32_768), Buffer.from([0x0a, 1, 0x61])]);
  const whole = Buffer.concat([Buffer.from([0]), raw.uint32(message.length), message]);
  peer.send(
    open(1),
    times(whole.length, (index) => frame(DATA, index === whole.length - 1 ? END_STREAM : 0, 1, whole.subarray(index, index + 1))),
  );
  await peer.next("the answer", ({ id, flags, type }) => id === 1 && type === HEADERS && (flags & END_STREAM) !== 0);
  const got = legs.modules[0]?.frames.filter(({ type }) => type === DATA).map(({ payload }) => payload) ?? [];
  assert.deepEqual(Buffer.concat(got), whole);
});

test("a module that never reads costs its own calls, bounded, and other modules nothing", async (t) => {
  const legs = await startLegs(t, {
    module: (peer) => {
      peer.send(raw.settings([3, 5000], [4, 0x7fffffff]), raw.windowUpdate(0, 0x7ffe0000));
      peer.socket.pause();
    },
  });
  const peer = await legs.client();
  const before = process.memoryUsage().rss;
  for (let id = 1; id < 1200; id += 2) {
    peer.send(
      open(id),
      times(15, () => frame(DATA, 0, id, Buffer.alloc(16_384))),
    );
    if (id % 50 === 1) await peer.isAlive(String(id).padStart(8));
  }
  assert.ok(
    peer.frames.some(({ type, flags }) => type === HEADERS && (flags & END_STREAM) !== 0),
    "no call was ended",
  );
  assert.ok(process.memoryUsage().rss - before < 400 * MIB);
  peer.socket.destroy();
  await eventually("all calls have ended", () => legs.open() === 0);
});

test("a thousand clients that connect, ask and drop leave nothing behind", async (t) => {
  const legs = await startLegs(t, { module: answering });
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const socket = net.connect({ port: legs.port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        const bytes = Buffer.concat([raw.PREFACE, raw.settings(), open(1), frame(DATA, 0, 1, raw.MESSAGE)]);
        return new Promise((resolve) => {
          socket.once("close", resolve);
          socket.write(bytes.subarray(0, (index * 7) % bytes.length), () =>
            index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy(),
          );
        });
      }),
    );
  }
  await eventually("all calls have ended", () => legs.open() === 0);
  const client = await legs.client();
  client.send(call(1));
  await client.next("an answer", ({ id, flags }) => id === 1 && (flags & END_STREAM) !== 0);
});
