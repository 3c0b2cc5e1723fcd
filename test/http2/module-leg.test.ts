/** What a module may send and must not, byte for byte: one row for each rule, named by its section. Whatever it does, the client gets a status. */
import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "../support/eventually.js";
import { answer, greet, type Legs, startLegs } from "./support/legs.js";
import * as raw from "./support/raw-frames.js";
import type { RawPeer } from "./support/raw-peer.js";

const {
  DATA,
  HEADERS,
  CONTINUATION,
  SETTINGS,
  PING,
  GOAWAY,
  RST_STREAM,
  PRIORITY,
  END_HEADERS,
  END_STREAM,
  PADDED,
  WITH_PRIORITY,
  frame,
  block,
  inFrames,
} = raw;
const WHOLE = END_HEADERS | END_STREAM;
const call = (id: number): Buffer => frame(HEADERS, WHOLE, id, raw.request());
const open = (id: number): Buffer => frame(HEADERS, END_HEADERS, id, raw.request());

type Fate =
  /** The call ends as the module says, with status 0. */
  | "answered"
  /** Only this call is lost: RST_STREAM with the code to the module, a status to the client. */
  | { readonly stream: number }
  /** The connection to the module is lost with the code. */
  | { readonly connection: number };

const headers = (payload: Buffer = raw.RESPONSE, id = 1): Buffer => frame(HEADERS, END_HEADERS, id, payload);
const data = (id = 1, payload: Buffer = raw.MESSAGE): Buffer => frame(DATA, 0, id, payload);
const trailers = (id = 1): Buffer => frame(HEADERS, WHOLE, id, raw.TRAILERS);

/** Of 40,000 bytes each. */
function longFields(count: number): readonly (readonly [string, string])[] {
  return Array.from({ length: count }, (_, index) => [`x-${index}`, "y".repeat(40_000)] as const);
}

