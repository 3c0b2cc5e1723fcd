/** Bus servos as motors: wheels that are played register by register. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Clock, systemClock } from "pinion/hardware";
import type { FakePort } from "pinion/hardware/testing";
import { type Handle, isRpcError, type Motor, motor, Status, servo } from "pinion/sdk";
import { dynamixelAx, dynamixelX } from "../../../../drivers/serial/bus-servo/dynamixel.js";
import { feetechScs, feetechSts } from "../../../../drivers/serial/bus-servo/feetech.js";
import { describeDynamixel, describeFeetech, validateWheel } from "../../../../drivers/serial/bus-servo/servo-attributes.js";
import type { ServoFamily } from "../../../../drivers/serial/bus-servo/servo-family.js";
import { eventually } from "../../../support/eventually.js";
import { QuickClock } from "../support/quick-clock.js";
import { bytes, type SerialModule, startSerial } from "../support/serial-module.js";
import { ServoPeer } from "../support/servo-peer.js";

const PORT = "/dev/ttyACM0";

interface Kind {
  readonly family: ServoFamily;
  readonly model: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly memory: Readonly<Record<number, number>>;
}

const STS: Kind = {
  family: feetechSts,
  model: "pinion:serial:feetech",
  attributes: { serial_path: PORT, id: 1 },
  memory: { 3: 9, 4: 3, 33: 1 },
};
const SCS: Kind = { ...STS, family: feetechScs, attributes: { serial_path: PORT, id: 1, series: "scs" }, memory: { 3: 5, 4: 4 } };
const X: Kind = {
  family: dynamixelX,
  model: "pinion:serial:dynamixel",
  attributes: { serial_path: PORT, id: 1 },
  memory: { 0: 0x24, 1: 4, 11: 1 },
};
const AX: Kind = { ...X, family: dynamixelAx, attributes: { serial_path: PORT, id: 1, protocol: 1 }, memory: { 0: 12 } };

interface Rig extends SerialModule {
  readonly port: FakePort;
  readonly peer: ServoPeer;
  readonly wheel: Handle<Motor>;
}

/** For what a test does while the wheel turns. */
async function rig(t: TestContext, { family, model, attributes, memory }: Kind, clock: Clock = systemClock): Promise<Rig> {
  const serial = await startSerial(t, clock);
  const peer = new ServoPeer({ family, memory });
  peer.stepSize = 4;
  const port = serial.serial.add(PORT, {
    onWrite: (request, own) => {
      const answer = peer.take(request);
      if (answer.length > 0) own.send(answer);
    },
  });
  const wheel = await serial.module.add({ api: motor, model, name: "wheel", attributes });
  return { ...serial, port, peer, wheel };
}

/** Where time need not pass. */
function quickRig(t: TestContext, kind: Kind): Promise<Rig> {
  return rig(t, kind, new QuickClock());
}

test("Feetech STS: speed in steps a second, its sign in bit 15", async (t) => {
  const { peer, wheel } = await quickRig(t, STS);
  assert.deepEqual(peer.written(46), [[0, 0]], "stopped at build");
  await wheel.setRpm(30);
  assert.equal(peer.get(46, 2), 2048);
  assert.equal(peer.memory[40], 1, "torque is on");
  assert.deepEqual(await wheel.isPowered(), { isOn: true, power: 0.6 });
  await wheel.setPower(-1);
  assert.equal(peer.get(46, 2), 0x8000 | 3413);
  await wheel.stop();
  assert.equal(peer.get(46, 2), 0);
  assert.deepEqual(await wheel.isPowered(), { isOn: false, power: 0 });
});

test("Dynamixel X: speed in units of 0.229 rpm, with the servo's own watchdog", async (t) => {
  const { peer, wheel } = await quickRig(t, X);
  await wheel.setRpm(-22.9);
  assert.equal(peer.get(104, 4) | 0, -100);
  assert.deepEqual(peer.written(98), [[0], [0], [50]], "off when it was found, cleared, then one second of 20 ms each");
  await wheel.stop();
  assert.equal(peer.get(104, 4), 0);
  assert.equal(peer.memory[98], 0, "nothing runs out while it stands");
});

