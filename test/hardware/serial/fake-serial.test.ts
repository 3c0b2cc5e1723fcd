import assert from "node:assert/strict";
import { test } from "node:test";
import { isPinionError } from "../../../src/base/errors.js";
import { FakeSerial } from "../../../src/hardware/serial/fake-serial.js";
import { FakeClock, settle } from "../../support/fake-clock.js";

const PORT = "/dev/ttyUSB0";
const OPTIONS = { port: PORT, baudRate: 9600 };

test("a scripted peer sees what is written and answers", async () => {
  const serial = new FakeSerial();
  const port = serial.add(PORT, { onWrite: (bytes, peer) => peer.send([...bytes].reverse()) });
  const link = serial.open(OPTIONS);
  const got: number[] = [];
  link.onData((bytes) => got.push(...bytes));
  await link.connected();
  await link.write(Uint8Array.of(1, 2, 3));
  assert.deepEqual([...port.written], [1, 2, 3]);
  assert.deepEqual(got, [3, 2, 1]);
});

test("an adapter that echoes sends the request before the answer", async () => {
  const serial = new FakeSerial();
  serial.add(PORT, { echo: true, onWrite: (_, peer) => peer.send("ok") });
  const link = serial.open(OPTIONS);
  let got = "";
  link.onData((bytes) => {
    got += Buffer.from(bytes).toString();
  });
  await link.connected();
  await link.write(Buffer.from("ask,"));
  assert.equal(got, "ask,ok");
});

test("ports are opened by link and by identity", async () => {
  const serial = new FakeSerial();
  serial.add(PORT, { links: ["/dev/serial/by-id/usb-acme"], identity: "0403:6001:A1" });
  for (const port of ["/dev/serial/by-id/usb-acme", "0403:6001", "0403:6001:a1"]) {
    const link = serial.open({ ...OPTIONS, port });
    await link.connected();
    await link.close();
  }
  serial.add("/dev/ttyUSB1", { identity: "0403:6001:B2" });
  const link = serial.open({ ...OPTIONS, port: "0403:6001" });
  const error = await new Promise<Error>((resolve) => link.onState((state) => state.isConnected || resolve(state.error)));
  assert.match(error.message, /expected one device, found \/dev\/ttyUSB0 \(0403:6001:A1\), \/dev\/ttyUSB1 .*by-path/);
  await link.close();
});

test("a write under way when the port is pulled out fails, and nothing is sent after", async () => {
  const serial = new FakeSerial();
  const port = serial.add(PORT);
  const link = serial.open(OPTIONS);
  await link.connected();
  port.isStalled = true;
  const first = assert.rejects(link.write(Uint8Array.of(1)), (error) => isPinionError(error, "SERIAL_NOT_CONNECTED"));
  const second = assert.rejects(link.write(Uint8Array.of(2)), (error) => isPinionError(error, "SERIAL_NOT_CONNECTED"));
  await settle();
  serial.unplug(PORT);
  await Promise.all([first, second]);
  port.isStalled = false;
  await assert.rejects(link.write(Uint8Array.of(3)), (error) => isPinionError(error, "SERIAL_NOT_CONNECTED"));
  serial.plug(PORT);
  await link.connected();
  await link.write(Uint8Array.of(4));
  assert.deepEqual([...port.written], [1, 4]);
  await link.close();
});

test("a port is tried again after a quarter of a second, then less and less often, every five seconds at the most", async () => {
  const clock = new FakeClock();
  const serial = new FakeSerial({ clock });
  const port = serial.add(PORT);
  port.openFault = "busy";
  let tries = 0;
  Object.defineProperty(port, "openFault", {
    get: () => {
      tries++;
      return "busy";
    },
  });
  const link = serial.open(OPTIONS);
  const at: number[] = [];
  await settle();
  for (let time = 0, seen = 0; time < 25_000; time += 50) {
    if (tries > seen) at.push(time);
    seen = tries;
    await clock.advance(50);
  }
  const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  await link.close();
  assert.equal(clock.timers, 0);
});

