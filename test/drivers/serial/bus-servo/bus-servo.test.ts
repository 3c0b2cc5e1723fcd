/** Feetech and Dynamixel servos as clients see them, with servos that are played register by register. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Clock, systemClock } from "pinion/hardware";
import type { FakePort } from "pinion/hardware/testing";
import { type Handle, isRpcError, type Servo, Status, servo } from "pinion/sdk";
import { dynamixelAx, dynamixelMx, dynamixelX } from "../../../../drivers/serial/bus-servo/dynamixel.js";
import { feetechScs, feetechSts } from "../../../../drivers/serial/bus-servo/feetech.js";
import { describeDynamixel, validatePosition } from "../../../../drivers/serial/bus-servo/servo-attributes.js";
import type { ServoFamily } from "../../../../drivers/serial/bus-servo/servo-family.js";
import { eventually } from "../../../support/eventually.js";
import { QuickClock } from "../support/quick-clock.js";
import { bytes, type SerialModule, startSerial } from "../support/serial-module.js";
import { type Distortion, ServoPeer } from "../support/servo-peer.js";

const PORT = "/dev/ttyACM0";

interface Kind {
  readonly name: string;
  readonly family: ServoFamily;
  readonly model: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly memory: Readonly<Record<number, number>>;
  readonly baudRate: number;
}

const STS: Kind = {
  name: "Feetech STS",
  family: feetechSts,
  model: "pinion:serial:feetech",
  attributes: { serial_path: PORT, id: 1 },
  memory: { 3: 9, 4: 3, 62: 74, 63: 31 },
  baudRate: 1_000_000,
};
const SCS: Kind = {
  ...STS,
  name: "Feetech SCS",
  family: feetechScs,
  attributes: { serial_path: PORT, id: 1, series: "scs" },
  memory: { 3: 5, 4: 4, 11: 3, 12: 255, 62: 74, 63: 31 },
};
const AX: Kind = {
  name: "Dynamixel AX",
  family: dynamixelAx,
  model: "pinion:serial:dynamixel",
  attributes: { serial_path: PORT, id: 1, protocol: 1 },
  memory: { 0: 12, 8: 255, 9: 3, 42: 74, 43: 31 },
  baudRate: 57_600,
};
const X: Kind = {
  ...AX,
  name: "Dynamixel X",
  family: dynamixelX,
  attributes: { serial_path: PORT, id: 1 },
  memory: { 0: 0x24, 1: 4, 11: 3, 144: 74, 146: 31 },
};

interface Rig extends SerialModule {
  readonly port: FakePort;
  readonly peer: ServoPeer;
  readonly arm: Handle<Servo>;
}

/** For what a test does while the servo moves. */
async function rig(
  t: TestContext,
  { family, model, attributes, memory }: Kind,
  more: object = {},
  prepare: (peer: ServoPeer, port: FakePort) => void = () => undefined,
  clock: Clock = systemClock,
): Promise<Rig> {
  const serial = await startSerial(t, clock);
  const peer = new ServoPeer({ family, memory });
  const port = serial.serial.add(PORT, { onWrite: (request, own) => send(own, peer.take(request)) });
  prepare(peer, port);
  const arm = await serial.module.add({ api: servo, model, name: "arm", attributes: { ...attributes, ...more } });
  return { ...serial, port, peer, arm };
}

/** Where time need not pass. */
function quickRig(t: TestContext, kind: Kind, more?: object, prepare?: (peer: ServoPeer, port: FakePort) => void): Promise<Rig> {
  return rig(t, kind, more, prepare, new QuickClock());
}

function send(port: FakePort, answer: readonly number[]): void {
  if (answer.length > 0) port.send(answer);
}

