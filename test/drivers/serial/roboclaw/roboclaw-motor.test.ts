/** Motors on a RoboClaw as clients see them, with a unit that is played by the rules of the protocol. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Clock, systemClock } from "pinion/hardware";
import type { FakePort } from "pinion/hardware/testing";
import { type Handle, isRpcError, type Motor, motor, Status } from "pinion/sdk";
import { schema, validate } from "../../../../drivers/serial/roboclaw/roboclaw-attributes.js";
import { eventually } from "../../../support/eventually.js";
import { QuickClock } from "../support/quick-clock.js";
import { type Distortion, RoboclawPeer } from "../support/roboclaw-peer.js";
import { type SerialModule, startSerial } from "../support/serial-module.js";

const PORT = "/dev/ttyACM0";
const claw = {
  api: motor,
  model: "rdk:builtin:roboclaw",
  name: "left",
  attributes: { serial_path: PORT, motor_channel: 1, ticks_per_rotation: 1000 },
};
const second = { ...claw, name: "right", attributes: { ...claw.attributes, motor_channel: 2 } };

interface Rig extends SerialModule {
  readonly port: FakePort;
  readonly peer: RoboclawPeer;
  readonly left: Handle<Motor>;
}

/** For what a test does while the motor turns. */
async function rig(
  t: TestContext,
  attributes: object = {},
  prepare: (peer: RoboclawPeer, port: FakePort) => void = () => undefined,
  clock: Clock = systemClock,
): Promise<Rig> {
  const serial = await startSerial(t, clock);
  const peer = new RoboclawPeer();
  const port = serial.serial.add(PORT, { onWrite: (bytes, own) => send(own, peer.take(bytes)) });
  prepare(peer, port);
  const left = await serial.module.add({ ...claw, attributes: { ...claw.attributes, ...attributes } });
  return { ...serial, port, peer, left };
}

/** Where time need not pass. */
function quickRig(t: TestContext, attributes?: object, prepare?: (peer: RoboclawPeer, port: FakePort) => void): Promise<Rig> {
  return rig(t, attributes, prepare, new QuickClock());
}

function send(port: FakePort, bytes: readonly number[]): void {
  if (bytes.length > 0) port.send(bytes);
}

function isUnavailable(text: RegExp): (error: unknown) => boolean {
  return (error) => isRpcError(error, Status.UNAVAILABLE) && text.test(error.message);
}

test("at build the unit is found, its timeout set and the motor stopped", async (t) => {
  const { peer, port } = await quickRig(t);
  assert.equal(port.options?.baudRate, 38_400);
  assert.equal(peer.timeout, 10);
  assert.equal(peer.channels[0].duty, 0);
  assert.equal(peer.channels[1].duty, 1234, "the other channel is nobody's yet");
});

test("power is duty, 1 % and less is off", async (t) => {
  const { peer, left } = await quickRig(t);
  await left.setPower(0.5);
  assert.equal(peer.channels[0].duty, 16_384);
  assert.deepEqual(await left.isPowered(), { isOn: true, power: 16_384 / 32_767 });
  assert.equal(await left.isMoving(), true);
  await left.setPower(-2);
  assert.equal(peer.channels[0].duty, -32_767);
  await left.setPower(0.01);
  assert.equal(peer.channels[0].duty, 0);
  assert.deepEqual(await left.isPowered(), { isOn: false, power: 0 });
});

test("speed is pulses a second, at most 250 rpm", async (t) => {
  const { peer, left } = await quickRig(t);
  await left.setRpm(60);
  assert.equal(peer.channels[0].speed, 1000);
  await left.setRpm(-1000);
  assert.equal(peer.channels[0].speed, -4167);
  await assert.rejects(left.setRpm(0.05), /nearly 0/);
});

