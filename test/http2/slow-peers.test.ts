/** Peers that begin and do not go on: each wait has its end, and nobody else pays for it. Time is moved by hand. */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import test, { type TestContext } from "node:test";
import { millis, minutes, seconds } from "../../src/base/millis.js";
import { Connection } from "../../src/http2/connection.js";
import { eventually } from "../support/eventually.js";
import { FakeClock } from "../support/fake-clock.js";
import { greet, type Legs, startLegs } from "./support/legs.js";
import * as raw from "./support/raw-frames.js";
import type { RawPeer } from "./support/raw-peer.js";

const { CONTINUATION, END_HEADERS, END_STREAM, GOAWAY, HEADERS, frame, request } = raw;
const SETTINGS_TIMEOUT = 4;
const NO_ERROR = 0;
const LAST_POSSIBLE = 0x7fffffff;

async function start(t: TestContext, module?: (peer: RawPeer) => void): Promise<{ legs: Legs; clock: FakeClock }> {
  const clock = new FakeClock();
  return { clock, legs: await startLegs(t, { clock, ...(module === undefined ? {} : { module }) }) };
}

/** The next timer is armed: what was sent last has been read. */
async function armed(clock: FakeClock, before: number): Promise<void> {
  await eventually("it is being waited for", () => clock.timers > before);
}

/** One byte a second. Returns how many of them were sent before the connection was closed. */
async function dribble(peer: RawPeer, clock: FakeClock, bytes: Buffer): Promise<number> {
  for (const [index, byte] of bytes.entries()) {
    if (peer.isClosed) return index;
    const before = peer.socket.bytesWritten;
    peer.send(Buffer.from([byte]));
    await eventually("the byte is on its way", () => peer.isClosed || peer.socket.bytesWritten > before);
    await clock.advance(seconds(1));
  }
  return bytes.length;
}

async function assertServed(legs: Legs): Promise<void> {
  const witness = await legs.client();
  witness.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request()));
  await witness.next("an answer", ({ id, flags }) => id === 1 && (flags & END_STREAM) !== 0);
  witness.socket.destroy();
}

test("a preface that comes byte by byte is waited for 20 seconds", async (t) => {
  const { legs, clock } = await start(t);
  const before = clock.timers;
  const peer = await legs.mute();
  await armed(clock, before);
  assert.equal(await dribble(peer, clock, raw.PREFACE.subarray(0, 19)), 19);
  await assertServed(legs);
  assert.equal(peer.isClosed, false);
  await clock.advance(seconds(1));
  assert.equal(await peer.goawayCode(), SETTINGS_TIMEOUT);
});

test("SETTINGS that do not come behind the preface are waited for 20 seconds", async (t) => {
  const { legs, clock } = await start(t);
  const before = clock.timers;
  const peer = await legs.mute();
  await armed(clock, before);
  peer.send(raw.PREFACE);
  await clock.advance(seconds(19));
  await assertServed(legs);
  assert.equal(peer.isClosed, false);
  await clock.advance(seconds(1));
  assert.equal(await peer.goawayCode(), SETTINGS_TIMEOUT);
});

test("a header block that is continued again and again must end within 20 seconds", async (t) => {
  const { legs, clock } = await start(t);
  const peer = await legs.client();
  const before = clock.timers;
  peer.send(frame(HEADERS, 0, 1, request()));
  await armed(clock, before);
  for (let second = 0; second < 19; second += 1) {
    peer.send(frame(CONTINUATION, 0, 1, raw.block(["x", "y"])));
    await clock.advance(seconds(1));
  }
  await assertServed(legs);
  assert.equal(peer.isClosed, false);
  await clock.advance(seconds(1));
  assert.equal(await peer.goawayCode(), SETTINGS_TIMEOUT);
  assert.equal(legs.open(), 0);
});

