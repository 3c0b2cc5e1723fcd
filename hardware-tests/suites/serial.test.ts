/** The hardware layer's serial ports, with a device at the other end that can be pulled out. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { isPinionError, type SerialLink } from "../../src/hardware/index.js";
import { eventually } from "../../test/support/eventually.js";
import { have, openRig, type Rig, type SerialPeer } from "../rig.js";

const NEED = "a serial port with TX and RX joined";

describe("serial ports", () => {
  let rig: Rig;
  // Timers of a link keep no process alive.
  const awake = setInterval(() => undefined, 1000);

  before(async () => {
    rig = await openRig();
  });
  after(async () => {
    clearInterval(awake);
    await rig.close();
  });

  const open = async (t: TestContext): Promise<{ peer: SerialPeer; link: SerialLink; received: () => string } | undefined> => {
    if (!have(t, rig.serial, NEED)) return undefined;
    const peer = await rig.serial.plug();
    const link = rig.hardware.serial.open({ port: peer.port, baudRate: 115200 });
    let text = "";
    link.onData((bytes) => {
      text += Buffer.from(bytes).toString("latin1");
    });
    t.after(() => link.close());
    await link.connected(AbortSignal.timeout(5000));
    return { peer, link, received: () => text };
  };

  test("bytes go there and back, all 256 of them", async (t) => {
    const { peer, link, received } = (await open(t)) ?? {};
    if (peer === undefined || link === undefined || received === undefined) return;
    // Whoever plays the device sends back what it hears; a looped port does it by itself.
    if (rig.serial?.isLoop === false) peer.onData((bytes) => void peer.write(bytes));
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    await link.write(all);
    const expected = Buffer.from(all).toString("latin1");
    await eventually("all of it", () => received() === expected, 5000);
  });

  test("a device that is pulled out is missed at once, and found again when it is back", async (t) => {
    if (rig.serial?.isLoop === true) return t.skip("nobody here can pull the plug: unplug the adapter by hand while a GPS is read");
    const { peer, link, received } = (await open(t)) ?? {};
    if (peer === undefined || link === undefined || received === undefined) return;
    const states: boolean[] = [];
    link.onState(({ isConnected }) => states.push(isConnected));
    await peer.unplug();
    await eventually("a lost connection", () => !link.isConnected, 5000);
    await assert.rejects(link.write(Uint8Array.of(1)), (error) => isPinionError(error, "SERIAL_NOT_CONNECTED"));
    await peer.replug();
    await link.connected(AbortSignal.timeout(10_000));
    assert.equal(states.at(0), false);
    assert.equal(states.at(-1), true);
    await peer.write(Buffer.from("hello"));
    await eventually("what it says", () => received().includes("hello"), 5000);
  });

  test("a port that is not there says so, and connects when it comes", async (t) => {
    if (!have(t, rig.serial, NEED)) return;
    if (rig.serial.isLoop) return t.skip("needs a port that comes and goes: npm run test:board");
    const peer = await rig.serial.plug();
    await peer.unplug();
    const link = rig.hardware.serial.open({ port: peer.port, baudRate: 9600 });
    t.after(() => link.close());
    await assert.rejects(
      link.write(Uint8Array.of(1)),
      (error) => isPinionError(error, "SERIAL_NOT_CONNECTED") && error.message.includes(peer.port),
    );
    assert.equal(link.isConnected, false);
    await peer.replug();
    await link.connected(AbortSignal.timeout(10_000));
  });
});
