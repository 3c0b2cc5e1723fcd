/** What a client may send and must not, byte for byte: one row for each rule, named by its section. */
import assert from "node:assert/strict";
import test from "node:test";
import { seconds } from "../../src/base/millis.js";
import { answer, type Legs, startLegs } from "./support/legs.js";
import * as raw from "./support/raw-frames.js";
import type { RawPeer } from "./support/raw-peer.js";

const { DATA, HEADERS, CONTINUATION, SETTINGS, PING, PRIORITY, END_HEADERS, END_STREAM, PADDED, WITH_PRIORITY, frame, request } = raw;
const PROTOCOL = 1;
const FLOW_CONTROL = 3;
const CLOSED = 5;
const SIZE = 6;
const COMPRESSION = 9;
const CALM = 11;

const WHOLE = END_HEADERS | END_STREAM;
const open = (id: number): Buffer => frame(HEADERS, END_HEADERS, id, request());
const call = (id: number): Buffer => frame(HEADERS, WHOLE, id, request());
const padded = (pad: number, payload: Buffer): Buffer => Buffer.concat([Buffer.from([pad]), payload, Buffer.alloc(Math.max(0, pad))]);
const withField = (name: string, value: string): Buffer => frame(HEADERS, WHOLE, 1, request({}, [[name, value]]));

type Outcome =
  /** GOAWAY with the code, then the end. */
  | { readonly connection: number }
  /** RST_STREAM with the code on the stream; the connection lives. */
  | { readonly stream: number; readonly id?: number }
  /** The call of the stream is answered and ends well. */
  | { readonly answered: number }
  /** Nothing happens but that the connection lives. */
  | { readonly alive: true };

type Row = readonly [title: string, bytes: readonly Buffer[], outcome: Outcome];

const connection = (code: number): Outcome => ({ connection: code });
const stream = (code: number, id = 1): Outcome => ({ stream: code, id });
const answered = (id = 1): Outcome => ({ answered: id });
const ALIVE: Outcome = { alive: true };