test("goFor and goTo drive a distance and return when the unit has done it", async (t) => {
  const { peer, left } = await quickRig(t);
  assert.deepEqual(await left.getProperties(), { positionReporting: true });
  await left.goFor(60, 2);
  assert.equal(peer.channels[0].encoder, 2000);
  assert.equal(await left.getPosition(), 2);
  assert.equal(peer.channels[0].duty, 0, "the power is cut at the target");
  await left.goFor(-60, 3);
  assert.equal(await left.getPosition(), -1, "below zero the unit counts from the top");
  await left.goTo(-60, 1.5);
  assert.equal(await left.getPosition(), 1.5, "the sign of the speed does not matter");
  await left.goTo(60, 1.5);
  assert.equal(await left.isMoving(), false);
  await assert.rejects(left.goFor(60, 0), /0 revolutions/);
});

test("a reset makes another place zero", async (t) => {
  const { peer, left } = await quickRig(t);
  await left.goFor(60, 1);
  await left.resetZeroPosition(2);
  assert.equal(peer.channels[0].encoder, -2000);
  assert.equal(await left.getPosition(), -2);
});

test("two motors share the unit and the port; the second channel has its own commands", async (t) => {
  const { module, peer, left } = await quickRig(t);
  const right = await module.add(second);
  await Promise.all([left.setPower(0.25), right.setPower(-0.25)]);
  assert.deepEqual([peer.channels[0].duty, peer.channels[1].duty], [8192, -8192]);
  await Promise.all([left.goFor(60, 0.5), right.goFor(60, -1)]);
  assert.equal(await left.getPosition(), 0.5);
  assert.equal(await right.getPosition(), -1);
  assert.equal(peer.sent(14).length, 1, "set up once");
  await right.setPower(1);
  await module.remove(motor, "left");
  assert.equal(peer.channels[1].duty, 32_767, "the other goes on");
  await module.remove(motor, "right");
  assert.equal(peer.channels[1].duty, 0, "closing stops");
});

test("units at several addresses share a port", async (t) => {
  const { module, port, peer } = await quickRig(t);
  const other = new RoboclawPeer(0x85);
  port.onWrite = (bytes, own) => send(own, [...peer.take(bytes), ...other.take(bytes)]);
  const far = await module.add({ ...second, attributes: { ...second.attributes, serial_address: 0x85 } });
  await far.setPower(1);
  assert.equal(other.channels[1].duty, 32_767);
  assert.equal(peer.channels[1].duty, 1234);
});

test("stop ends a movement: its call returns; another command takes over", async (t) => {
  const { peer, left } = await rig(t, {}, (unit) => {
    unit.isStuck = true;
  });
  const going = left.goFor(60, 100);
  await eventually("it goes", () => peer.channels[0].target !== undefined);
  await left.stop();
  await going;
  assert.equal(peer.channels[0].duty, 0);
  const again = left.goFor(60, 100);
  await eventually("it goes again", () => peer.channels[0].target !== undefined);
  await left.setPower(0.5);
  await again;
  assert.equal(peer.channels[0].duty, 16_384, "the movement that ended leaves the motor alone");
});

test("a caller that gives up stops the motor", async (t) => {
  const { peer, left } = await rig(t, {}, (unit) => {
    unit.isStuck = true;
  });
  const giveUp = new AbortController();
  const going = left.goFor(60, 100, { signal: giveUp.signal });
  const failed = assert.rejects(going);
  await eventually("it goes", () => peer.channels[0].target !== undefined);
  giveUp.abort();
  await failed;
  await eventually("it stands", () => peer.channels[0].duty === 0);
});

test("a motor that does not get nearer is stopped with an error", async (t) => {
  const { peer, left } = await quickRig(t, {}, (unit) => {
    unit.isStuck = true;
  });
  await assert.rejects(left.goFor(60, 1), /motor 1 of RoboClaw 128 on \/dev\/ttyACM0 is not getting nearer: it is 1000 ticks/);
  assert.equal(peer.channels[0].duty, 0);
});

