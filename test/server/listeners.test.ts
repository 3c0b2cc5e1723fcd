import assert from "node:assert/strict";
import { statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import test from "node:test";
import tls from "node:tls";
import { isPinionError } from "../../src/base/errors.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { tempFolder } from "../support/temp-folder.js";
import { named, rawClient } from "./support/raw-client.js";
import { echo } from "./support/raw-module.js";
import { ECHO_SERVICE, startServer } from "./support/start-server.js";

const ECHO = `/${ECHO_SERVICE}/Echo`;

test("HTTP/1.1 and gRPC share a port", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: echo });
  const root = await fetch(`http://127.0.0.1:${machine.port}/`);
  assert.equal(root.status, 200);
  assert.match(await root.text(), /Pinion 1\.2\.3 is running/);
  assert.equal((await rawClient(t, machine.target).call(ECHO, [named("one")])).status.code, 0);
  const restart = await fetch(`http://127.0.0.1:${machine.port}/restart_status`);
  assert.deepEqual(await restart.json(), { restart_allowed: true, does_not_handle_needs_restart: true, module_server_tcp_addr: "" });
  assert.equal((await fetch(`http://127.0.0.1:${machine.port}/nothing`)).status, 404);
});

test("bytes that come one by one are told apart all the same", async (t) => {
  const machine = await startServer(t);
  const socket = net.connect(machine.port, "127.0.0.1");
  t.after(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  for (const byte of Buffer.from("PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.on("end", () => resolve(text));
  });
  assert.match(answer, /^HTTP\/1\.1 200 OK/);
});

test("RFC 9113 section 3.4: what begins no protocol that is spoken here is closed without a word", async (t) => {
  const machine = await startServer(t);
  for (const start of ["INVALID CONNECTION PREFACE\r\n\r\n", "\0\0\0\x04\0\0\0\0\0"]) {
    const socket = net.connect(machine.port, "127.0.0.1", () => socket.write(start));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
    assert.equal(Buffer.concat(chunks).length, 0);
  }
});

test("a TLS client sees at once that there is no TLS here", async (t) => {
  const machine = await startServer(t);
  const error = await new Promise<Error>((resolve) => {
    const socket = tls.connect({ host: "127.0.0.1", port: machine.port, rejectUnauthorized: false });
    socket.on("error", resolve);
    t.after(() => socket.destroy());
  });
  assert.match(error.message, /wrong version number|packet length too long/i);
});

test("a client that connects and leaves without a word harms nobody", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: echo });
  for (let index = 0; index < 20; index += 1) {
    const socket = net.connect(machine.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    if (index % 2 === 0) socket.resetAndDestroy();
    else socket.end(index % 3 === 0 ? "P" : "");
  }
  assert.equal((await rawClient(t, machine.target).call(ECHO, [named("one")])).status.code, 0);
});