const ROWS: readonly Row[] = [
  ["4.1: a frame of an unknown type is ignored", [frame(0x99, 0xff, 0, Buffer.from("whatever")), call(1)], answered()],
  [
    "4.1: an unknown frame on a stream is ignored",
    [open(1), frame(0x42, 0, 1, Buffer.alloc(100)), frame(DATA, END_STREAM, 1, raw.MESSAGE)],
    answered(),
  ],
  ["4.1: flags without meaning are ignored", [frame(PING, 0xfe, 0, Buffer.from("12345678")), call(1)], answered()],
  ["4.1: the reserved bit of a stream id is ignored", [frame(HEADERS, WHOLE, 0x80000001, request())], answered()],
  ["4.2: a DATA frame of 16,384 bytes is taken", [open(1), frame(DATA, END_STREAM, 1, Buffer.alloc(16_384))], answered()],
  ["4.2: a frame over 16,384 bytes ends the connection", [open(1), frame(DATA, END_STREAM, 1, Buffer.alloc(16_385))], connection(SIZE)],
  ["4.2: a HEADERS frame over 16,384 bytes ends the connection", [frame(HEADERS, WHOLE, 1, Buffer.alloc(16_385))], connection(SIZE)],
  [
    "4.3: a header block that cannot be decoded ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.from([0x40]))],
    connection(COMPRESSION),
  ],
  [
    "4.3: a header block in pieces is one block",
    [
      frame(HEADERS, END_STREAM, 1, request().subarray(0, 10)),
      frame(CONTINUATION, 0, 1, request().subarray(10, 20)),
      frame(CONTINUATION, END_HEADERS, 1, request().subarray(20)),
    ],
    answered(),
  ],
  [
    "4.3: a header block may end in an empty CONTINUATION",
    [frame(HEADERS, END_STREAM, 1, request()), frame(CONTINUATION, END_HEADERS, 1)],
    answered(),
  ],
  [
    "4.3: another frame inside a header block ends the connection",
    [frame(HEADERS, END_STREAM, 1, request()), frame(PRIORITY, 0, 1, Buffer.alloc(5))],
    connection(PROTOCOL),
  ],
  [
    "4.3: another stream's HEADERS inside a header block end the connection",
    [frame(HEADERS, END_STREAM, 1, request()), call(3)],
    connection(PROTOCOL),
  ],
  [
    "5.5: an unknown frame inside a header block ends the connection",
    [frame(HEADERS, END_STREAM, 1, request()), frame(0x99, 0, 1)],
    connection(PROTOCOL),
  ],
  ["5.1: DATA on an idle stream ends the connection", [frame(DATA, END_STREAM, 1, raw.MESSAGE)], connection(PROTOCOL)],
  ["5.1: RST_STREAM on an idle stream ends the connection", [raw.rst(1, 8)], connection(PROTOCOL)],
  ["5.1: WINDOW_UPDATE on an idle stream ends the connection", [raw.windowUpdate(1, 100)], connection(PROTOCOL)],
  ["5.1: PRIORITY on an idle stream is ignored", [frame(PRIORITY, 0, 5, Buffer.alloc(5)), call(7)], answered(7)],
  ["5.1: DATA after the end of the request is a closed stream's", [call(1), frame(DATA, 0, 1, raw.MESSAGE)], stream(CLOSED)],
  ["5.1: HEADERS after the end of the request is a closed stream's", [call(1), frame(HEADERS, WHOLE, 1, request())], stream(CLOSED)],
  ["5.1: DATA after RST_STREAM is a closed stream's", [open(1), raw.rst(1, 8), frame(DATA, END_STREAM, 1, raw.MESSAGE)], stream(CLOSED)],
  ["5.1: HEADERS after RST_STREAM end the connection", [open(1), raw.rst(1, 8), frame(HEADERS, WHOLE, 1, request())], connection(CLOSED)],
  [
    "5.1: WINDOW_UPDATE and RST_STREAM after the end are ignored",
    [open(1), raw.rst(1, 8), raw.windowUpdate(1, 5), raw.rst(1, 8), frame(PRIORITY, 0, 1, Buffer.alloc(5)), call(3)],
    answered(3),
  ],
  ["5.1.1: an even stream id of a client ends the connection", [call(2)], connection(PROTOCOL)],
  ["5.1.1: a smaller stream id than before ends the connection", [call(5), call(3)], connection(CLOSED)],
  ["5.1.1: stream ids may be left out", [call(101)], answered(101)],
  ["6.1: DATA on stream 0 ends the connection", [frame(DATA, 0, 0, raw.MESSAGE)], connection(PROTOCOL)],
  ["6.1: padding of DATA is not passed on", [open(1), frame(DATA, END_STREAM | PADDED, 1, padded(200, raw.MESSAGE))], answered()],
  ["6.1: DATA of nothing but padding is fine", [open(1), frame(DATA, END_STREAM | PADDED, 1, padded(10, raw.EMPTY))], answered()],
  [
    "6.1: padding as long as the frame ends the connection",
    [open(1), frame(DATA, END_STREAM | PADDED, 1, Buffer.from([5, 0, 0, 0, 0]))],
    connection(PROTOCOL),
  ],
  ["6.1: a padded frame without its length ends the connection", [open(1), frame(DATA, END_STREAM | PADDED, 1)], connection(SIZE)],
  ["6.2: HEADERS on stream 0 end the connection", [frame(HEADERS, WHOLE, 0, request())], connection(PROTOCOL)],
  ["6.2: padding of HEADERS is taken off", [frame(HEADERS, WHOLE | PADDED, 1, padded(50, request()))], answered()],
  [
    "6.2: padding longer than HEADERS ends the connection",
    [frame(HEADERS, WHOLE | PADDED, 1, Buffer.concat([Buffer.from([255]), request()]))],
    connection(PROTOCOL),
  ],
  [
    "6.2: padding that leaves no room for the priority ends the connection",
    [frame(HEADERS, WHOLE | PADDED | WITH_PRIORITY, 1, Buffer.from([5, 0, 0, 0, 0, 0, 1, 2]))],
    connection(PROTOCOL),
  ],
  [
    "6.2: HEADERS too short for their priority end the connection",
    [frame(HEADERS, WHOLE | WITH_PRIORITY, 1, Buffer.from([0, 0]))],
    connection(SIZE),
  ],
  [
    "6.2: the priority in HEADERS is ignored",
    [frame(HEADERS, WHOLE | WITH_PRIORITY, 1, Buffer.concat([Buffer.from([0, 0, 0, 3, 9]), request()]))],
    answered(),
  ],
  [
    "6.2: a stream that depends on itself is reset",
    [frame(HEADERS, WHOLE | WITH_PRIORITY, 1, Buffer.concat([Buffer.from([0, 0, 0, 1, 9]), request()]))],
    stream(PROTOCOL),
  ],
  ["6.3: PRIORITY on stream 0 ends the connection", [frame(PRIORITY, 0, 0, Buffer.alloc(5))], connection(PROTOCOL)],
  ["6.3: PRIORITY of another length resets the stream", [open(1), frame(PRIORITY, 0, 1, Buffer.alloc(4))], stream(SIZE)],
  ["6.4: RST_STREAM on stream 0 ends the connection", [raw.rst(0, 8)], connection(PROTOCOL)],
  ["6.4: RST_STREAM of another length ends the connection", [open(1), frame(3, 0, 1, Buffer.alloc(3))], connection(SIZE)],
  ["6.5: SETTINGS on a stream end the connection", [frame(SETTINGS, 0, 1)], connection(PROTOCOL)],
  ["6.5: SETTINGS of no multiple of six bytes end the connection", [frame(SETTINGS, 0, 0, Buffer.alloc(5))], connection(SIZE)],
  ["6.5: an acknowledgement with a payload ends the connection", [frame(SETTINGS, 1, 0, Buffer.alloc(6))], connection(SIZE)],
  ["6.5.2: ENABLE_PUSH other than 0 and 1 ends the connection", [raw.settings([2, 2])], connection(PROTOCOL)],
  ["6.5.2: INITIAL_WINDOW_SIZE over 2^31-1 ends the connection", [raw.settings([4, 0x80000000])], connection(FLOW_CONTROL)],
  ["6.5.2: MAX_FRAME_SIZE below 16,384 ends the connection", [raw.settings([5, 16_383])], connection(PROTOCOL)],
  ["6.5.2: MAX_FRAME_SIZE over 2^24-1 ends the connection", [raw.settings([5, 16_777_216])], connection(PROTOCOL)],
  ["6.5.2: unknown settings are ignored", [raw.settings([0xff, 77]), call(1)], answered()],
  [
    "6.6: PUSH_PROMISE of a client ends the connection",
    [open(1), frame(5, END_HEADERS, 1, Buffer.concat([raw.uint32(2), request()]))],
    connection(PROTOCOL),
  ],
  ["6.7: PING on a stream ends the connection", [frame(PING, 0, 1, Buffer.alloc(8))], connection(PROTOCOL)],
  ["6.7: PING of another length ends the connection", [frame(PING, 0, 0, Buffer.alloc(7))], connection(SIZE)],
  ["6.7: an acknowledgement of a PING that nobody sent is ignored", [frame(PING, 1, 0, Buffer.alloc(8)), call(1)], answered()],
  ["6.8: GOAWAY on a stream ends the connection", [frame(7, 0, 1, Buffer.alloc(8))], connection(PROTOCOL)],
  ["6.8: GOAWAY shorter than eight bytes ends the connection", [frame(7, 0, 0, Buffer.alloc(7))], connection(SIZE)],
  ["6.8: calls go on after a client's GOAWAY", [open(1), raw.goaway(0, 0), frame(DATA, END_STREAM, 1, raw.MESSAGE)], answered()],
  ["6.9: WINDOW_UPDATE of another length ends the connection", [frame(8, 0, 0, Buffer.alloc(3))], connection(SIZE)],
  ["6.9: WINDOW_UPDATE by 0 on the connection ends it", [raw.windowUpdate(0, 0)], connection(PROTOCOL)],
  ["6.9: WINDOW_UPDATE by 0 on a stream resets it", [open(1), raw.windowUpdate(1, 0)], stream(PROTOCOL)],
  [
    "6.9.1: a connection window over 2^31-1 ends the connection",
    [raw.windowUpdate(0, 0x7fffffff), raw.windowUpdate(0, 0x7fffffff)],
    connection(FLOW_CONTROL),
  ],
  [
    "6.9.1: a stream window over 2^31-1 resets the stream",
    [open(1), raw.windowUpdate(1, 0x7fffffff), raw.windowUpdate(1, 0x7fffffff)],
    stream(FLOW_CONTROL),
  ],
  [
    "6.9.2: an initial window that makes a stream's too large ends the connection",
    [open(1), raw.windowUpdate(1, 0x7fff0000), raw.settings([4, 0x7fffffff])],
    connection(FLOW_CONTROL),
  ],
  ["6.10: CONTINUATION without HEADERS ends the connection", [frame(CONTINUATION, END_HEADERS, 1, request())], connection(PROTOCOL)],
  [
    "6.10: CONTINUATION after the end of the block ends the connection",
    [call(1), frame(CONTINUATION, END_HEADERS, 1, request())],
    connection(PROTOCOL),
  ],
  [
    "6.10: CONTINUATION on stream 0 ends the connection",
    [frame(HEADERS, END_STREAM, 1, request()), frame(CONTINUATION, END_HEADERS, 0)],
    connection(PROTOCOL),
  ],
  ["7: an unknown error code in RST_STREAM is a reset like others", [open(1), raw.rst(1, 0xbeef), call(3)], answered(3)],
  [
    "8.1: trailers of a request end it",
    [open(1), frame(DATA, 0, 1, raw.MESSAGE), frame(HEADERS, WHOLE, 1, raw.block(["x", "y"]))],
    answered(),
  ],
  [
    "8.1: trailers that do not end the request are malformed",
    [open(1), frame(HEADERS, END_HEADERS, 1, raw.block(["x", "y"]))],
    stream(PROTOCOL),
  ],
  ["8.1: a pseudo-field in trailers is malformed", [open(1), frame(HEADERS, WHOLE, 1, raw.block([":path", "/x"]))], stream(PROTOCOL)],
  [
    "8.1.1: less data than content-length says is malformed",
    [frame(HEADERS, END_HEADERS, 1, request({}, [["content-length", "10"]])), frame(DATA, END_STREAM, 1, raw.MESSAGE)],
    stream(PROTOCOL),
  ],
  [
    "8.1.1: more data than content-length says is malformed",
    [frame(HEADERS, END_HEADERS, 1, request({}, [["content-length", "3"]])), frame(DATA, 0, 1, raw.MESSAGE)],
    stream(PROTOCOL),
  ],
  ["8.1.1: a request without data but with a content-length is malformed", [withField("content-length", "1")], stream(PROTOCOL)],
  [
    "8.1.1: two different content-lengths are malformed",
    [
      frame(
        HEADERS,
        END_HEADERS,
        1,
        request({}, [
          ["content-length", "9"],
          ["content-length", "8"],
        ]),
      ),
    ],
    stream(PROTOCOL),
  ],
  [
    "8.1.1: a content-length that is no number is malformed",
    [frame(HEADERS, END_HEADERS, 1, request({}, [["content-length", "+9"]]))],
    stream(PROTOCOL),
  ],
  [
    "8.1.1: data as long as content-length says is fine",
    [frame(HEADERS, END_HEADERS, 1, request({}, [["content-length", "9"]])), frame(DATA, END_STREAM, 1, raw.MESSAGE)],
    answered(),
  ],
  ["8.2: a field name in upper case is malformed", [withField("X-Up", "1")], stream(PROTOCOL)],
  ["8.2.1: an empty field name is malformed", [withField("", "1")], stream(PROTOCOL)],
  ["8.2.1: a field name with a blank is malformed", [withField("a b", "1")], stream(PROTOCOL)],
  ["8.2.1: a field name with a colon inside is malformed", [withField("a:b", "1")], stream(PROTOCOL)],
  ["8.2.1: a field name with a byte over 0x7f is malformed", [withField("\xe4", "1")], stream(PROTOCOL)],
  ["8.2.1: NUL in a value is malformed", [withField("x", "a\0b")], stream(PROTOCOL)],
  ["8.2.1: a line feed in a value is malformed", [withField("x", "a\nb")], stream(PROTOCOL)],
  ["8.2.1: a carriage return in a value is malformed", [withField("x", "a\rb")], stream(PROTOCOL)],
  ["8.2.1: a blank before a value is malformed", [withField("x", " a")], stream(PROTOCOL)],
  ["8.2.1: a tab behind a value is malformed", [withField("x", "a\t")], stream(PROTOCOL)],
  ["8.2.2: connection is malformed", [withField("connection", "close")], stream(PROTOCOL)],
  ["8.2.2: transfer-encoding is malformed", [withField("transfer-encoding", "chunked")], stream(PROTOCOL)],
  ["8.2.2: te other than trailers is malformed", [frame(HEADERS, WHOLE, 1, request({ te: "gzip" }))], stream(PROTOCOL)],
  ["8.2.2: te may be missing", [frame(HEADERS, WHOLE, 1, request({ te: undefined }))], answered()],
  [
    "8.3: an unknown pseudo-field is malformed",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([raw.block([":x", "y"]), request()]))],
    stream(PROTOCOL),
  ],
  [
    "8.3: a response's pseudo-field is malformed",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([raw.block([":status", "200"]), request()]))],
    stream(PROTOCOL),
  ],
  [
    "8.3: a pseudo-field behind others is malformed",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([raw.block(["x", "y"]), request()]))],
    stream(PROTOCOL),
  ],
  [
    "8.3: a pseudo-field twice is malformed",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([raw.block([":path", "/x"]), request()]))],
    stream(PROTOCOL),
  ],
  ["8.3.1: no :method is malformed", [frame(HEADERS, WHOLE, 1, request({ ":method": undefined }))], stream(PROTOCOL)],
  ["8.3.1: no :scheme is malformed", [frame(HEADERS, WHOLE, 1, request({ ":scheme": undefined }))], stream(PROTOCOL)],
  ["8.3.1: no :path is malformed", [frame(HEADERS, WHOLE, 1, request({ ":path": undefined }))], stream(PROTOCOL)],
  ["8.3.1: an empty :path is malformed", [frame(HEADERS, WHOLE, 1, request({ ":path": "" }))], stream(PROTOCOL)],
  ["8.3.1: :authority may be missing", [frame(HEADERS, WHOLE, 1, request({ ":authority": undefined }))], answered()],
  ["8.5: CONNECT is refused", [frame(HEADERS, WHOLE, 1, raw.block([":method", "CONNECT"], [":authority", "x:1"]))], stream(PROTOCOL)],
  [
    "RFC 7541 2.3.3: an index beyond both tables ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.from([0xc6]))],
    connection(COMPRESSION),
  ],
  ["RFC 7541 6.1: index 0 ends the connection", [frame(HEADERS, WHOLE, 1, Buffer.from([0x80]))], connection(COMPRESSION)],
  [
    "RFC 7541 4.2: a table size update behind a field ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([request(), Buffer.from([0x20])]))],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 6.3: a table size over the announced one ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([Buffer.from([0x3f, 0xe2, 0x1f]), request()]))],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 6.3: table size updates before the fields are taken",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([Buffer.from([0x20, 0x3f, 0xe1, 0x1f]), request()]))],
    answered(),
  ],
  [
    "RFC 7541 5.1: an integer without end ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 5.2: a string longer than its block ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.from([0x00, 0x05, 0x61]))],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 5.2: Huffman padding of more than seven bits ends the connection",
    [
      frame(
        HEADERS,
        WHOLE,
        1,
        Buffer.concat([request(), Buffer.from([0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x84, 0x49, 0x50, 0x9f, 0xff])]),
      ),
    ],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 5.2: Huffman padding that is not ones ends the connection",
    [frame(HEADERS, WHOLE, 1, Buffer.concat([request(), Buffer.from([0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x83, 0x49, 0x50, 0x90])]))],
    connection(COMPRESSION),
  ],
  [
    "RFC 7541 5.2: EOS inside a Huffman string ends the connection",
    [
      frame(
        HEADERS,
        WHOLE,
        1,
        Buffer.concat([request(), Buffer.from([0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x87, 0x49, 0x51, 0xff, 0xff, 0xff, 0xfa, 0x7f])]),
      ),
    ],
    connection(COMPRESSION),
  ],
  [
    "10.5.1: a header list over the announced size costs its stream",
    [
      frame(HEADERS, END_STREAM, 1, request()),
      ...Array.from({ length: 5 }, () => frame(CONTINUATION, 0, 1, raw.block(["x-big", "v".repeat(16_000)]))),
      frame(CONTINUATION, END_HEADERS, 1),
    ],
    stream(CALM),
  ],
  [
    "6.9: DATA of streams that were reset counts and comes back",
    [...Array.from({ length: 3 }, (_, index) => Buffer.concat([open(index * 2 + 1), raw.rst(index * 2 + 1, 8)])), call(101)],
    answered(101),
  ],
  ["3.4: PING before anything else is answered", [raw.ping("abcdefgh")], ALIVE],
];

