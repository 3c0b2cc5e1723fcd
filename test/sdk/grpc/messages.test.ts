/** Messages of a stream: out of bytes in any pieces, and into the hands of a consumer that takes its time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { MAX_MESSAGE_BYTES } from "../../../src/proto/grpc-message.js";
import { isRpcError, RpcError, Status } from "../../../src/proto/status-code.js";
import { MessageQueue } from "../../../src/sdk/grpc/message-queue.js";
import { MessageReader, wholeMessage } from "../../../src/sdk/grpc/message-reader.js";

function frame(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

test("messages are the same however their bytes are cut", () => {
  const messages = [0, 1, 4, 5, 6, 70_000, 0, 200_000, 3].map((size, index) => Buffer.alloc(size, index + 1));
  const bytes = Buffer.concat(messages.map((message) => frame(message)));
  for (const piece of [1, 2, 3, 5, 7, 16_384, 65_541, bytes.length]) {
    const found: Buffer[] = [];
    let told = 0;
    const reader = new MessageReader("identity", (message, size) => {
      found.push(message);
      told += size;
    });
    for (let at = 0; at < bytes.length; at += piece) reader.read(bytes.subarray(at, at + piece));
    assert.equal(reader.isInside, false);
    assert.equal(told, bytes.length);
    assert.deepEqual(found, messages, `pieces of ${piece}`);
  }
});

test("what was read stays when the bytes it came in are used again", () => {
  const bytes = frame(Buffer.from("keep"));
  const found: Buffer[] = [];
  new MessageReader("identity", (message) => found.push(message)).read(bytes);
  const whole = wholeMessage(bytes);
  bytes.fill(0);
  assert.deepEqual(found, [Buffer.from("keep")]);
  assert.deepEqual(whole, Buffer.from("keep"));
});

test("only a message that is neither cut nor compressed is a whole one", () => {
  assert.deepEqual(wholeMessage(frame(Buffer.alloc(0))), Buffer.alloc(0));
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4), frame(Buffer.from("x"), 1), frame(Buffer.from("xy")).subarray(0, 6)]) {
    assert.equal(wholeMessage(bytes), undefined);
  }
  assert.equal(wholeMessage(Buffer.concat([frame(Buffer.from("a")), frame(Buffer.from("b"))])), undefined);
});

test("a message that is too long is refused when its length is known, also one that only unpacks to it", () => {
  const refused = (error: unknown): boolean => isRpcError(error, Status.RESOURCE_EXHAUSTED);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(MAX_MESSAGE_BYTES + 1, 1);
  assert.throws(() => new MessageReader("identity", () => undefined).read(prefix), refused);
  const slowly = new MessageReader("identity", () => undefined);
  slowly.read(prefix.subarray(0, 3));
  assert.throws(() => slowly.read(prefix.subarray(3)), refused);
  const bomb = frame(gzipSync(Buffer.alloc(MAX_MESSAGE_BYTES + 1)), 1);
  assert.throws(() => new MessageReader("gzip", () => undefined).read(bomb), refused);
});

test("the peer may send more as its messages are taken, and while there is nothing to take", async () => {
  let credit = 0;
  const queue = new MessageQueue<string>((bytes) => {
    credit += bytes;
  });
  queue.received(10); // the beginning of a message
  assert.equal(credit, 10);
  queue.push("a", 20);
  queue.push("b", 30);
  queue.received(40 + 7); // and the beginning of a third
  assert.equal(credit, 10, "two wait");
  assert.deepEqual(await queue.next(), { done: false, value: "a" });
  assert.equal(credit, 30);
  assert.deepEqual(await queue.next(), { done: false, value: "b" });
  assert.equal(credit, 57, "all that came");
  const waiting = queue.next();
  queue.push("c", 12);
  queue.received(5);
  assert.deepEqual(await waiting, { done: false, value: "c" });
  assert.equal(credit, 62);
});

test("messages from before an error can be taken, unless the call was cut off", async () => {
  const error = new RpcError(Status.DATA_LOSS, "broken");
  const queue = new MessageQueue<string>(() => undefined);
  queue.push("a", 1);
  queue.fail(error);
  assert.deepEqual(await queue.next(), { done: false, value: "a" });
  await assert.rejects(queue.next(), error);
  const cut = new MessageQueue<string>(() => undefined);
  cut.push("a", 1);
  cut.fail(error, true);
  await assert.rejects(cut.next(), error);
  await assert.rejects(cut.next(), error, "every time");
});

test("a consumer that leaves takes no more, is told once, and the peer is not held back", async () => {
  let credit = 0;
  let left = 0;
  const queue = new MessageQueue<string>(
    (bytes) => {
      credit += bytes;
    },
    () => {
      left += 1;
    },
  );
  queue.push("a", 5);
  queue.push("b", 5);
  queue.received(10);
  for await (const message of queue) {
    assert.equal(message, "a");
    break;
  }
  assert.equal(left, 1);
  assert.equal(credit, 10);
  queue.push("c", 5);
  queue.received(5);
  assert.equal(credit, 15);
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
  await queue.return();
  assert.equal(left, 1);
});

test("very many empty messages wait in little time and memory", async () => {
  let credit = 0;
  const queue = new MessageQueue<number>((bytes) => {
    credit += bytes;
  });
  const count = 300_000;
  for (let index = 0; index < count; index += 1) queue.push(index, 5);
  queue.received(count * 5);
  for (let index = 0; index < count; index += 1) {
    const { value } = await queue.next();
    if (value !== index) assert.equal(value, index);
    if (index === 1000) queue.push(count, 5);
  }
  assert.equal((await queue.next()).value, count);
  assert.equal(credit, count * 5);
});

test("nobody need look at a message that was asked for ahead", async () => {
  const queue = new MessageQueue<string>(() => undefined);
  void queue.next();
  queue.fail(new RpcError(Status.CANCELLED, "over"), true);
  void queue.next();
  await assert.rejects(queue.next());
});
