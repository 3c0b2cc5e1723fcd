/** A wheeled base on motors that note what they are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { base, board, isRpcError, motor, RpcError, Status } from "pinion/sdk";
import type { WheeledBase } from "../../../../drivers/gpio/base/wheeled.js";
import { settle } from "../../../support/fake-clock.js";
import { Bench, io } from "../support/bench.js";
import { FakeMotor } from "./fake-motor.js";

const WHEELED = "rdk:builtin:wheeled";
const ATTRIBUTES = { left: ["l1", "l2"], right: ["r1", "r2"], wheel_circumference_mm: 200, width_mm: 300 };
const NONE = { x: 0, y: 0, z: 0 };
const ahead = (y: number) => ({ x: 0, y, z: 0 });
const turn = (z: number) => ({ x: 0, y: 0, z });

interface Rover {
  readonly bench: Bench;
  readonly rover: WheeledBase;
  readonly motors: readonly FakeMotor[];
  readonly l1: FakeMotor;
  readonly r1: FakeMotor;
  /** What each motor heard: l1, l2, r1, r2. */
  heard(): readonly (readonly string[])[];
}

async function drive(attributes: object = {}): Promise<Rover> {
  const bench = new Bench();
  const motors = ["l1", "l2", "r1", "r2"].map((name) => {
    const wheel = new FakeMotor();
    bench.addForeign(`rdk:component:motor/${name}`, wheel);
    return wheel;
  });
  const [l1 = new FakeMotor(), , r1 = new FakeMotor()] = motors;
  const rover = (await bench.add(base, WHEELED, "rover", { ...ATTRIBUTES, ...attributes })) as unknown as WheeledBase;
  return { bench, rover, motors, l1, r1, heard: () => motors.map((motor) => motor.heard()) };
}

/** The same for both motors of a side. */
function sides<T>(left: T, right: T): readonly T[] {
  return [left, left, right, right];
}

test("attributes: motors, sizes and sides are checked by name, and the motors are dependencies", async () => {
  const bench = new Bench();
  const validate = (attributes: object) => bench.validate(base, WHEELED, { ...ATTRIBUTES, ...attributes });
  const { required, hardware } = await validate({});
  assert.deepEqual(required, ["l1", "l2", "r1", "r2"]);
  assert.equal(hardware, undefined);
  await assert.rejects(validate({ left: [] }), /attributes\.left: expected the names of motors, at least one/);
  await assert.rejects(validate({ right: undefined }), /attributes\.right: expected the names of motors/);
  await assert.rejects(validate({ right: ["r1"] }), /attributes\.left, right: expected as many.*got 2 and 1/);
  await assert.rejects(validate({ right: ["r1", "l1"] }), /expected each motor once, got "l1" twice/);
  await assert.rejects(validate({ width_mm: 0 }), /attributes\.width_mm: expected the distance between.*above 0/);
  await assert.rejects(validate({ wheel_circumference_mm: undefined }), /attributes\.wheel_circumference_mm: expected the way of one turn/);
});

test("moveStraight turns all motors at once, and is over when all are there", async () => {
  const { rover, motors, heard } = await drive();
  const moving = rover.moveStraight(-1000, 100);
  await settle();
  assert.deepEqual(heard(), sides(["goFor 30.00 -5.00"], ["goFor 30.00 -5.00"]));
  assert.equal(await rover.isMoving(), true);
  let isOver = false;
  const over = moving.then(() => {
    isOver = true;
  });
  for (const motor of motors.slice(1)) motor.finish();
  await settle();
  assert.equal(isOver, false);
  assert.equal(await rover.isMoving(), true);
  motors[0]?.finish();
  await over;
  assert.equal(await rover.isMoving(), false);
  assert.deepEqual(heard(), sides([], []));
});

test("spin turns the sides against each other, with the slip of the floor", async () => {
  const { rover, motors, heard } = await drive({ spin_slip_factor: 2 });
  const spinning = rover.spin(360, 36);
  await settle();
  const revolutions = ((2 * Math.PI * 300) / 200).toFixed(2);
  const rpm = ((2 * Math.PI * 300 * 6) / 200).toFixed(2);
  assert.deepEqual(heard(), sides([`goFor ${rpm} -${revolutions}`], [`goFor ${rpm} ${revolutions}`]));
  for (const motor of motors) motor.finish();
  await spinning;
});

test("setPower and setVelocity give each side its own, and answer at once", async () => {
  const { rover, heard } = await drive();
  await rover.setPower(ahead(0.5), turn(-0.25));
  assert.deepEqual(heard(), sides(["setPower 0.75"], ["setPower 0.25"]));
  await rover.setVelocity(ahead(100), NONE);
  assert.deepEqual(heard(), sides(["setRpm 30.00"], ["setRpm 30.00"]));
  const rpm = ((Math.PI * 300 * 60) / 2 / 200).toFixed(2);
  await rover.setVelocity(NONE, turn(180));
  assert.deepEqual(heard(), sides([`setRpm -${rpm}`], [`setRpm ${rpm}`]));
  assert.equal(await rover.isMoving(), true);
  await rover.stop();
  assert.equal(await rover.isMoving(), false);
});