for (const kind of [STS, SCS, AX, X]) {
  const { family } = kind;
  const place = ({ peer }: Rig): number => peer.get(family.position.register.address, family.position.register.size);

  test(`${kind.name}: moves to an angle and returns when it stands there`, async (t) => {
    const r = await quickRig(t, kind);
    assert.equal(r.port.options?.baudRate, kind.baudRate);
    assert.equal(r.peer.writes.length, 0, "building moves nothing");
    await r.arm.move(90);
    assert.equal(place(r), Math.round((90 * family.steps) / family.degrees));
    assert.equal(await r.arm.getPosition(), 90);
    assert.equal(await r.arm.isMoving(), false);
    await r.arm.move(1000);
    assert.equal(place(r), family.steps - 1, "beyond the end it goes to the end");
  });

  test(`${kind.name}: limits of the config, speed, and status`, async (t) => {
    const r = await quickRig(t, kind, { min_angle_deg: 30, max_angle_deg: 120, speed_degs_per_sec: 60 });
    await r.arm.move(5);
    assert.equal(await r.arm.getPosition(), 30);
    await r.arm.move(200);
    assert.equal(await r.arm.getPosition(), 120);
    const status = await r.arm.getStatus();
    assert.deepEqual([status["kind"], status["voltage"], status["temperature_celsius"], status["errors"]], [kind.name, 7.4, 31, []]);
  });

  test(`${kind.name}: stop holds it where it is`, async (t) => {
    const r = await rig(t, kind, {}, (peer) => {
      peer.stepSize = 1;
    });
    const going = r.arm.move(90);
    await eventually("it moves", () => place(r) > 2);
    assert.equal(await r.arm.isMoving(), true);
    await r.arm.stop();
    await going;
    const goal = family.goal(0, undefined);
    const held = r.peer.written(goal.address).at(-1) ?? [];
    assert.deepEqual(held.slice(0, goal.bytes.length), family.goal(place(r), undefined).bytes);
  });

  test(`${kind.name}: one that does not move is an error`, async (t) => {
    const r = await quickRig(t, kind, {}, (peer) => {
      peer.isStuck = true;
    });
    await assert.rejects(r.arm.move(90), /servo 1 on \/dev\/ttyACM0 does not get nearer: it is (90|89\.\d) degrees|it is 90\.0 degrees/);
  });

  const faults: Readonly<Record<string, Distortion>> = {
    garbage: (answer) => [0xff, 0x12, 0xff, 0xff, 3, ...answer],
    short: (answer) => answer.slice(0, -1),
    checksum: (answer) => answer.map((byte, index) => (index === answer.length - 1 ? byte ^ 1 : byte)),
    silence: () => undefined,
  };
  for (const [fault, distortion] of Object.entries(faults)) {
    test(`${kind.name}: after an answer with fault "${fault}" the position is right`, async (t) => {
      const r = await quickRig(t, kind);
      await r.arm.move(60);
      r.peer.distortions.push(distortion);
      assert.equal(await r.arm.getPosition(), 60);
    });
  }

  test(`${kind.name}: the echo of a half-duplex adapter is dropped`, async (t) => {
    const r = await quickRig(t, kind, {}, (_peer, port) => {
      port.echo = true;
    });
    await r.arm.move(45);
    assert.equal(await r.arm.getPosition(), 45);
  });

  test(`${kind.name}: nobody there, only an echo, or another servo fails the build`, async (t) => {
    const { module, serial } = await startSerial(t, new QuickClock());
    const { model, attributes } = kind;
    const config = { api: servo, model, name: "arm", attributes };
    await assert.rejects(module.add(config), /attributes\.serial_path: serial port \/dev\/ttyACM0 is not there/);
    const peer = new ServoPeer({ id: 2, family, memory: kind.memory });
    const port = serial.add(PORT, { onWrite: (request, own) => send(own, peer.take(request)) });
    await assert.rejects(module.add(config), /servo 1 on \/dev\/ttyACM0: reading the model.*: no answer within/);
    port.echo = true;
    await assert.rejects(module.add(config), /only the echo|no intact answer/);
    port.echo = false;
    port.onWrite = (request, own) => {
      // A servo that answers although it was not asked.
      const stranger = new ServoPeer({ family, memory: kind.memory });
      const answer = stranger.take(request);
      send(own, [...relabelled(family, answer)]);
    };
    await assert.rejects(module.add(config), /expected an answer of servo 1, got one of servo 7/);
    port.onWrite = (request, own) => send(own, new ServoPeer({ family, memory: kind.memory }).take(request));
    await module.add(config);
  });

  test(`${kind.name}: unplugged it is an error, plugged in again it goes on`, async (t) => {
    const r = await rig(t, kind, {}, (peer) => {
      peer.stepSize = 1;
    });
    const going = r.arm.move(90);
    const failed = assert.rejects(going, (error) => isRpcError(error, Status.UNAVAILABLE));
    await eventually("it moves", () => place(r) > 2);
    r.serial.unplug(PORT);
    await failed;
    await assert.rejects(r.arm.getPosition(), (error) => isRpcError(error, Status.UNAVAILABLE) && /ttyACM0/.test(error.message));
    r.serial.plug(PORT);
    await eventually("the port is back", () => r.port.isOpen);
    r.peer.stepSize = 1000;
    await r.arm.move(60);
    assert.equal(await r.arm.getPosition(), 60);
  });
}