test("an error of the unit ends the movement and is named; status tells the rest", async (t) => {
  const { peer, left } = await rig(t, {}, (unit) => {
    unit.isStuck = true;
  });
  const going = left.goFor(60, 100);
  const failed = assert.rejects(going, isUnavailable(/RoboClaw 128 .* has switched off: emergency stop, temperature too high/));
  peer.status = 0x0c;
  await failed;
  assert.equal(peer.channels[0].duty, 0);
  peer.hasLongStatus = true;
  peer.status = 0x08_0001;
  assert.deepEqual(await left.getStatus(), {
    version: "USB Roboclaw 2x15A v4.1.34",
    errors: ["emergency stop"],
    warnings: ["main battery low"],
    main_battery_volts: 12.1,
    logic_battery_volts: 5,
    temperature_celsius: 26,
    current_amps: 1.5,
  });
});

test("without ticks_per_rotation power and time stand in; there is no position", async (t) => {
  const { peer, left } = await quickRig(t, { ticks_per_rotation: 0, max_rpm: 600 });
  assert.deepEqual(await left.getProperties(), { positionReporting: false });
  await left.setRpm(300);
  assert.equal(peer.channels[0].duty, 16_384);
  await left.goFor(600, -0.2);
  assert.deepEqual(peer.sent(32).at(-2), [0x80, 0x01], "full power backward");
  assert.equal(peer.channels[0].duty, 0);
  for (const call of [left.getPosition(), left.goTo(60, 1), left.resetZeroPosition(0)]) {
    await assert.rejects(call, (error) => isRpcError(error, Status.UNIMPLEMENTED) && /ticks_per_rotation/.test(error.message));
  }
});

const noise: Distortion = (answer) => [1, 2, 3, ...answer];
const short: Distortion = (answer) => answer.slice(0, -1);
const garbled: Distortion = (answer) => answer.map((byte, index) => (index === answer.length - 1 ? byte ^ 1 : byte));
const none: Distortion = () => undefined;

for (const [name, distortion] of Object.entries({ noise, short, garbled, none })) {
  test(`an answer with fault "${name}" gives no wrong position, and is asked for again`, async (t) => {
    const { peer, left } = await quickRig(t);
    peer.channels[0].encoder = 1500;
    peer.distortions.push(distortion);
    assert.equal(await left.getPosition(), 1.5);
  });
}

test("an answer that stays wrong is an error that names the unit, what was asked and what came", async (t) => {
  const { peer, left } = await quickRig(t);
  peer.distortions.push(garbled, garbled, garbled);
  await assert.rejects(
    left.getPosition(),
    isUnavailable(/RoboClaw 128 on \/dev\/ttyACM0: reading the encoder: no intact answer within .* received 7 bytes: 00 .*3 attempts/),
  );
  assert.equal(await left.getPosition(), 0);
  peer.distortions.push(() => [0x7e]);
  await left.setPower(0.5);
  assert.equal(peer.channels[0].duty, 16_384, "a wrong acknowledgement: the power is sent again");
});

test("the echo of an adapter is dropped", async (t) => {
  const { peer, left } = await quickRig(t, {}, (_unit, port) => {
    port.echo = true;
  });
  await left.goFor(60, 1);
  assert.equal(await left.getPosition(), 1);
  assert.equal(peer.channels[0].duty, 0);
});

test("a distance whose acknowledgement is lost is not driven twice", async (t) => {
  const { peer, left } = await quickRig(t);
  const plain: Distortion = (answer) => answer;
  peer.distortions.push(plain, plain, none);
  await left.goFor(60, 2);
  assert.equal(peer.sent(41).length, 2);
  assert.equal(await left.getPosition(), 2);
});

test("an absent port, a silent unit and another address fail the build and say so", async (t) => {
  const { module, serial } = await startSerial(t, new QuickClock());
  await assert.rejects(module.add(claw), /attributes\.serial_path: serial port \/dev\/ttyACM0 is not there/);
  const peer = new RoboclawPeer(0x81);
  serial.add(PORT, { onWrite: (bytes, own) => send(own, peer.take(bytes)) });
  await assert.rejects(
    module.add(claw),
    /RoboClaw 128 on \/dev\/ttyACM0: asking for its version: no answer within \d+ ms \(is it powered, wired, and set to 38400 baud\?\)/,
  );
  const left = await module.add({ ...claw, attributes: { ...claw.attributes, serial_address: 0x81 } });
  await left.setPower(1);
});

