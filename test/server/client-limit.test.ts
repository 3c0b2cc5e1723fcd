/** Clients that come in numbers: as many as may be are served, the rest is turned away, and the machine's own are never among them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { Socket } from "node:net";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { silentLogger } from "../../src/base/logger.js";
import { minutes } from "../../src/base/millis.js";
import { ClientLimit, clientLimitOf } from "../../src/server/client-limit.js";
import { eventually } from "../support/eventually.js";
import { FakeClock } from "../support/fake-clock.js";
import { listLogger } from "../support/list-logger.js";
import { tempFolder } from "../support/temp-folder.js";
import { named, rawClient } from "./support/raw-client.js";
import { echo } from "./support/raw-module.js";
import { ECHO_SERVICE, startServer } from "./support/start-server.js";

const ECHO = `/${ECHO_SERVICE}/Echo`;
const RELOAD = "/pinion.control.v1.ControlService/Reload";

async function connect(t: TestContext, port: number): Promise<Socket> {
  const socket = net.connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  // Who is turned away may be so before it knows that it was connected.
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return socket;
}

test("clients beyond the limit are reset with one line in the log; modules, the command line and who is there go on", async (t) => {
  const logger = listLogger();
  const machine = await startServer(t, { clientLimit: 4, logger });
  await machine.module("one", { Echo: echo });
  const control = path.join(tempFolder(t), "pinion.sock");
  await machine.server.listenControl(control);
  const { unix = "" } = await machine.server.openParent("one");
  const client = rawClient(t, machine.target);
  assert.equal((await client.call(ECHO, [named("one")])).status.code, 0);

  const holders = [await connect(t, machine.port), await connect(t, machine.port), await connect(t, machine.port)];
  for (let index = 0; index < 10; index += 1) {
    const socket = await connect(t, machine.port);
    await eventually("it is turned away", () => socket.destroyed);
  }
  const warnings = logger.lines.filter(({ message }) => /turned away/.test(message));
  assert.equal(warnings.length, 1);

  assert.equal((await client.call(ECHO, [named("one")])).status.code, 0);
  assert.equal((await rawClient(t, unix).call(ECHO, [named("one")])).status.code, 0);
  assert.equal((await rawClient(t, control).call(RELOAD, [Buffer.alloc(0)])).status.code, 0);

  holders[0]?.destroy();
  await eventually("the free place is taken", async () => {
    const response = await fetch(`http://127.0.0.1:${machine.port}/`).catch(() => undefined);
    return response?.status === 200;
  });
});

test("a client over TLS takes one place, not two", async (t) => {
  const machine = await startServer(t, { clientLimit: 2 });
  await machine.server.setTls({ kind: "self-made", folder: path.join(machine.folder, "tls"), names: ["localhost"] });
  const tls = await import("node:tls");
  const shakeHands = async (): Promise<Socket> => {
    const socket = tls.connect({ host: "127.0.0.1", port: machine.port, rejectUnauthorized: false });
    t.after(() => socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  };
  const first = await shakeHands();
  await shakeHands();
  const third = await connect(t, machine.port);
  await eventually("it is turned away", () => third.destroyed);
  first.destroy();
  await eventually("its place is free", () =>
    shakeHands().then(
      () => true,
      () => false,
    ),
  );
});

/** A connection from a host, without a network. */
function socketFrom(host: string): Socket {
  return Object.defineProperties(new Socket(), { remoteAddress: { value: host }, remotePort: { value: 1 } });
}

test("another host gets half of the places, so that it cannot lock the rest out; this host may take all", () => {
  const limit = new ClientLimit({ clock: new FakeClock(), logger: silentLogger, limit: 10 });
  const admitted = (host: string, count: number): number =>
    Array.from({ length: count }, () => limit.admit(socketFrom(host))).filter((isIn) => isIn).length;
  assert.equal(admitted("192.0.2.1", 8), 5);
  assert.equal(admitted("::ffff:192.0.2.1", 8), 0);
  assert.equal(admitted("192.0.2.2", 2), 2);
  assert.equal(admitted("127.0.0.1", 8), 3);
  const another = new ClientLimit({ clock: new FakeClock(), logger: silentLogger, limit: 10 });
  assert.equal(Array.from({ length: 12 }, () => another.admit(socketFrom("::1"))).filter((isIn) => isIn).length, 10);
});

test("clients that are turned away are told of once a minute, with their number", async () => {
  const logger = listLogger();
  const clock = new FakeClock();
  const limit = new ClientLimit({ clock, logger, limit: 0 });
  for (let index = 0; index < 5; index += 1) limit.admit(socketFrom("192.0.2.1"));
  await clock.advance(minutes(1));
  limit.admit(socketFrom("192.0.2.1"));
  limit.admit(socketFrom("192.0.2.1"));
  assert.deepEqual(
    logger.lines.map(({ fields }) => fields["turnedAway"]),
    [1, 5],
  );
});

test("the limit follows from the number of files that the process may open", () => {
  assert.deepEqual([10, 256, 1024, 1_048_576].map(clientLimitOf), [16, 128, 512, 2048]);
});