function relabelled(family: ServoFamily, answer: readonly number[]): Uint8Array {
  const [frame] = family.protocol.codec.decode(Uint8Array.from(answer));
  const peer = new ServoPeer({ id: 7, family });
  peer.memory.set(frame?.parameters ?? [], 0);
  const { codec } = family.protocol;
  const parameters = [...codec.encodeNumber(0), ...codec.encodeNumber(frame?.parameters.length ?? 0)];
  return Uint8Array.from(peer.take(codec.encode({ id: 7, instruction: 2, parameters })));
}

test("Dynamixel MX: 4096 steps all around by protocol 1", async (t) => {
  const mx: Kind = { ...AX, name: "Dynamixel MX", family: dynamixelMx, memory: { ...AX.memory, 0: 29, 9: 15 } };
  const { peer, arm } = await quickRig(t, mx);
  await arm.move(90);
  assert.equal(peer.get(30, 2), 1024);
  assert.equal(await arm.getPosition(), 90);
  assert.deepEqual(dynamixelMx.velocity(-11.4, 55), { address: 32, bytes: [1124 & 0xff, 1124 >> 8] });
});

test("voltage, temperature and load in the status bits are reported", async (t) => {
  const one = await quickRig(t, AX);
  one.peer.error = 0x25;
  await assert.rejects(one.arm.move(10), /the servo reports voltage out of its limits, too hot, overload/);
  assert.equal(await one.arm.getPosition(), 0, "the position is told all the same");
  assert.deepEqual((await one.arm.getStatus())["errors"], ["voltage out of its limits", "too hot", "overload"]);
  one.peer.error = 0;
  await one.arm.move(20);
});

test("protocol 2: the hardware error register says what the alert is", async (t) => {
  const { peer, arm } = await quickRig(t, X);
  peer.error = 0x80;
  peer.memory[70] = 0x24;
  await assert.rejects(arm.move(10), /the servo reports too hot, overload/);
  assert.deepEqual((await arm.getStatus())["errors"], ["too hot", "overload"]);
});