test("a unit that knows no timeout is refused unless the config does without", async (t) => {
  const { module, serial } = await startSerial(t, new QuickClock());
  const peer = new RoboclawPeer();
  const port = serial.add(PORT);
  port.onWrite = (bytes, own) => send(own, bytes[1] === 14 ? [] : peer.take(bytes));
  await assert.rejects(module.add(claw), /attributes\.serial_timeout_sec: .*no answer.*needs 0 here/);
  await module.add({ ...claw, attributes: { ...claw.attributes, serial_timeout_sec: 0 } });
});

test("while a motor is powered the unit is spoken to; one that was switched off and on gets its timeout again", async (t) => {
  const { peer, left } = await rig(t, { serial_timeout_sec: 0.2 });
  await left.setPower(0.5);
  await eventually("it is spoken to", () => peer.sent(15).length > 2);
  peer.timeout = 0;
  await eventually("the timeout is set again", () => peer.timeout === 2);
  await left.stop();
  await eventually("it is left alone", async () => {
    const before = peer.log.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    return peer.log.length === before;
  });
});

test("unplugged in a movement it is an error; plugged in again the motor is stopped and goes on without a restart", async (t) => {
  const { peer, left, serial, port } = await rig(t, {}, (unit) => {
    unit.isStuck = true;
  });
  const going = left.goFor(60, 100);
  const failed = assert.rejects(going, (error) => isRpcError(error, Status.UNAVAILABLE));
  await eventually("it goes", () => peer.channels[0].target !== undefined);
  serial.unplug(PORT);
  await failed;
  await assert.rejects(left.getPosition(), isUnavailable(/\/dev\/ttyACM0/));
  await assert.rejects(left.setPower(1), isUnavailable(/\/dev\/ttyACM0/));
  peer.timeout = 0;
  serial.plug(PORT);
  await eventually("it is set up again by itself", () => port.isOpen && peer.timeout === 10 && peer.channels[0].duty === 0);
  await left.setPower(0.5);
  assert.equal(peer.channels[0].duty, 16_384);
});

test("a second motor with other settings of the port or unit is refused and told why", async (t) => {
  const { module } = await quickRig(t);
  const other = (attributes: object): Promise<unknown> => module.add({ ...second, attributes: { ...second.attributes, ...attributes } });
  await assert.rejects(
    other({ serial_baud_rate: 115_200 }),
    /attributes\.serial_baud_rate: expected 38400, at which "left" has opened \/dev\/ttyACM0, got 115200/,
  );
  await assert.rejects(other({ serial_timeout_sec: 3 }), /attributes\.serial_timeout_sec: expected 1/);
});

test("wrong attributes are named", async (t) => {
  const { module } = await startSerial(t, new QuickClock());
  const refuse = async (attributes: Record<string, unknown>, message: RegExp): Promise<void> => {
    await assert.rejects(module.validate({ ...claw, attributes: { ...claw.attributes, ...attributes } }), message);
  };
  await refuse({ motor_channel: 3 }, /attributes\.motor_channel/);
  await refuse({ serial_baud_rate: 1200 }, /attributes\.serial_baud_rate: expected one of 2400, .*got 1200/);
  await refuse({ serial_address: 136 }, /attributes\.serial_address/);
  await refuse({ serial_path: "" }, /attributes\.serial_path: expected a path/);
  await refuse({ ticks_per_rotation: -1 }, /attributes\.ticks_per_rotation/);
});

test("it claims its channel of the unit, and is made safe by duty 0", () => {
  const result = schema["~standard"].validate({ ...second.attributes, serial_baud_rate: 0, serial_address: 0 });
  assert.ok(!(result instanceof Promise) && result.issues === undefined);
  const { hardware } = validate(result.value);
  assert.deepEqual(hardware, {
    claims: [{ kind: "serial", port: PORT, part: "address 128 motor 2" }],
    safe: [{ kind: "serial", port: PORT, baudRate: 38_400, bytes: [0x80, 33, 0, 0, 0x6c, 0xce] }],
  });
});