async function judge(legs: Legs, peer: RawPeer, outcome: Outcome): Promise<void> {
  if ("connection" in outcome) {
    assert.equal(await peer.goawayCode(), outcome.connection);
    return;
  }
  if ("stream" in outcome) {
    assert.equal(await peer.resetCode(outcome.id ?? 1), outcome.stream);
  } else if ("answered" in outcome) {
    const id = outcome.answered;
    await peer.next("the call's end", (found) => found.id === id && found.type === HEADERS && (found.flags & END_STREAM) !== 0);
    assert.deepEqual(peer.find(DATA, id)?.payload, raw.MESSAGE);
    // A client that has said GOAWAY has nothing left to ask.
    if (peer.isClosed || peer.socket.readableEnded) return;
  }
  if (legs.modules.length > 0 && peer.frames.some(({ type }) => type === raw.GOAWAY)) return;
  await peer.isAlive().catch((error: unknown) => {
    if (!("answered" in outcome)) throw error;
  });
}

for (const [title, bytes, outcome] of ROWS) {
  test(`client leg, ${title}`, async (t) => {
    const legs = await startLegs(t);
    const witness = await legs.client();
    const peer = await legs.client();
    peer.send(...bytes);
    await judge(legs, peer, outcome);
    witness.send(call(1));
    await witness.next("another client's answer", (found) => found.id === 1 && (found.flags & END_STREAM) !== 0);
  });
}