test("around one side: its wheels are stopped, because motors refuse a speed of 0", async () => {
  const { rover, heard } = await drive();
  // 90 degrees a second with 300 mm is 235.6 mm/s on each side.
  await rover.setVelocity(ahead((Math.PI * 300) / 4), turn(90));
  const [[left], , [right]] = heard() as [string[], string[], string[], string[]];
  assert.equal(left, "stop");
  assert.match(right ?? "", /^setRpm 141\.37/);
  await rover.stop();
});

test("no distance, angle, speed or power is a stop; too little speed for the motors is refused with what is enough", async () => {
  const { rover, heard } = await drive();
  for (const call of [
    () => rover.moveStraight(0, 100),
    () => rover.moveStraight(100, 0),
    () => rover.spin(0, 90),
    () => rover.spin(90, 0),
    () => rover.setPower(NONE, NONE),
    () => rover.setVelocity(NONE, NONE),
  ]) {
    await call();
    assert.deepEqual(heard(), sides(["stop"], ["stop"]));
  }
  await assert.rejects(
    rover.moveStraight(100, -0.2),
    (error) =>
      isRpcError(error, Status.INVALID_ARGUMENT) && /mm_per_sec: expected at least 0\.33, .*0\.1 rpm, got -0\.2/.test(error.message),
  );
  await assert.rejects(rover.spin(90, 0.01), /degs_per_sec: expected at least 0\.13/);
  await assert.rejects(
    rover.setPower(ahead(Number.NaN), NONE),
    (error) => isRpcError(error, Status.INVALID_ARGUMENT) && error.message.includes("linear.y: expected a finite number"),
  );
  await assert.rejects(rover.moveStraight(Number.POSITIVE_INFINITY, 1), /distance_mm/);
  assert.deepEqual(heard(), sides([], []));
});

test("a motor that fails while it moves stops all, and the error names it", async () => {
  const { rover, l1, motors, heard } = await drive();
  const moving = rover.moveStraight(1000, 100);
  const refused = assert.rejects(moving, /^RpcError: motor "l1": stopped: no tick of the encoder/);
  await settle();
  heard();
  l1.finish(new Error("stopped: no tick of the encoder"));
  await refused;
  for (const motor of motors) assert.equal(motor.power, 0);
  assert.ok(heard().every((calls) => calls.includes("stop")));
});

test("a motor that takes no power stops all, and keeps its status code", async () => {
  for (const call of ["setPower", "setVelocity"] as const) {
    const { rover, r1, motors } = await drive();
    r1.failure = new RpcError(Status.UNAVAILABLE, "the module is gone");
    await assert.rejects(
      rover[call](ahead(100), NONE),
      (error) => isRpcError(error, Status.UNAVAILABLE) && error.message === 'motor "r1": the module is gone',
    );
    for (const motor of motors) assert.deepEqual([motor.power, motor.heard().includes("stop")], [0, true]);
    r1.failure = undefined;
    await rover[call](ahead(100), NONE);
    assert.equal(r1.power, 1);
    await rover.stop();
  }
});

test("a motor that cannot be stopped is told beside the first error, and the others are stopped", async () => {
  const { rover, l1, r1, motors } = await drive();
  l1.failure = new Error("broken");
  r1.stop = () => Promise.reject(new Error("no answer"));
  await assert.rejects(rover.setPower(ahead(1), NONE), /motor "l1": broken; motor "r1": could not be stopped: no answer/);
  assert.deepEqual(
    motors.map(({ power }) => power),
    [0, 0, 1, 0],
  );
  await assert.rejects(rover.stop(), /motor "r1": could not be stopped: no answer/);
});

test("a new operation ends the one that runs, whose call returns", async () => {
  const { rover, motors, heard } = await drive();
  const first = rover.moveStraight(1000, 100);
  await settle();
  const second = rover.spin(90, 90);
  await first;
  await settle();
  assert.ok(motors.every(({ power }) => power !== 0));
  heard();
  await rover.setPower(ahead(0.5), NONE);
  await second;
  assert.deepEqual(
    heard().map((calls) => calls.at(-1)),
    sides("setPower 0.50", "setPower 0.50"),
  );
  await rover.stop();
});