for (const [title, type] of [
  ["HEADERS", HEADERS],
  ["DATA", raw.DATA],
] as const) {
  test(`a ${title} frame that comes byte by byte is given up, and costs others nothing`, async (t) => {
    const { legs, clock } = await start(t);
    const peer = await legs.client();
    if (type === raw.DATA) peer.send(frame(HEADERS, END_HEADERS, 1, request()));
    await peer.isAlive();
    const before = clock.timers;
    peer.send(frame(type, 0, 1, raw.EMPTY, 1000));
    await armed(clock, before);
    assert.ok((await dribble(peer, clock, Buffer.alloc(60))) < 30, "it is still there");
    await assertServed(legs);
    assert.equal(await peer.goawayCode(), SETTINGS_TIMEOUT);
    await eventually("its call has ended", () => legs.open() === 0);
  });
}

test("a slow client whose frames become complete is no attack", async (t) => {
  const { legs, clock } = await start(t, (peer) => greet(peer));
  const peer = await legs.client();
  peer.send(frame(HEADERS, END_HEADERS, 1, request()));
  const data = frame(raw.DATA, 0, 1, Buffer.alloc(100));
  for (let round = 0; round < 10; round += 1) {
    peer.send(data.subarray(0, 50));
    await eventually("half of the frame is on its way", () => peer.socket.writableLength === 0);
    await clock.advance(seconds(15));
    peer.send(data.subarray(50));
    await peer.isAlive(`round ${round} `);
  }
  assert.equal(legs.open(), 1);
  peer.socket.destroy();
});

test("a client that does not answer the farewell is told what was the last call within a second", async (t) => {
  const { legs, clock } = await start(t, (peer) => greet(peer));
  const peer = await legs.client();
  peer.send(frame(HEADERS, END_HEADERS, 1, request()));
  await peer.isAlive();
  const closing = legs.backend.close(minutes(1));
  const lastIds = (): readonly number[] => peer.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
  await eventually("the warning", () => lastIds().length === 1);
  // Requests that are on their way are still served.
  peer.send(frame(HEADERS, END_HEADERS, 3, request()));
  await eventually("both calls are there", () => legs.open() === 2);
  await clock.advance(millis(999));
  assert.deepEqual(lastIds(), [LAST_POSSIBLE]);
  await clock.advance(millis(1));
  await eventually("the last word", () => lastIds().length === 2);
  assert.deepEqual(lastIds(), [LAST_POSSIBLE, 3]);
  peer.send(raw.rst(1, 8), raw.rst(3, 8));
  assert.equal(await peer.goawayCode(), NO_ERROR);
  await closing;
});

test("a client that asks for nothing for ten minutes is sent away politely; one with a call stays", async (t) => {
  const { legs, clock } = await start(t, (peer) => greet(peer));
  const idle = await legs.client();
  const waiting = await legs.client();
  waiting.send(frame(HEADERS, END_HEADERS, 1, request()));
  await waiting.isAlive();
  await clock.advance(minutes(10));
  assert.equal(idle.find(GOAWAY), undefined);
  await clock.advance(minutes(2));
  assert.equal(await idle.goawayCode(), NO_ERROR);
  await waiting.isAlive("I'm here");
  assert.equal(waiting.find(GOAWAY), undefined);
  waiting.socket.destroy();
});

/** Takes what is written and never says that it left. */
class Unread extends Duplex {
  override _read(): void {
    // Nothing comes.
  }
  override _write(): void {
    // Nothing leaves.
  }
}

test("what a closed connection wrote last may take 5 seconds to leave", async () => {
  const clock = new FakeClock();
  const socket = new Unread();
  const nothing = (): void => undefined;
  const events = {
    onHeaders: nothing,
    onData: nothing,
    onReset: nothing,
    onSent: nothing,
    onCapacity: nothing,
    onGoaway: nothing,
    onClose: nothing,
  };
  const connection = new Connection({ socket, role: "server", events, clock });
  connection.close();
  await clock.advance(millis(4999));
  assert.equal(socket.destroyed, false);
  await clock.advance(millis(1));
  assert.equal(socket.destroyed, true);
  await eventually("nothing is waited for any more", () => clock.timers === 0);
});