test("client leg, 3.4: what is no preface ends the connection", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.mute();
  peer.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), raw.settings());
  assert.equal(await peer.goawayCode(), PROTOCOL);
});

test("client leg, 3.4: another frame before SETTINGS ends the connection", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.mute();
  peer.send(raw.PREFACE, raw.ping("12345678"));
  assert.equal(await peer.goawayCode(), PROTOCOL);
});

test("client leg, 3.4: the server's first frame is SETTINGS, the client's are acknowledged", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.mute();
  peer.send(raw.PREFACE, raw.settings([3, 7]));
  await peer.next("the acknowledgement", ({ type, flags }) => type === SETTINGS && flags === raw.ACK);
  assert.equal(peer.frames[0]?.type, SETTINGS);
  assert.equal(peer.frames[0]?.flags, 0);
});

test("client leg, 3.4: bytes that come one by one are the same as at once", async (t) => {
  const legs = await startLegs(t);
  const peer = await legs.mute();
  for (const byte of Buffer.concat([raw.PREFACE, raw.settings(), call(1)])) {
    peer.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await peer.next("the answer", ({ id, flags }) => id === 1 && (flags & END_STREAM) !== 0);
});

test("client leg, 5.1.2: a stream over the announced number is refused, the others go on", async (t) => {
  const legs = await startLegs(t, { module: (peer) => peer.send(raw.settings([3, 5000])) });
  const peer = await legs.client();
  const announced = peer.find(SETTINGS)?.payload;
  const at = [0, 6, 12, 18].find((offset) => announced?.readUInt16BE(offset) === 3) ?? 0;
  const limit = announced?.readUInt32BE(at + 2) ?? 0;
  peer.send(...Array.from({ length: limit + 1 }, (_, index) => open(index * 2 + 1)));
  assert.equal(await peer.resetCode(limit * 2 + 1), 7);
  await peer.isAlive();
  assert.equal(legs.open(), limit);
});

test("client leg, 6.9.1: more data than the stream's window resets the stream", async (t) => {
  const legs = await startLegs(t, { module: (peer) => peer.send(raw.settings([4, 0])) });
  const peer = await legs.client();
  peer.send(open(1), ...Array.from({ length: 17 }, () => frame(DATA, 0, 1, Buffer.alloc(16_384))));
  assert.equal(await peer.resetCode(1), FLOW_CONTROL);
  await peer.isAlive();
});

test("client leg, 6.9.2: a smaller initial window can make a stream's negative, and it recovers", async (t) => {
  const body = Buffer.alloc(40_000, 3);
  const legs = await startLegs(t, {
    module: (peer) => {
      peer.send(raw.settings());
      peer.onFrame(({ type, id, flags }) => {
        if (type !== HEADERS || (flags & END_STREAM) === 0) return;
        peer.send(frame(HEADERS, END_HEADERS, id, raw.RESPONSE));
        for (let from = 0; from < body.length; from += 10_000) peer.send(frame(DATA, 0, id, body.subarray(from, from + 10_000)));
        peer.send(frame(HEADERS, WHOLE, id, raw.TRAILERS));
      });
    },
  });
  const peer = await legs.mute();
  peer.send(raw.PREFACE, raw.settings([4, 30_000]), call(1));
  const got = (): number => peer.frames.filter(({ type }) => type === DATA).reduce((sum, { payload }) => sum + payload.length, 0);
  await peer.next("30,000 bytes", () => got() === 30_000);
  peer.send(raw.settings([4, 10_000]), raw.windowUpdate(1, 25_000));
  await peer.next("5,000 more: -20,000 and 25,000", () => got() === 35_000);
  peer.send(raw.windowUpdate(1, 100_000));
  await peer.next("trailers behind all the data", ({ type, flags }) => type === HEADERS && (flags & END_STREAM) !== 0);
  assert.equal(got(), 40_000);
});

test("client leg, 6.8: a server that goes away serves what is on its way, then names the last stream and closes", async (t) => {
  const pending: (() => void)[] = [];
  const legs = await startLegs(t, {
    module: (peer) => {
      peer.send(raw.settings());
      peer.onFrame(({ type, id }) => {
        if (type === HEADERS) pending.push(() => peer.send(answer(id)));
      });
    },
  });
  const peer = await legs.client();
  peer.send(call(1));
  await peer.isAlive();
  const closing = legs.backend.close(seconds(10));
  const notice = await peer.next("the first GOAWAY", ({ type }) => type === raw.GOAWAY);
  assert.equal(notice.payload.readUInt32BE(0), 0x7fffffff);
  peer.send(call(3));
  const mark = await peer.next("the PING behind it", ({ type, flags }) => type === PING && flags === 0);
  peer.send(frame(PING, 1, 0, mark.payload));
  const last = await peer.next("the last GOAWAY", ({ type, payload }) => type === raw.GOAWAY && payload.readUInt32BE(0) !== 0x7fffffff);
  assert.deepEqual([last.payload.readUInt32BE(0), last.payload.readUInt32BE(4)], [3, 0]);
  await peer.next("both calls at the module", () => pending.length === 2).catch(() => undefined);
  for (const finish of pending) finish();
  await closing;
  await peer.closed();
  assert.deepEqual(
    peer.frames.filter(({ type, flags }) => type === HEADERS && (flags & END_STREAM) !== 0).map(({ id }) => id),
    [1, 3],
  );
});
