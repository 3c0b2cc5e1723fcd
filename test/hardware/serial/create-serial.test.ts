import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import { createHardware } from "../../../src/hardware/create-hardware.js";
import { SYSTEM_ROOTS } from "../../../src/hardware/roots.js";
import { createSerial } from "../../../src/hardware/serial/create-serial.js";
import { exchange } from "../../../src/hardware/serial/framing.js";
import type { SerialLink } from "../../../src/hardware/serial/serial-link.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";
import { ptyPair, skipWithoutPty } from "../support/pty-pair.js";

const skip = skipWithoutPty();
const LIMIT = 15_000;

function open(t: TestContext, port: string, roots = SYSTEM_ROOTS): SerialLink {
  const link = createSerial({ roots }).open({ port, baudRate: 115_200 });
  t.after(() => link.close());
  return link;
}

/** What the link received so far. */
function received(link: SerialLink): () => string {
  const chunks: Uint8Array[] = [];
  link.onData((bytes) => chunks.push(bytes));
  return () => Buffer.concat(chunks).toString("latin1");
}

test("bytes go both ways", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const link = open(t, pty.path);
  const text = received(link);
  await link.connected(AbortSignal.timeout(LIMIT));
  assert.equal(link.isConnected, true);
  await link.write(Buffer.from("hello\r\n"));
  await eventually("the peer has it", () => pty.received.toString() === "hello\r\n");
  pty.send(Buffer.from([0, 3, 13, 10, 17, 19, 255]));
  await eventually("the link has it", () => text() === "\x00\x03\r\n\x11\x13\xff");
});

test("a large amount of input and output passes whole", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const link = open(t, pty.path);
  const text = received(link);
  await link.connected(AbortSignal.timeout(LIMIT));
  const block = Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * 7) & 0xff));
  await link.write(block);
  pty.send(block);
  await eventually("both have all", () => pty.received.equals(block) && text() === block.toString("latin1"));
});

test("a port that is pulled out and plugged in again connects by itself", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const link = open(t, pty.path);
  const text = received(link);
  const states: string[] = [];
  link.onState((state) => states.push(state.isConnected ? "connected" : state.error.message));
  await link.connected(AbortSignal.timeout(LIMIT));
  await pty.unplug();
  await eventually("it is noticed", () => !link.isConnected);
  await assert.rejects(link.write(Uint8Array.of(1)), (error) => isPinionError(error, "SERIAL_NOT_CONNECTED"));
  await pty.plug();
  await link.connected(AbortSignal.timeout(LIMIT));
  await link.write(Buffer.from("again"));
  await eventually("the peer has it", () => pty.received.toString() === "again");
  pty.send("back");
  await eventually("the link has it", () => text() === "back");
  assert.equal(states[0], "connected");
  assert.match(states[1] ?? "", /went away: was it unplugged/);
  assert.equal(states.at(-1), "connected");
});

test("a port that is pulled out while data comes is noticed", { skip }, async (t) => {
  for (let round = 0; round < 5; round++) {
    const pty = await ptyPair(t);
    const link = open(t, pty.path);
    await link.connected(AbortSignal.timeout(LIMIT));
    await pty.unplug(Buffer.alloc(3000, "x"));
    await eventually("it is noticed", () => !link.isConnected);
    await link.close();
  }
});

test("a port that is not there is waited for", { skip }, async (t) => {
  const pty = await ptyPair(t);
  await pty.unplug();
  const link = open(t, pty.path);
  const reason = new Promise<string>((resolve) => link.onState((state) => state.isConnected || resolve(state.error.message)));
  assert.match(await reason, new RegExp(`serial port ${pty.path} is not there: there (is|are) `));
  await assert.rejects(link.connected(AbortSignal.timeout(20)), (error) => (error as Error).name === "TimeoutError");
  await pty.plug();
  await link.connected(AbortSignal.timeout(LIMIT));
});

test("a folder that comes with the port is waited for too", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const folder = tempFolder(t);
  const link = open(t, path.join(folder, "serial/by-id/usb-acme"));
  await new Promise<void>((resolve) => link.onState((state) => state.isConnected || resolve()));
  mkdirSync(path.join(folder, "serial/by-id"), { recursive: true });
  symlinkSync(pty.path, path.join(folder, "serial/by-id/usb-acme"));
  await link.connected(AbortSignal.timeout(LIMIT));
});