/** What the module says after the call's request came on its stream 1. */
const ROWS: readonly (readonly [title: string, bytes: readonly Buffer[], fate: Fate])[] = [
  [
    "4.1: unknown frames are ignored",
    [frame(0x77, 0xff, 0, Buffer.alloc(20)), headers(), frame(0x78, 0, 1), data(), trailers()],
    "answered",
  ],
  ["4.2: a frame over 16,384 bytes ends the connection", [headers(), data(1, Buffer.alloc(16_385))], { connection: 6 }],
  [
    "4.3: a header block in pieces is one block",
    [frame(HEADERS, 0, 1, raw.RESPONSE.subarray(0, 5)), frame(CONTINUATION, END_HEADERS, 1, raw.RESPONSE.subarray(5)), data(), trailers()],
    "answered",
  ],
  ["4.3: a header block that is far too long costs the stream", inFrames(block([":status", "200"], ...longFields(15))), { stream: 11 }],
  ["4.3: a header block without end ends the connection", inFrames(block([":status", "200"], ...longFields(30))), { connection: 11 }],
  ["4.3: a header block that cannot be decoded ends the connection", [headers(Buffer.from([0x40]))], { connection: 9 }],
  [
    "4.3: another frame inside a header block ends the connection",
    [frame(HEADERS, 0, 1, raw.RESPONSE), raw.ping("12345678")],
    { connection: 1 },
  ],
  ["5.1: frames on a stream that nobody opened end the connection", [headers(raw.RESPONSE, 99)], { connection: 1 }],
  ["5.1: DATA on a stream that nobody opened ends the connection", [data(99)], { connection: 1 }],
  ["5.1.1: HEADERS on an even stream end the connection", [headers(raw.RESPONSE, 2)], { connection: 1 }],
  ["5.1: DATA before HEADERS costs the stream", [data()], { stream: 1 }],
  ["5.1: frames behind the end of the answer cost nothing but themselves", [headers(), data(), trailers(), data()], "answered"],
  [
    "6.1: padding is taken off",
    [headers(), frame(DATA, PADDED, 1, Buffer.concat([Buffer.from([9]), raw.MESSAGE, Buffer.alloc(9)])), trailers()],
    "answered",
  ],
  [
    "6.1: padding as long as the frame ends the connection",
    [headers(), frame(DATA, PADDED, 1, Buffer.from([1, 0]).subarray(0, 1))],
    { connection: 1 },
  ],
  [
    "6.2: priority and padding of HEADERS are taken off",
    [
      frame(
        HEADERS,
        END_HEADERS | PADDED | WITH_PRIORITY,
        1,
        Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 1]), raw.RESPONSE, Buffer.alloc(3)]),
      ),
      data(),
      trailers(),
    ],
    "answered",
  ],
  ["6.3: PRIORITY is ignored", [frame(PRIORITY, 0, 1, Buffer.alloc(5)), headers(), data(), trailers()], "answered"],
  ["6.4: RST_STREAM of another length ends the connection", [frame(RST_STREAM, 0, 1, Buffer.alloc(5))], { connection: 6 }],
  ["6.5: an acknowledgement with a payload ends the connection", [frame(SETTINGS, 1, 0, Buffer.alloc(6))], { connection: 6 }],
  ["6.5.2: INITIAL_WINDOW_SIZE over 2^31-1 ends the connection", [raw.settings([4, 0x80000000])], { connection: 3 }],
  ["6.5.2: MAX_FRAME_SIZE below 16,384 ends the connection", [raw.settings([5, 1])], { connection: 1 }],
  ["6.6: PUSH_PROMISE ends the connection", [frame(5, END_HEADERS, 1, Buffer.concat([raw.uint32(2), raw.request()]))], { connection: 1 }],
  ["6.7: PING of another length ends the connection", [frame(PING, 0, 0, Buffer.alloc(9))], { connection: 6 }],
  ["6.8: an answer behind GOAWAY that includes its stream is passed", [raw.goaway(1, 0), headers(), data(), trailers()], "answered"],
  ["6.9: WINDOW_UPDATE by 0 costs the stream", [raw.windowUpdate(1, 0)], { stream: 1 }],
  ["6.9.1: a connection window over 2^31-1 ends the connection", [raw.windowUpdate(0, 0x7fffffff)], { connection: 3 }],
  ["6.10: CONTINUATION without HEADERS ends the connection", [frame(CONTINUATION, END_HEADERS, 1, raw.RESPONSE)], { connection: 1 }],
  [
    "8.1: informational responses are not passed",
    [headers(block([":status", "100"])), headers(block([":status", "103"], ["link", "x"])), headers(), data(), trailers()],
    "answered",
  ],
  [
    "8.1: an informational response that ends the stream is malformed",
    [frame(HEADERS, WHOLE, 1, block([":status", "100"]))],
    { stream: 1 },
  ],
  ["8.1: trailers that do not end the stream are malformed", [headers(), data(), headers(raw.TRAILERS)], { stream: 1 }],
  [
    "8.1: pseudo-fields in trailers are malformed",
    [headers(), data(), frame(HEADERS, WHOLE, 1, block([":status", "200"], ["grpc-status", "0"]))],
    { stream: 1 },
  ],
  [
    "8.1.1: other lengths than content-length are malformed",
    [headers(block([":status", "200"], ["content-length", "4"])), data()],
    { stream: 1 },
  ],
  [
    "8.2.1: a malformed field costs the stream, not the client's connection",
    [headers(block([":status", "200"], ["Upper", "x"]))],
    { stream: 1 },
  ],
  ["8.2.1: blanks around a value are taken off", [headers(block([":status", "200"], ["x", " a\t"])), data(), trailers()], "answered"],
  ["8.2.1: a line feed in a value costs the stream", [headers(block([":status", "200"], ["x", "a\nb"]))], { stream: 1 }],
  ["8.2.2: a connection's field costs the stream", [headers(block([":status", "200"], ["connection", "close"]))], { stream: 1 }],
  ["8.3.2: no :status is malformed", [headers(block(["content-type", "application/grpc"]))], { stream: 1 }],
  ["8.3.2: two :status are malformed", [headers(block([":status", "200"], [":status", "200"]))], { stream: 1 }],
  ["8.3.2: a :status that is no number is malformed", [headers(block([":status", "ok!"]))], { stream: 1 }],
  ["8.3.2: a request's pseudo-field is malformed", [headers(block([":status", "200"], [":path", "/"]))], { stream: 1 }],
  ["RFC 7541 6.1: index 0 ends the connection", [headers(Buffer.from([0x80]))], { connection: 9 }],
  ["RFC 7541 6.3: a table size over the announced one ends the connection", [headers(Buffer.from([0x3f, 0xe2, 0x1f]))], { connection: 9 }],
];

