/** Clients that send a byte now and then for ever, before HTTP/2 is spoken: each ends within its time, and others are served meanwhile. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type Socket } from "node:net";
import path from "node:path";
import test, { type TestContext } from "node:test";
import tls from "node:tls";
import { systemClock } from "../../src/base/clock.js";
import { silentLogger } from "../../src/base/logger.js";
import { millis, seconds } from "../../src/base/millis.js";
import { takeIn } from "../../src/server/connection-intake.js";
import { CertificateFiles } from "../../src/server/tls/certificate.js";
import { TlsGate } from "../../src/server/tls/tls-gate.js";
import { eventually } from "../support/eventually.js";
import { FakeClock } from "../support/fake-clock.js";
import { tempFolder } from "../support/temp-folder.js";
import { startServer, type TestServer } from "./support/start-server.js";

async function connect(t: TestContext, port: number): Promise<Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  return socket;
}

async function startWithClock(t: TestContext): Promise<{ server: TestServer; clock: FakeClock }> {
  const clock = new FakeClock();
  return { clock, server: await startServer(t, { clock }) };
}

/** Sends `byte` every `step` of time until the connection is closed; true when it was within `times`. */
async function dribble(socket: Socket, clock: FakeClock, byte: string, step: number, times: number): Promise<boolean> {
  for (let index = 0; index < times && !socket.destroyed; index += 1) {
    socket.write(byte);
    await eventually("the byte is on its way", () => socket.destroyed || socket.writableLength === 0);
    await clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return eventually("it is closed", () => socket.destroyed).then(
    () => true,
    () => false,
  );
}

async function assertServed(server: TestServer): Promise<void> {
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/`, { headers: { connection: "close" } })).status, 200);
}

for (const [title, start] of [
  ["says nothing", ""],
  ["says half of what HTTP/2 begins with", "PR"],
] as const) {
  test(`a client that ${title} is closed after 20 seconds`, async (t) => {
    const { server, clock } = await startWithClock(t);
    const before = clock.timers;
    const socket = await connect(t, server.port);
    socket.write(start);
    await eventually("it is being waited for", () => clock.timers > before);
    await clock.advance(seconds(19));
    await assertServed(server);
    assert.equal(socket.destroyed, false);
    await clock.advance(seconds(1));
    await eventually("it is closed", () => socket.destroyed);
  });
}

test("headers of HTTP/1.1 that come byte by byte are given up", async (t) => {
  const { server, clock } = await startWithClock(t);
  const socket = await connect(t, server.port);
  socket.write("GET / HTTP/1.1\r\nx: ");
  assert.ok(await dribble(socket, clock, "y", seconds(1), 60), "it is still there");
  await assertServed(server);
});

test("a body over HTTP/1.1 that comes byte by byte is given up", async (t) => {
  const { server, clock } = await startWithClock(t);
  const socket = await connect(t, server.port);
  socket.write(
    "POST /acme.echo.v1.EchoService/Echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 100000\r\n\r\n",
  );
  assert.ok(await dribble(socket, clock, "y", seconds(15), 60), "it is still there");
  await assertServed(server);
});

/** What a TLS client says first. */
async function clientHello(t: TestContext): Promise<Buffer> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo; // a TCP server has no other kind of address
  const client = tls.connect({ host: "127.0.0.1", port });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  return hello;
}

test("a TLS handshake that comes byte by byte is given up, and others shake hands meanwhile", async (t) => {
  const certificate = new CertificateFiles(
    { kind: "self-made", folder: path.join(tempFolder(t), "tls"), names: ["localhost"] },
    silentLogger,
  );
  const gate = new TlsGate(certificate, silentLogger, (socket) => socket.end("hello"), millis(500));
  t.after(() => gate.close());
  const unexpected = (): never => assert.fail("no TLS");
  const server = net.createServer((socket) =>
    takeIn(
      socket,
      { kind: "public" },
      { clock: systemClock, onTls: (taken) => gate.accept(taken), onHttp1: unexpected, onHttp2: unexpected },
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo; // a TCP server has no other kind of address

  const hello = await clientHello(t);
  const slow = await connect(t, port);
  let sent = 0;
  for (; sent < hello.length && !slow.destroyed; sent += 1) {
    slow.write(hello.subarray(sent, sent + 1));
    if (sent === 5) {
      const quick = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
      t.after(() => quick.destroy());
      const [greeting] = (await once(quick, "data")) as [Buffer];
      assert.equal(String(greeting), "hello");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(sent < hello.length, "the whole handshake was waited for");
});