test("why a port is not connected is told once, and again when it is for another reason", async () => {
  const clock = new FakeClock();
  const serial = new FakeSerial({ clock });
  const port = serial.add(PORT);
  port.openFault = "permission";
  const link = serial.open(OPTIONS);
  const codes: string[] = [];
  link.onState((state) => codes.push(state.isConnected ? "connected" : isPinionError(state.error) ? state.error.code : "?"));
  await clock.advance(2000);
  port.openFault = "busy";
  await clock.advance(10_000);
  port.openFault = undefined;
  await clock.advance(5000);
  assert.deepEqual(codes, ["SERIAL_PERMISSION", "SERIAL_BUSY", "connected"]);
});

test("a write that does not leave ends with its deadline, and the port is opened anew", async () => {
  const clock = new FakeClock();
  const serial = new FakeSerial({ clock });
  const port = serial.add(PORT);
  const link = serial.open(OPTIONS);
  await link.connected();
  port.isStalled = true;
  const failed = assert.rejects(link.write(new Uint8Array(96)), (error) => isPinionError(error, "SERIAL_TIMEOUT"));
  await clock.advance(1240);
  await failed;
  port.isStalled = false;
  await clock.advance(250);
  await link.connected();
  await link.write(Uint8Array.of(1));
});

test("what waits to be sent is bounded", async () => {
  const serial = new FakeSerial({ clock: new FakeClock() });
  const port = serial.add(PORT);
  const link = serial.open(OPTIONS);
  await link.connected();
  port.isStalled = true;
  const waiting = Array.from({ length: 16 }, () => link.write(new Uint8Array(4096)).catch(() => undefined));
  await assert.rejects(link.write(new Uint8Array(1)), /more than 65536 bytes wait to be sent/);
  await link.close();
  await Promise.all(waiting);
});

test("links with the same settings share the port, others are refused while it is open", async () => {
  const serial = new FakeSerial();
  const port = serial.add(PORT);
  const [first, second] = [serial.open(OPTIONS), serial.open({ ...OPTIONS, parity: "none", stopBits: 1 })];
  await second.connected();
  assert.equal(first.isConnected, true);
  assert.throws(
    () => serial.open({ ...OPTIONS, baudRate: 115_200 }),
    (error) =>
      isPinionError(error, "SERIAL_BUSY") && /is open with 9600 8N1: expected the same settings, got 115200 8N1/.test(error.message),
  );
  await first.close();
  await first.close();
  await assert.rejects(first.write(Uint8Array.of(1)), /was closed/);
  await assert.rejects(first.connected(), /was closed/);
  await second.write(Uint8Array.of(1));
  assert.equal(port.isOpen, true);
  await second.close();
  assert.equal(port.isOpen, false);
  const third = serial.open({ ...OPTIONS, baudRate: 115_200 });
  await third.connected();
  assert.equal(port.options?.baudRate, 115_200);
  await third.close();
});

test("a link that is closed hears nothing more, and waits for nothing", async () => {
  const serial = new FakeSerial();
  const [open, waiting] = [serial.open({ ...OPTIONS, port: "/dev/none" }), serial.open({ ...OPTIONS, port: "/dev/none" })];
  const refused = assert.rejects(open.connected(), /was closed/);
  let states = 0;
  open.onState(() => states++);
  await open.close();
  await refused;
  await settle();
  assert.equal(states, 0);
  await waiting.close();
});

test("port names that are none are refused", () => {
  const serial = new FakeSerial();
  assert.throws(() => serial.open({ port: "ttyUSB0", baudRate: 9600 }), /expected a path such as .* got "ttyUSB0"/);
  assert.throws(() => serial.open({ port: PORT, baudRate: 0 }), /expected a baud rate, got 0/);
});