/** The module answers every call but the first, of which it says `bytes`. */
function saying(bytes: readonly Buffer[]): (peer: RawPeer) => void {
  let isFirst = true;
  return (peer) => {
    greet(peer);
    peer.onFrame(({ type, flags, id }) => {
      if (type !== HEADERS || (flags & END_STREAM) === 0) return;
      peer.send(...(isFirst ? bytes : [answer(id)]));
      isFirst = false;
    });
  };
}

async function trailersOf(peer: RawPeer, id: number): Promise<string> {
  const end = await peer.next("the call's end", (found) => found.id === id && found.type === HEADERS && (found.flags & END_STREAM) !== 0);
  return end.payload.toString("latin1");
}

async function judge(legs: Legs, client: RawPeer, fate: Fate): Promise<void> {
  const end = await trailersOf(client, 1);
  const [module] = legs.modules;
  assert.ok(module);
  if (fate === "answered") {
    assert.match(end, /grpc-status.0/);
    assert.deepEqual(client.find(DATA, 1)?.payload, raw.MESSAGE);
    return;
  }
  assert.doesNotMatch(end, /grpc-status.0/);
  assert.match(end, /grpc-status/);
  if ("stream" in fate) {
    assert.equal(await module.resetCode(1), fate.stream);
    assert.equal(module.isClosed, false);
  } else {
    assert.equal(await module.goawayCode(), fate.connection);
    assert.match(end, /module "raw" went away/);
  }
}

for (const [title, bytes, fate] of ROWS) {
  test(`module leg, ${title}`, async (t) => {
    const legs = await startLegs(t, { module: saying(bytes) });
    const client = await legs.client();
    client.send(call(1));
    await judge(legs, client, fate);
    // The next call finds a way.
    client.send(call(3));
    assert.match(await trailersOf(client, 3), /grpc-status.0/);
    assert.equal(legs.open(), 0);
  });
}

test("module leg, 3.4: the preface and SETTINGS come first, push is off, SETTINGS are acknowledged", async (t) => {
  const legs = await startLegs(t);
  const client = await legs.client();
  client.send(call(1));
  await trailersOf(client, 1);
  const [module] = legs.modules;
  assert.equal(module?.frames[0]?.type, SETTINGS);
  const payload = module?.frames[0]?.payload ?? raw.EMPTY;
  const pairs = Array.from({ length: payload.length / 6 }, (_, index) => [
    payload.readUInt16BE(index * 6),
    payload.readUInt32BE(index * 6 + 2),
  ]);
  assert.deepEqual(
    pairs.find(([id]) => id === 2),
    [2, 0],
  );
  await module?.next("the acknowledgement", ({ type, flags }) => type === SETTINGS && flags === 1);
});

test("module leg, 3.4: a module whose first frame is not SETTINGS is given up", async (t) => {
  const legs = await startLegs(t, { module: (peer) => peer.send(raw.ping("12345678")) });
  const client = await legs.client();
  client.send(call(1));
  assert.match(await trailersOf(client, 1), /grpc-status.14/);
  assert.equal(await legs.modules[0]?.goawayCode(), 1);
});

