import assert from "node:assert/strict";
import test from "node:test";
import { PingAnswers } from "../../src/http2/ping-answers.js";
import { eventually } from "../support/eventually.js";
import { answer, greet, startLegs } from "./support/legs.js";
import { ACK, END_HEADERS, END_STREAM, frame, goaway, HEADERS, PING, ping, request } from "./support/raw-frames.js";
import type { RawPeer } from "./support/raw-peer.js";

const PROTOCOL_ERROR = 1;

const answersTo = (peer: RawPeer): readonly string[] =>
  peer.frames.filter(({ type, flags }) => type === PING && flags === ACK).map(({ payload }) => payload.toString());

test("one PING is answered once", async (t) => {
  const client = await (await startLegs(t)).client();
  client.send(ping("only one"));
  await eventually("the answer", () => answersTo(client).length > 0);
  await client.isAlive("the last");
  assert.deepEqual(answersTo(client), ["only one", "the last"]);
});

for (const count of [2, 3, 20]) {
  test(`${count} PINGs in a row are answered in their order`, async (t) => {
    const client = await (await startLegs(t)).client();
    const texts = Array.from({ length: count }, (_, index) => `ping ${String(index).padStart(3, "0")}`);
    client.send(...texts.map(ping));
    await client.isAlive("the last");
    assert.deepEqual(answersTo(client), [...texts, "the last"]);
  });
}

test("each connection is answered what it asked", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer) });
  const clients = await Promise.all([legs.client(), legs.client(), legs.client()]);
  for (const [index, client] of clients.entries()) client.send(ping(`client ${index}`));
  for (const [index, client] of clients.entries()) {
    await eventually("the answer", () => answersTo(client).length > 0);
    assert.deepEqual(answersTo(client), [`client ${index}`]);
  }
});

test("who says GOAWAY is answered at once, what it asked before and what it asks then", async (t) => {
  const legs = await startLegs(t, {
    module: (peer) => {
      greet(peer);
      peer.onFrame(({ type, id }) => {
        if (type === HEADERS) peer.send(ping("goodbye!"), goaway(id, 0), ping("farewell"), answer(id));
      });
    },
  });
  const client = await legs.client();
  client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request()));
  const module = await eventually("the module's connection", () => legs.modules[0]);
  await module.closed();
  assert.deepEqual(answersTo(module), ["goodbye!", "farewell"]);
});

test("what is owed to a connection that is over concerns nobody", async (t) => {
  const legs = await startLegs(t);
  const other = await legs.client();
  const client = await legs.client();
  client.send(ping("too late"), frame(PING, 0, 1, Buffer.alloc(8)));
  assert.equal(await client.goawayCode(), PROTOCOL_ERROR);
  await other.isAlive();
  assert.deepEqual(answersTo(client), []);
});

test("the payload is kept, whatever becomes of the bytes in which it came", () => {
  const answered: string[] = [];
  const answers = new PingAnswers((payload) => answered.push(payload.toString()));
  const bytes = Buffer.from("original");
  answers.add(bytes);
  bytes.fill("x");
  assert.deepEqual(answered, []);
  answers.pay();
  answers.pay();
  assert.deepEqual(answered, ["original"]);
});
