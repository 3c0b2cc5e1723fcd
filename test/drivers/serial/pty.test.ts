/** Each family over a real port of the kernel's (a pseudo-terminal) with a scripted peer at its other end: the serial library, reconnecting and all. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createSerial } from "pinion/hardware";
import { createFakeHardware } from "pinion/hardware/testing";
import { type Handle, motor, movementSensor, type Servo, servo } from "pinion/sdk";
import { startTestModule, type TestModule } from "pinion/sdk/testing";
import { dynamixelX } from "../../../drivers/serial/bus-servo/dynamixel.js";
import { feetechSts } from "../../../drivers/serial/bus-servo/feetech.js";
import { createModels } from "../../../drivers/serial/models.js";
import { encodeSentence } from "../../../drivers/serial/nmea/sentence-reader.js";
import { type PtyPair, ptyPair, skipWithoutPty } from "../../hardware/support/pty-pair.js";
import { eventually } from "../../support/eventually.js";
import { RoboclawPeer } from "./support/roboclaw-peer.js";
import { ServoPeer } from "./support/servo-peer.js";
import { witFrame } from "./support/wit-frame.js";

const skip = skipWithoutPty();

interface Rig {
  readonly module: TestModule;
  readonly pty: PtyPair;
}

interface Peer {
  take(bytes: Uint8Array): readonly number[];
}

async function rig(t: TestContext, peer?: Peer): Promise<Rig> {
  const pty = await ptyPair(t);
  if (peer !== undefined) {
    pty.onData((bytes) => {
      const answer = peer.take(bytes);
      if (answer.length > 0) pty.send(Uint8Array.from(answer));
    });
  }
  const { hardware } = createFakeHardware();
  const module = await startTestModule({ models: createModels({ ...hardware, serial: createSerial() }) }, t);
  return { module, pty };
}

/** Says it again and again, as such a device does, until `check` is content. */
async function whileSaying<T>(pty: PtyPair, bytes: Uint8Array, check: () => Promise<T>): Promise<T> {
  return await eventually("the device is heard", async () => {
    pty.send(bytes);
    return await check();
  });
}

test("GPS: heard, unplugged, and heard again", { skip }, async (t) => {
  const { module, pty } = await rig(t);
  const attributes = { connection_type: "serial", serial_attributes: { serial_path: pty.path, serial_baud_rate: 9600 } };
  const gps = await module.add({ api: movementSensor, model: "viam:gps:nmea", name: "gps", attributes });
  const gga = encodeSentence("GPGGA,195959.00,1813.38282955,N,12606.12767097,E,2,07,1.4,17.2,M,36.5,M,4.0,0129");
  const { latitude, longitude } = await whileSaying(pty, gga, () => gps.getPosition());
  assert.ok(Math.abs(latitude - 18.223047159) < 1e-9 && Math.abs(longitude - 126.10212785) < 1e-9);
  await pty.unplug("$GPGGA,1959");
  await isMissed(() => gps.getReadings());
  await pty.plug();
  await whileSaying(pty, gga, () => gps.getPosition());
});

test("WitMotion: heard, unplugged, and heard again", { skip }, async (t) => {
  const { module, pty } = await rig(t);
  const imu = await module.add({ api: movementSensor, model: "rdk:builtin:imu-wit", name: "imu", attributes: { serial_path: pty.path } });
  const frames = Buffer.concat([witFrame(0x52, [16_384, 0, 0, 0]), witFrame(0x53, [0, 0, 8192, 0])]);
  const { theta } = await whileSaying(pty, frames, () => imu.getOrientation());
  assert.ok(Math.abs(theta - 45) < 1e-9);
  await pty.unplug();
  await isMissed(() => imu.getOrientation());
  await pty.plug();
  assert.equal((await whileSaying(pty, frames, () => imu.getAngularVelocity())).x, 1000);
});

test("RoboClaw: drives, unplugged, and drives again", { skip }, async (t) => {
  const peer = new RoboclawPeer();
  const { module, pty } = await rig(t, peer);
  const attributes = { serial_path: pty.path, motor_channel: 2, ticks_per_rotation: 1000 };
  const wheel = await module.add({ api: motor, model: "rdk:builtin:roboclaw", name: "wheel", attributes });
  await wheel.goFor(60, 1.2);
  assert.equal(await wheel.getPosition(), 1.2);
  await wheel.setPower(0.5);
  await pty.unplug();
  await isMissed(() => wheel.getPosition());
  await pty.plug();
  await eventually("it is stopped by itself", () => peer.channels[1].duty === 0);
  await wheel.setPower(0.25);
  assert.equal(peer.channels[1].duty, 8192);
});

test("Feetech: moves, unplugged, and moves again", { skip }, async (t) => {
  const peer = new ServoPeer({ family: feetechSts, memory: { 3: 9 } });
  const { module, pty } = await rig(t, peer);
  const arm = await module.add({ api: servo, model: "pinion:serial:feetech", name: "arm", attributes: { serial_path: pty.path, id: 1 } });
  await movesAgain(arm, pty);
});

test("Dynamixel: moves, unplugged, and moves again", { skip }, async (t) => {
  const peer = new ServoPeer({ family: dynamixelX, memory: { 0: 0x24, 1: 4, 11: 3 } });
  const { module, pty } = await rig(t, peer);
  const arm = await module.add({ api: servo, model: "pinion:serial:dynamixel", name: "arm", attributes: { serial_path: pty.path, id: 1 } });
  await movesAgain(arm, pty);
});

async function movesAgain(arm: Handle<Servo>, pty: PtyPair): Promise<void> {
  await arm.move(90);
  assert.equal(await arm.getPosition(), 90);
  await pty.unplug();
  await isMissed(() => arm.getPosition());
  await pty.plug();
  await eventually("it is back", async () => (await arm.getPosition()) === 90);
  await arm.move(45);
  assert.equal(await arm.getPosition(), 45);
}

async function isMissed(call: () => Promise<unknown>): Promise<void> {
  await eventually("it is missed", async () => {
    try {
      await call();
      return false;
    } catch (error) {
      return error instanceof Error && /ttyUSB0/.test(error.message);
    }
  });
}