test("module leg, 5.1.2: calls over the module's number of streams wait, those that are cancelled meanwhile never come", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer, [3, 2]) });
  const client = await legs.client();
  client.send(call(1));
  const module = await eventually("the module is connected", () => legs.modules[0]);
  await module.next("our acknowledgement", ({ type, flags }) => type === SETTINGS && flags === 1);
  client.send(...[3, 5, 7, 9].map(call));
  await eventually("two calls are there", () => module.frames.filter(({ type }) => type === HEADERS).length === 2);
  client.send(raw.rst(5, 8));
  await client.isAlive();
  assert.equal(module.frames.filter(({ type }) => type === HEADERS).length, 2);
  module.send(answer(1), answer(3));
  await eventually("the next two are there", () => module.frames.filter(({ type }) => type === HEADERS).length === 4);
  module.send(answer(5), answer(7));
  for (const id of [1, 3, 7, 9]) assert.match(await trailersOf(client, id), /grpc-status.0/);
  assert.equal(module.frames.filter(({ type }) => type === HEADERS).length, 4);
});

test("module leg, 5.1.2: before the module's SETTINGS not more than 100 streams are opened", async (t) => {
  const legs = await startLegs(t, { module: () => undefined });
  const client = await legs.client();
  client.send(...Array.from({ length: 150 }, (_, index) => call(index * 2 + 1)));
  const module = await eventually("the module is connected", () => legs.modules[0]);
  await eventually("100 calls are there", () => module.frames.filter(({ type }) => type === HEADERS).length === 100);
  await client.isAlive();
  assert.equal(module.frames.filter(({ type }) => type === HEADERS).length, 100);
  module.send(raw.settings([3, 1000]));
  await eventually("the others are there", () => module.frames.filter(({ type }) => type === HEADERS).length === 150);
});

test("module leg, 6.8: calls that wait when the module goes away are made on a new connection", async (t) => {
  let count = 0;
  const legs = await startLegs(t, {
    module: (peer) => {
      count += 1;
      const isFirst = count === 1;
      greet(peer, [3, isFirst ? 1 : 100]);
      if (isFirst) return;
      peer.onFrame(({ type, id }) => {
        if (type === HEADERS) peer.send(answer(id));
      });
    },
  });
  const client = await legs.client();
  client.send(call(1));
  const first = await eventually("the module is connected", () => legs.modules[0]);
  await first.next("our acknowledgement", ({ type, flags }) => type === SETTINGS && flags === 1);
  client.send(call(3), call(5));
  await client.isAlive();
  first.send(raw.goaway(0x7fffffff, 0));
  for (const id of [3, 5]) assert.match(await trailersOf(client, id), /grpc-status.0/);
  first.send(raw.goaway(1, 0), answer(1));
  assert.match(await trailersOf(client, 1), /grpc-status.0/);
  await first.closed();
  assert.equal(legs.modules.length, 2);
});

test("module leg, 6.8: calls above the last stream of a GOAWAY end as unavailable", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer) });
  const client = await legs.client();
  client.send(call(1), call(3));
  const module = await eventually("the module is connected", () => legs.modules[0]);
  await module.next("the second call", ({ type, id }) => type === HEADERS && id === 3);
  module.send(raw.goaway(1, 0));
  assert.match(await trailersOf(client, 3), /grpc-status.14/);
  module.send(answer(1));
  assert.match(await trailersOf(client, 1), /grpc-status.0/);
});

test("module leg, 6.9: no byte goes out beyond the windows the module gave", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer, [4, 10]) });
  const client = await legs.client();
  client.send(open(1));
  const module = await eventually("the module is connected", () => legs.modules[0]);
  await module.next("our acknowledgement", ({ type, flags }) => type === SETTINGS && flags === 1);
  const body = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
  client.send(frame(DATA, END_STREAM, 1, body));
  const got = (): Buffer => Buffer.concat(module.frames.filter(({ type }) => type === DATA).map(({ payload }) => payload));
  await eventually("ten bytes", () => got().length === 10);
  await client.isAlive();
  assert.equal(got().length, 10);
  for (let more = 0; more < 19; more += 1) module.send(raw.windowUpdate(1, 10));
  await eventually("the rest", () => got().length === 200);
  assert.deepEqual(got(), body);
  assert.equal(module.frames.filter(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0).length, 1);
});