test("a caller that gives up stops the base", async () => {
  const { rover, motors } = await drive();
  for (const move of [
    (signal: AbortSignal) => rover.moveStraight(1000, 100, { signal }),
    (signal: AbortSignal) => rover.spin(90, 90, { signal }),
  ]) {
    const caller = new AbortController();
    const moving = move(caller.signal);
    await settle();
    assert.ok(motors.every(({ power }) => power !== 0));
    caller.abort(new Error("the caller is gone"));
    await assert.rejects(moving, /the caller is gone/);
    assert.ok(motors.every(({ power }) => power === 0));
  }
  for (const call of ["setPower", "setVelocity"] as const) {
    const caller = new AbortController();
    const { rover: other, motors: wheels, r1 } = await drive();
    const give = r1[call === "setPower" ? "setPower" : "setRpm"].bind(r1);
    r1[call === "setPower" ? "setPower" : "setRpm"] = async (value: number) => {
      caller.abort(new Error("the caller is gone"));
      await settle();
      await give(value);
    };
    await assert.rejects(other[call](ahead(100), NONE, { signal: caller.signal }), /the caller is gone/);
    assert.ok(wheels.every(({ power }) => power === 0));
  }
});

test("a stop wins over what is just being set, and ends what runs", async () => {
  const { rover, motors, r1 } = await drive();
  const give = r1.setPower.bind(r1);
  let stopping: Promise<void> | undefined;
  r1.setPower = async (power: number) => {
    stopping ??= rover.stop();
    await settle();
    await give(power);
  };
  await rover.setPower(ahead(1), NONE);
  await stopping;
  assert.ok(motors.every(({ power }) => power === 0));
  const moving = rover.moveStraight(1000, 100);
  await settle();
  await rover.stop();
  await moving;
  assert.ok(motors.every(({ power }) => power === 0));
});

test("a motor that gives up while a velocity is kept stops all; the log and the status say why", async () => {
  const { bench, rover, l1, motors } = await drive();
  await rover.setVelocity(ahead(100), NONE);
  await bench.clock.advance(2000);
  assert.ok(motors.every(({ power }) => power === 1));
  l1.power = 0;
  l1.status = { last_error: "stopped: no tick of the encoder for 2000 ms" };
  await bench.clock.advance(500);
  assert.ok(motors.every(({ power }) => power === 0));
  const reason = 'motor "l1" does not turn any more: stopped: no tick of the encoder for 2000 ms';
  assert.deepEqual(await rover.getStatus(), { is_moving: false, last_error: reason });
  assert.deepEqual(
    bench.logs.map(({ level, message }) => [level, message]),
    [["error", "stopped: the velocity can not be kept any more"]],
  );
  await rover.setVelocity(ahead(100), NONE);
  assert.deepEqual(await rover.getStatus(), { is_moving: true });
  await rover.stop();
  await bench.clock.advance(1000);
  assert.equal(bench.clock.timers, 0);
});

test("a velocity at which a motor gets too little power to turn is no failure", async () => {
  const { bench, rover, l1 } = await drive();
  l1.setRpm = async () => {};
  await rover.setVelocity(ahead(1), NONE);
  await bench.clock.advance(2000);
  assert.deepEqual(bench.logs, []);
  assert.equal(await rover.isMoving(), true);
  await rover.stop();
});

test("properties are in metres", async () => {
  const { rover } = await drive();
  assert.deepEqual(await rover.getProperties(), { width: 0.3, turningRadius: 0, wheelCircumference: 0.2 });
  assert.deepEqual(await rover.getGeometries(), []);
});

test("on motors of this module without encoders it drives for the time of the way, then their pins are low", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  await bench.add(motor, "rdk:builtin:gpio", "left", { board: "pi", pins: { a: "11", b: "13" }, max_rpm: 60 });
  await bench.add(motor, "rdk:builtin:gpio", "right", { board: "pi", pins: { dir: "16", pwm: "18" }, max_rpm: 60, dir_flip: true });
  const rover = await bench.add(base, WHEELED, "rover", { ...ATTRIBUTES, left: ["left"], right: ["right"] });
  const levels = (): readonly (boolean | undefined)[] => [17, 27, 23, 24].map((line) => bench.fake.gpio.level(io(line)));
  let isOver = false;
  // 60 rpm, all they can: 200 mm/s, 5 s.
  const moving = rover.moveStraight(1000, 200).then(() => {
    isOver = true;
  });
  await bench.clock.advance(4990);
  assert.deepEqual(levels(), [true, false, false, true]);
  assert.equal(isOver, false);
  await bench.clock.advance(20);
  await moving;
  assert.deepEqual(levels(), [false, false, false, false]);
  const caller = new AbortController();
  const given = rover.spin(3600, 90, { signal: caller.signal });
  await bench.clock.advance(100);
  assert.equal(await rover.isMoving(), true);
  caller.abort(new Error("gave up"));
  await assert.rejects(given, /gave up/);
  assert.deepEqual(levels(), [false, false, false, false]);
  await rover.setVelocity(ahead(200), NONE);
  await bench.clock.advance(3000);
  assert.deepEqual(levels(), [true, false, false, true]);
  await bench.close(rover);
  assert.deepEqual(levels(), [false, false, false, false]);
  assert.deepEqual(
    bench.logs.filter(({ level }) => level === "error"),
    [],
  );
});