test("Dynamixel AX and Feetech SCS: a share of full power", async (t) => {
  const ax = await quickRig(t, AX);
  await ax.wheel.setPower(-0.5);
  assert.equal(ax.peer.get(32, 2), 1024 | 512);
  assert.deepEqual(await ax.wheel.getProperties(), { positionReporting: false });
  await assert.rejects(ax.wheel.getPosition(), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  const scs = await quickRig(t, SCS);
  await scs.wheel.setPower(0.5);
  assert.equal(scs.peer.get(44, 2), 500);
  await scs.wheel.goFor(600, 0.05);
  assert.equal(scs.peer.get(44, 2), 0, "time stands in for the position");
});

for (const [name, kind] of [
  ["Feetech STS", STS],
  ["Dynamixel X", X],
] as const) {
  test(`${name}: goFor and goTo stop at the target, over the end of the counter`, async (t) => {
    const { peer, wheel } = await quickRig(t, kind);
    await wheel.goFor(40, 1.5);
    const one = await wheel.getPosition();
    assert.ok(Math.abs(one - 1.5) < 0.05, `at ${one}`);
    await wheel.goFor(-40, 2);
    assert.ok(Math.abs((await wheel.getPosition()) - one + 2) < 0.05);
    await wheel.goTo(40, 1);
    assert.ok(Math.abs((await wheel.getPosition()) - 1) < 0.05);
    await wheel.resetZeroPosition(0.5);
    assert.equal(await wheel.getPosition(), -0.5);
    assert.equal(await wheel.isMoving(), false);
    const { address, bytes: still } = kind.family.velocity(0, 50);
    assert.deepEqual(peer.written(address).at(-1), still);
  });

  test(`${name}: stop and other commands end a movement`, async (t) => {
    const { peer, wheel } = await rig(t, kind);
    peer.stepSize = 1;
    const going = wheel.goFor(40, 100);
    await eventually("it turns", () => wheel.isMoving());
    await wheel.stop();
    await going;
    assert.equal(await wheel.isMoving(), false);
  });

  test(`${name}: one that is stuck is stopped with an error`, async (t) => {
    const { peer, wheel } = await quickRig(t, kind);
    peer.isStuck = true;
    await assert.rejects(wheel.goFor(40, 1), /servo 1 on \/dev\/ttyACM0 does not get nearer: it is 1\.00 revolutions/);
    assert.equal(await wheel.isMoving(), false);
  });

  test(`${name}: unplugged while it turns: an error; plugged in again it is stopped, and its position unknown until it is reset`, async (t) => {
    const { peer, wheel, serial, port } = await rig(t, kind);
    await wheel.setPower(0.5);
    serial.unplug(PORT);
    await assert.rejects(wheel.getPosition(), (error) => isRpcError(error, Status.UNAVAILABLE) && /ttyACM0/.test(error.message));
    const { address, bytes: still } = kind.family.velocity(0, 50);
    serial.plug(PORT);
    await eventually("it is stopped by itself", () => port.isOpen && peer.written(address).at(-1)?.join() === still.join());
    await assert.rejects(wheel.getPosition(), /does not know its position: the port was away\. ResetZeroPosition/);
    await wheel.resetZeroPosition(0);
    assert.equal(await wheel.getPosition(), 0);
    await wheel.goFor(40, 0.5);
  });
}

test("alarms in the status bits are errors of commands", async (t) => {
  const { peer, wheel } = await quickRig(t, STS);
  peer.error = 0x20;
  await assert.rejects(wheel.setPower(0.5), /the servo reports overload/);
  peer.error = 0;
  await wheel.setPower(0.5);
});

test("a servo with angle limits becomes a wheel; closing stops it", async (t) => {
  const { peer, wheel, module } = await quickRig(t, { ...AX, memory: { ...AX.memory, 8: 255, 9: 3, 24: 1 } });
  assert.deepEqual(peer.written(24), [[0]], "torque off before its memory is written");
  assert.deepEqual(peer.written(6), [[0, 0, 0, 0]]);
  await wheel.setPower(1);
  assert.equal(peer.get(32, 2), 1023);
  await module.remove(motor, "wheel");
  assert.equal(peer.get(32, 2), 0);
});

test("a servo and a wheel share a bus", async (t) => {
  const { module, peer, port, wheel } = await rig(t, STS);
  const arm = new ServoPeer({ id: 2, family: feetechSts, memory: { 3: 9 } });
  port.onWrite = (request, own) => {
    const answer = [...peer.take(request), ...arm.take(request)];
    if (answer.length > 0) own.send(answer);
  };
  const second = await module.add({ api: servo, model: STS.model, name: "arm", attributes: { ...STS.attributes, id: 2 } });
  await Promise.all([wheel.setPower(0.5), second.move(90)]);
  assert.equal(await second.getPosition(), 90);
});

test("it claims its id, and is made safe by speed 0", () => {
  const common = { serial_path: PORT, id: 1, max_rpm: 0, watchdog_sec: 1 };
  const claims = [{ kind: "serial", port: PORT, part: "servo 1" }];
  const x = { ...common, serial_baud_rate: 57_600, protocol: 2 } as const;
  const safe = validateWheel(x, describeDynamixel(x)).hardware?.safe ?? [];
  assert.deepEqual(
    safe.map((action) => action.kind === "serial" && action.bytes.slice(7, 14)),
    [
      [3, 98, 0, 0, ...(safe[0]?.kind === "serial" ? safe[0].bytes.slice(11, 13) : [])],
      [3, 104, 0, 0, 0, 0, 0],
    ],
  );
  const sts = { ...common, serial_baud_rate: 1_000_000, series: "sts" } as const;
  assert.deepEqual(validateWheel(sts, describeFeetech(sts)), {
    hardware: { claims, safe: [{ kind: "serial", port: PORT, baudRate: 1_000_000, bytes: [...bytes("FF FF 01 05 03 2E 00 00 C8")] }] },
  });
});