for (const [title, bytes, status] of [
  ["an answer that ends without trailers", [headers(), frame(DATA, END_STREAM, 1, raw.MESSAGE)], /grpc-status.{1,2}13/s],
  [
    "an answer of trailers alone",
    [frame(HEADERS, WHOLE, 1, block([":status", "200"], ["content-type", "application/grpc"], ["grpc-status", "5"]))],
    /grpc-status.5/,
  ],
  ["RST_STREAM with CANCEL", [raw.rst(1, 8)], /grpc-status.1(?!\d)/],
  ["RST_STREAM with REFUSED_STREAM", [raw.rst(1, 7)], /grpc-status.{1,2}14/s],
  ["RST_STREAM with ENHANCE_YOUR_CALM", [raw.rst(1, 11)], /grpc-status.8/],
  ["RST_STREAM with INTERNAL_ERROR behind a message", [headers(), data(), raw.rst(1, 2)], /grpc-status.{1,2}13/s],
] as const) {
  test(`module leg, 8.1: ${title} reaches the client as a status`, async (t) => {
    const legs = await startLegs(t, { module: saying(bytes) });
    const client = await legs.client();
    client.send(call(1));
    assert.match(await trailersOf(client, 1), status);
    assert.equal(legs.open(), 0);
  });
}

test("module leg, 8.1: a module that answers before the end of the request stops the upload", async (t) => {
  const legs = await startLegs(t, {
    module: (peer) => {
      greet(peer);
      peer.onFrame(({ type, id }) => {
        if (type === HEADERS) peer.send(answer(id));
      });
    },
  });
  const client = await legs.client();
  client.send(open(1));
  assert.match(await trailersOf(client, 1), /grpc-status.0/);
  assert.equal(await legs.modules[0]?.resetCode(1), 0);
  client.send(frame(DATA, END_STREAM, 1, raw.MESSAGE), call(3));
  assert.match(await trailersOf(client, 3), /grpc-status.0/);
});

test("values of any bytes pass unchanged in both directions", async (t) => {
  const odd = "caf\xc3\xa9 \xe9\xff\x80 \x7f{}";
  const legs = await startLegs(t, {
    module: saying([
      headers(block([":status", "200"], ["content-type", "application/grpc"], ["x-odd", odd], ["b-bin", "AAECAw"])),
      trailers(),
    ]),
  });
  const client = await legs.client();
  client.send(
    frame(
      HEADERS,
      WHOLE,
      1,
      raw.request({}, [
        ["x-odd", odd],
        ["b-bin", "/+8"],
        ["constructor", "x"],
        ["__proto__", "y"],
      ]),
    ),
  );
  await trailersOf(client, 1);
  const request = legs.modules[0]?.find(HEADERS, 1)?.payload.toString("latin1") ?? "";
  for (const text of [odd, "/+8", "constructor", "__proto__", "the-id"]) assert.ok(request.includes(text), text);
  const response = client.find(HEADERS, 1)?.payload.toString("latin1") ?? "";
  for (const text of [odd, "AAECAw", "the-id"]) assert.ok(response.includes(text), text);
});

test("a field that must not enter any table keeps its mark", async (t) => {
  const legs = await startLegs(t);
  const client = await legs.client();
  const secret = Buffer.concat([Buffer.from([0x10, 5]), Buffer.from("x-key"), Buffer.from([3]), Buffer.from("abc")]);
  for (const id of [1, 3, 5]) {
    client.send(frame(HEADERS, WHOLE, id, Buffer.concat([raw.request(), secret])));
    await trailersOf(client, id);
    assert.ok(legs.modules[0]?.find(HEADERS, id)?.payload.includes(secret), `stream ${id}`);
  }
});

test("a module's GOAWAY and the end of its connection leave nothing behind", async (t) => {
  const legs = await startLegs(t, { module: (peer) => greet(peer) });
  const client = await legs.client();
  client.send(call(1), call(3));
  const module = await eventually("the module is connected", () => legs.modules[0]);
  await module.next("the second call", ({ type, id }) => type === HEADERS && id === 3);
  module.send(raw.goaway(3, 2));
  module.socket.destroy();
  for (const id of [1, 3]) assert.match(await trailersOf(client, id), /grpc-status.{1,2}14.*went away/s);
  assert.equal(legs.open(), 0);
  assert.equal(
    client.frames.some(({ type }) => type === GOAWAY),
    false,
  );
});