test("a port that another program has locked is busy, and says who has it", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const program =
    'import fcntl, os, sys\nf = os.open(sys.argv[1], os.O_RDWR)\nfcntl.flock(f, fcntl.LOCK_EX)\nprint("ready", flush=True)\nsys.stdin.read()';
  const holder = spawn("python3", ["-c", program, pty.path], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  t.after(() => holder.kill("SIGKILL"));
  await once(holder.stdout, "data", { signal: AbortSignal.timeout(LIMIT) });
  const link = open(t, pty.path);
  const error = await new Promise<Error>((resolve) => link.onState((state) => state.isConnected || resolve(state.error)));
  assert.ok(isPinionError(error, "SERIAL_BUSY"), String(error));
  assert.match(error.message, new RegExp(`is in use by python3.* \\(process ${holder.pid}\\)`));
  await assert.rejects(
    link.write(Uint8Array.of(1)),
    (refused) => isPinionError(refused, "SERIAL_NOT_CONNECTED") && /in use by python3/.test(refused.message),
  );
  holder.stdin.end();
  await gone;
  await link.connected(AbortSignal.timeout(LIMIT));
});

test("what is no serial port is said to be none", async (t) => {
  const file = path.join(tempFolder(t), "notes.txt");
  writeFileSync(file, "");
  const link = open(t, file);
  const error = await new Promise<Error>((resolve) => link.onState((state) => state.isConnected || resolve(state.error)));
  assert.ok(isPinionError(error, "SERIAL_FAILED"));
  assert.match(error.message, /it is not a serial port/);
});

test("a port is found by vendor, product and serial number, without udev", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const folder = tempFolder(t);
  const usb = path.join(folder, "sys/devices/usb1/1-1");
  mkdirSync(path.join(usb, "1-1:1.0/ttyUSB3"), { recursive: true });
  for (const [name, text] of Object.entries({ idVendor: "0403", idProduct: "6001", serial: "A50285BI" }))
    writeFileSync(path.join(usb, name), `${text}\n`);
  mkdirSync(path.join(folder, "sys/class/tty/ttyUSB3"), { recursive: true });
  symlinkSync("../../../devices/usb1/1-1/1-1:1.0/ttyUSB3", path.join(folder, "sys/class/tty/ttyUSB3/device"));
  const dev = path.join(folder, "dev");
  mkdirSync(dev);
  const link = open(t, "0403:6001:a50285bi", { ...SYSTEM_ROOTS, sys: path.join(folder, "sys"), dev });
  const error = await new Promise<Error>((resolve) => link.onState((state) => state.isConnected || resolve(state.error)));
  assert.match(error.message, /serial port 0403:6001:a50285bi is not there: there are no serial ports/);
  symlinkSync(pty.path, path.join(dev, "ttyUSB3"));
  await link.connected(AbortSignal.timeout(LIMIT));
});

test("a question is answered over a real port", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const link = open(t, pty.path);
  await link.connected(AbortSignal.timeout(LIMIT));
  pty.onData((bytes) => {
    if (bytes.at(-1) === 0x3f) pty.send("42\n");
  });
  const parse = (bytes: Uint8Array): { value: string } | undefined =>
    bytes.at(-1) === 10 ? { value: Buffer.from(bytes).toString().trim() } : undefined;
  assert.equal(await exchange(link, Buffer.from("answer?"), parse, { timeout: LIMIT }), "42");
});

test("a port is free as soon as its last link was closed", { skip }, async (t) => {
  const pty = await ptyPair(t);
  for (let round = 0; round < 3; round++) {
    const serial = createSerial();
    const [first, second] = [1, 2].map(() => serial.open({ port: pty.path, baudRate: 9600 }));
    await first?.connected(AbortSignal.timeout(LIMIT));
    await first?.close();
    assert.equal(second?.isConnected, true);
    await second?.close();
  }
});

test("disposing of the hardware closes links that are still open", { skip }, async (t) => {
  const pty = await ptyPair(t);
  const hardware = createHardware();
  const link = hardware.serial.open({ port: pty.path, baudRate: 9600 });
  await link.connected(AbortSignal.timeout(LIMIT));
  await hardware[Symbol.asyncDispose]();
  assert.equal(link.isConnected, false);
  await assert.rejects(link.write(Uint8Array.of(1)), /was closed: open it again to use it/);
  await open(t, pty.path).connected(AbortSignal.timeout(LIMIT));
});