test("a value the servo refuses is an error that says so", async (t) => {
  const two = await quickRig(t, X);
  two.peer.error = 6;
  await assert.rejects(two.arm.move(10), /the servo refuses: value beyond the servo's own limits/);
  two.peer.error = 0;
  await two.arm.move(10);
});

test("a request that the servo received garbled is sent again", async (t) => {
  const { peer, arm } = await quickRig(t, AX);
  peer.distortions.push(() => [...bytes("FF FF 01 02 10 EC")]);
  assert.equal(await arm.getPosition(), 0);
});

test("several servos share a bus, and none gets another's answer", async (t) => {
  const { module, port, peer, arm } = await quickRig(t, STS);
  const other = new ServoPeer({ id: 2, family: feetechSts, memory: STS.memory });
  port.onWrite = (request, own) => send(own, [...peer.take(request), ...other.take(request)]);
  const second = await module.add({ api: servo, model: STS.model, name: "second", attributes: { ...STS.attributes, id: 2 } });
  await Promise.all([arm.move(90), second.move(180)]);
  const positions = await Promise.all([arm.getPosition(), second.getPosition(), arm.getPosition(), second.getPosition()]);
  assert.deepEqual(positions, [90, 180, 90, 180]);
});

test("the wrong series or protocol and unknown models are named", async (t) => {
  const { module, serial } = await startSerial(t, new QuickClock());
  let peer = new ServoPeer({ family: feetechSts, memory: SCS.memory });
  serial.add(PORT, { onWrite: (request, own) => send(own, peer.take(request)) });
  const add = ({ model, attributes }: Kind): Promise<unknown> => module.add({ api: servo, model, name: "arm", attributes });
  await assert.rejects(add(STS), /attributes\.series: expected "scs" for servo 1 .*got "sts"/);
  peer = new ServoPeer({ family: dynamixelX, memory: { 0: 350 & 0xff, 1: 350 >> 8 } });
  await assert.rejects(add(X), /model number 350: expected a servo of the series X/);
});

test("a servo in wheel mode is brought back, its memory unlocked and locked again", async (t) => {
  const sts = await quickRig(t, { ...STS, memory: { ...STS.memory, 33: 1, 40: 1, 55: 1 } });
  assert.deepEqual(
    sts.peer.writes.map(({ address, bytes: [value] }) => [address, value]),
    [
      [40, 0],
      [55, 0],
      [33, 0],
      [55, 1],
    ],
  );
});

test("at the module's end a servo holds, or is released if the config says so", async (t) => {
  const holds = await quickRig(t, STS);
  await holds.arm.move(10);
  await holds.module.remove(servo, "arm");
  assert.equal(holds.peer.memory[40], 1);
  const loose = await quickRig(t, STS, { on_module_end: "release" });
  await loose.arm.move(10);
  await loose.module.remove(servo, "arm");
  assert.equal(loose.peer.memory[40], 0);
});

test("it claims its id on the port; released, it is made safe by torque 0", () => {
  const attributes = {
    serial_path: PORT,
    serial_baud_rate: 57_600,
    id: 1,
    protocol: 1,
    min_angle_deg: 0,
    tolerance_deg: 2,
    on_module_end: "hold",
  } as const;
  const claims = [{ kind: "serial", port: PORT, part: "servo 1" }];
  assert.deepEqual(validatePosition(attributes, describeDynamixel(attributes)), { hardware: { claims, safe: [] } });
  const released = { ...attributes, on_module_end: "release" } as const;
  const torqueOff = [...bytes("FF FF 01 04 03 18 00 DF")];
  const safe = [{ kind: "serial", port: PORT, baudRate: 57_600, bytes: torqueOff }];
  assert.deepEqual(validatePosition(released, describeDynamixel(released)), { hardware: { claims, safe } });
});

test("wrong attributes are named", async (t) => {
  const { module } = await startSerial(t, new QuickClock());
  const refuse = async (kind: Kind, attributes: Record<string, unknown>, message: RegExp): Promise<void> => {
    await assert.rejects(
      module.validate({ api: servo, model: kind.model, name: "arm", attributes: { ...kind.attributes, ...attributes } }),
      message,
    );
  };
  await refuse(STS, { id: 300 }, /attributes\.id/);
  await refuse(STS, { series: "hls" }, /attributes\.series/);
  await refuse(AX, { protocol: 3 }, /attributes\.protocol/);
  await refuse(X, { min_angle_deg: 90, max_angle_deg: 80 }, /attributes\.min_angle_deg: expected less than max_angle_deg \(80\), got 90/);
  await refuse(X, { serial_path: "COM1" }, /attributes\.serial_path: expected a path/);
  await refuse(X, { speed_degs_per_sec: 0 }, /attributes\.speed_degs_per_sec/);
});