test("a port in use is told with who uses it", async (t) => {
  const machine = await startServer(t);
  const other = await startServer(t);
  await assert.rejects(other.server.listenPublic("127.0.0.1", machine.port), (error) => {
    assert.ok(isPinionError(error, "LISTEN_FAILED"));
    assert.match(error.message, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${machine.port}: .*uses it.*bind_address`));
    if (process.platform === "linux") assert.match(error.message, new RegExp(`pid ${process.pid}`));
    return true;
  });
});

test("localhost means IPv4 and, where there is one, IPv6", async (t) => {
  const machine = await startServer(t);
  const { port, address } = await machine.server.rebindPublic("localhost", 0);
  assert.equal(address, `localhost:${port}`);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});

test("rebinding moves the listener and leaves connections alone", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: echo });
  const client = rawClient(t, machine.target);
  assert.equal((await client.call(ECHO, [named("one")])).status.code, 0);
  const { port } = await machine.server.rebindPublic("localhost", 0);
  assert.notEqual(port, machine.port);
  assert.equal((await client.call(ECHO, [named("one")])).status.code, 0);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  await assert.rejects(fetch(`http://127.0.0.1:${machine.port}/`));
  const same = await machine.server.rebindPublic("0.0.0.0", port);
  assert.equal(same.port, port);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
});

test("a rebind that fails leaves the old address in place", async (t) => {
  const machine = await startServer(t);
  const other = await startServer(t);
  await assert.rejects(machine.server.rebindPublic("127.0.0.1", other.port));
  assert.equal((await fetch(`http://127.0.0.1:${machine.port}/`)).status, 200);
});

test("each module has a parent socket of its own that only we may open", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: echo });
  const first = await machine.server.openParent("one");
  const second = await machine.server.openParent("two", { isTcp: true });
  assert.ok(first.unix !== undefined && second.unix !== undefined && first.unix !== second.unix);
  assert.equal(first.tcp, undefined);
  assert.match(second.tcp ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal(statSync(first.unix).mode & 0o777, 0o600);
  assert.deepEqual(await machine.server.openParent("one"), first);
  for (const address of [first.unix, `ipv4:${second.tcp}`]) {
    assert.equal((await rawClient(t, address).call(ECHO, [named("one")])).status.code, 0);
  }
  await machine.server.closeParent("one");
  assert.throws(() => statSync(first.unix ?? ""));
  assert.notEqual((await machine.server.openParent("one")).unix, undefined);
});

test("a folder whose path is too long for sockets gives modules TCP", async (t) => {
  const folder = path.join(tempFolder(t), "x".repeat(100));
  const machine = await startServer(t, { socketFolder: folder });
  const address = await machine.server.openParent("one");
  assert.equal(address.unix, undefined);
  assert.match(address.tcp ?? "", /^127\.0\.0\.1:\d+$/);
});

test("the control socket answers ControlService, no other listener does", async (t) => {
  const machine = await startServer(t);
  const control = path.join(tempFolder(t), "pinion.sock");
  await machine.server.listenControl(control);
  assert.equal(statSync(control).mode & 0o777, 0o600);
  const onControl = await rawClient(t, control).call("/pinion.control.v1.ControlService/Reload", [Buffer.alloc(0)]);
  assert.equal(onControl.status.code, 0, onControl.status.details);
  const { unix } = await machine.server.openParent("one");
  for (const target of [machine.target, unix ?? ""]) {
    const elsewhere = await rawClient(t, target).call("/pinion.control.v1.ControlService/Reload", [Buffer.alloc(0)]);
    assert.equal(elsewhere.status.code, 12);
  }
});

test("a control socket that another process listens on is not taken over, a dead one is", async (t) => {
  const machine = await startServer(t);
  const other = await startServer(t);
  const control = path.join(tempFolder(t), "pinion.sock");
  await machine.server.listenControl(control);
  await assert.rejects(other.server.listenControl(control), (error) => isPinionError(error, "LISTEN_FAILED"));
  await machine.server[Symbol.asyncDispose]();
  await other.server.listenControl(control);
});

test("closing does not wait for a reflection stream that a client holds open, and cuts hanging calls after the grace", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Hang: () => undefined });
  const client = rawClient(t, machine.target);
  const reflection = client.open("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  reflection.on("error", () => undefined);
  reflection.write(Buffer.from([0x3a, 0]));
  await new Promise((resolve) => reflection.once("data", resolve));
  const hanging = client.call(`/${ECHO_SERVICE}/Hang`, [named("one")]);
  await machine.server[Symbol.asyncDispose]();
  assert.notEqual((await hanging).status.code, 0);
});

test("the private socket of our own services answers nobody but the router", async (t) => {
  const machine = await startServer(t);
  await machine.server.warmUp();
  const channel = openChannel(path.join(machine.folder, "own.sock"));
  t.after(() => channel.close());
  await assert.rejects(createClient(RobotServiceDefinition, channel).stopAll({ extra: [] }, { timeout: 5000 }), /for the router/);
});
