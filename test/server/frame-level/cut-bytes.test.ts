/** The same calls when no frame comes in one piece: both legs run through a relay that cuts the bytes at random. */
import assert from "node:assert/strict";
import net from "node:net";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { type Random, seeded } from "../../http2/support/fuzzer.js";
import { named, rawClient } from "../support/raw-client.js";
import { collect, echo } from "../support/raw-module.js";
import { ECHO_API, ECHO_SERVICE, startServer } from "../support/start-server.js";

function cut(from: net.Socket, to: net.Socket, random: Random): void {
  let waiting: Buffer = Buffer.alloc(0);
  let isBusy = false;
  const step = (): void => {
    isBusy = waiting.length > 0 && !to.destroyed;
    if (!isBusy) return;
    const size = random(4) === 0 ? 1 + random(12) : 1 + random(20_000);
    to.write(waiting.subarray(0, size));
    waiting = waiting.subarray(size);
    setImmediate(step);
  };
  from.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (!isBusy) step();
  });
  from.on("error", () => undefined);
  from.on("close", () => to.destroy());
}

async function relay(t: TestContext, listen: net.ListenOptions, target: net.NetConnectOpts, random: Random): Promise<number> {
  const server = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect(target);
    far.setNoDelay(true);
    t.after(() => near.destroy());
    cut(near, far, random);
    cut(far, near, random);
  });
  await new Promise<void>((resolve) => server.listen(listen, resolve));
  t.after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("calls of all kinds survive bytes that are cut anywhere on both legs", async (t) => {
  const machine = await startServer(t);
  const random = seeded(99);
  const module = await machine.module("hidden", { Echo: echo, Collect: collect });
  const address = path.join(machine.folder, "cut.sock");
  await relay(t, { path: address }, { path: module.address }, random);
  const port = await relay(t, { port: 0, host: "127.0.0.1" }, { port: machine.port, host: "127.0.0.1" }, random);
  machine.machine.addModule("one", address, { [ECHO_API]: ECHO_SERVICE });
  machine.machine.addResource(ECHO_API, "one", "one");
  const client = rawClient(t, `ipv4:127.0.0.1:${port}`);
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const metadata = new Metadata();
      metadata.add("x-long", "y".repeat((index % 5) * 6000));
      metadata.add("x-bin", Buffer.from([index, 0, 255]));
      const messages = Array.from({ length: 1 + (index % 7) }, (_, one) => named("one", Buffer.alloc((index * one * 997) % 60_000, index)));
      const answer = await client.call(`/${ECHO_SERVICE}/Echo`, messages, { metadata });
      assert.equal(answer.status.code, Status.OK, answer.status.details);
      assert.deepEqual(answer.messages, messages);
    }),
  );
  const collected = await client.call(
    `/${ECHO_SERVICE}/Collect`,
    Array.from({ length: 300 }, () => named("one", Buffer.alloc(500))),
  );
  assert.match(String(collected.messages[0]), /^300 messages/);
});
