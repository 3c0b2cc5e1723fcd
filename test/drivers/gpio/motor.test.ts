/** Movements of a motor, with a shaft that turns as the pins say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, encoder, motor } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";
import { GAINS, MOTOR, near, scene, TICKS } from "./support/scene.js";

for (const [kind, attributes, tolerance] of [
  ["a ramp", {}, 60],
  ["a PID", { control_parameters: GAINS }, 15],
] as const) {
  test(`goFor by ${kind} turns as far as asked, in the direction of the product of the signs`, async () => {
    const { plant, turning, until } = await scene(attributes);
    let goal = 0;
    for (const [rpm, revolutions] of [
      [120, 3],
      [-120, 3],
      [120, -2],
      [-60, -2],
    ] as const) {
      goal += Math.sign(rpm) * revolutions * TICKS;
      const going = turning.goFor(rpm, revolutions);
      await plant.run(50);
      assert.equal(await turning.isMoving(), true);
      await until(going);
      assert.equal(await turning.isMoving(), false);
      await plant.run(1000);
      near(plant.ticks, goal, tolerance);
      goal = plant.ticks;
    }
  });

  test(`setRpm by ${kind} keeps the speed until told otherwise`, async () => {
    const { plant, turning } = await scene(attributes);
    await turning.setRpm(150);
    await plant.run(3000);
    let sum = 0;
    for (let sample = 0; sample < 50; sample += 1) {
      await plant.run(20);
      sum += plant.speed;
    }
    near(sum / 50, 500, 40);
    await turning.setRpm(-60);
    await plant.run(4000);
    near(plant.speed, -200, 90);
    assert.equal(await turning.isMoving(), true);
    await turning.stop();
    assert.equal(await turning.isMoving(), false);
    await plant.run(1000);
    near(plant.speed, 0, 1);
  });
}

test("goTo goes to a place, by the shorter sign, and a reset makes another place zero", async () => {
  const { plant, turning, until } = await scene({ control_parameters: GAINS });
  await until(turning.goTo(-120, 2));
  near(await turning.getPosition(), 2, 0.05);
  await plant.run(500);
  await turning.resetZeroPosition(0.5);
  near(await turning.getPosition(), -0.5, 0.01);
  await until(turning.goTo(120, -1));
  near(await turning.getPosition(), -1, 0.05);
  const before = plant.ticks;
  await until(turning.goTo(120, await turning.getPosition()), 10);
  near(plant.ticks, before, 5);
  assert.deepEqual(await turning.getProperties(), { positionReporting: true });
});

test("goTo by a ramp does nothing nearer than a tenth of a turn", async () => {
  const { turning, until } = await scene();
  await until(turning.goTo(100, 0.09), 5);
  assert.equal(await turning.isMoving(), false);
});

test("a shaft that is held stops the motor, with an error that says what to look at", async () => {
  const { plant, turning, until } = await scene();
  plant.isBlocked = true;
  await assert.rejects(until(turning.goFor(100, 5)), /stopped: no tick of the encoder in 2\.0 s at \d+ % power: the motor is blocked/);
  assert.equal(await turning.isMoving(), false);
  plant.isBlocked = false;
  await until(turning.goFor(100, 1));
});

test("a stall while a speed is kept is logged and shown, and the motor stops", async () => {
  const { bench, plant, turning } = await scene({ control_parameters: GAINS, stall_timeout_ms: 500 });
  await turning.setRpm(100);
  await plant.run(1000);
  plant.isBlocked = true;
  await plant.run(1000);
  assert.equal(await turning.isMoving(), false);
  assert.ok(bench.logs.some(({ level, message }) => level === "error" && message.includes("does not keep its speed")));
  assert.match(String((await turning.getStatus())["last_error"]), /no tick of the encoder in 0\.5 s/);
  plant.isBlocked = false;
  await turning.setRpm(100);
  assert.equal((await turning.getStatus())["last_error"], undefined);
});

test("an encoder wired the wrong way round stops the motor instead of letting it run away", async () => {
  const { plant, turning, until } = await scene();
  plant.isSwapped = true;
  await assert.rejects(until(turning.goFor(100, 5)), /counted \d+ ticks backward in .*swap the encoder's pins/);
  assert.equal(await turning.isMoving(), false);
});

test("a motor that is far too slow gives up in the end", async () => {
  const { turning, until } = await scene({ max_power_pct: 0.06 });
  await assert.rejects(until(turning.goFor(300, 50), 200_000), /stopped: not at the goal after 55\.0 s/);
  assert.equal(await turning.isMoving(), false);
});

test("an encoder that fails stops the motor", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  let isBroken = false;
  let ticks = 0;
  bench.addForeign("rdk:component:encoder/e", {
    getProperties: async () => ({ ticksSupported: true, degreesSupported: false }),
    getPosition: async () => {
      if (isBroken) throw new Error("no answer on the bus");
      ticks += 1;
      return { value: ticks, unit: "ticks" };
    },
  });
  const attributes = { board: "pi", pins: { dir: "11", pwm: "15" }, encoder: "e", ticks_per_rotation: 100 };
  const turning = await bench.add(motor, MOTOR, "m", attributes);
  const going = assert.rejects(turning.goFor(60, 100), /no answer on the bus/);
  await bench.clock.advance(300);
  assert.equal(await turning.isMoving(), true);
  isBroken = true;
  await bench.clock.advance(20);
  await going;
  assert.equal(await turning.isMoving(), false);
  isBroken = false;
  await turning.setPower(1);
  bench.addForeign("rdk:component:encoder/angle", { getProperties: async () => ({ ticksSupported: false, degreesSupported: true }) });
  await assert.rejects(
    bench.add(motor, MOTOR, "other", { ...attributes, encoder: "angle" }),
    /attributes\.encoder: expected one that counts ticks/,
  );
});

test("without an encoder goFor turns for the time that the speed takes, and positions are not known", async () => {
  const { bench, plant, turning } = await scene({ encoder: "", max_rpm: 200 });
  const going = turning.goFor(-100, 5);
  await bench.clock.advance(0);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: -0.5 });
  await plant.run(2999);
  assert.equal(await turning.isMoving(), true);
  await plant.run(2);
  await going;
  assert.equal(await turning.isMoving(), false);
  const fast = turning.goFor(1000, 10);
  await plant.run(2999);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 1 });
  await plant.run(2);
  await fast;
  await turning.setRpm(50);
  assert.deepEqual(await turning.isPowered(), { isOn: true, power: 0.25 });
  assert.equal(await turning.getPosition(), 0);
  assert.deepEqual(await turning.getProperties(), { positionReporting: false });
  await assert.rejects(turning.goTo(1, 1), /GoTo needs to know the motor's position/);
  await assert.rejects(turning.resetZeroPosition(0), /ResetZeroPosition needs/);
});

test("speeds and distances of nothing are refused, nearly full speed is warned of", async () => {
  const { bench, turning } = await scene({ max_rpm: 100 });
  await assert.rejects(turning.goFor(0.05, 1), /Cannot move motor at an RPM that is nearly 0/);
  await assert.rejects(turning.setRpm(0), /Cannot move motor at an RPM that is nearly 0/);
  await assert.rejects(turning.goTo(-0.01, 1), /Cannot move motor at an RPM that is nearly 0/);
  await assert.rejects(turning.goFor(10, 0), /Cannot move motor for 0 revolutions/);
  await assert.rejects(turning.setPower(Number.NaN), /power_pct: expected a finite number/);
  await turning.setRpm(99.95);
  assert.ok(bench.logs.some(({ message }) => message.includes("nearly all it can do")));
});

test("gains of 0 wait for tuning, which finds some that work", async () => {
  const { plant, turning, until, bench } = await scene({ control_parameters: { p: 0, i: 0, d: 0 } });
  await assert.rejects(turning.goFor(100, 1), /all gains are 0; DoCommand \{"tune_pid": true\}/);
  assert.equal(await turning.isMoving(), false);
  await assert.rejects(turning.doCommand({ get_tuned_pid: true }), /not tuned/);
  const gains = await until(turning.doCommand({ tune_pid: true }));
  assert.equal(await turning.isMoving(), false);
  assert.deepEqual(await turning.doCommand({ get_tuned_pid: true }), gains);
  await bench.close(turning);
  const pins = { a: "11", b: "13", pwm: "15" };
  const attributes = { board: "pi", pins, encoder: "e", ticks_per_rotation: TICKS, control_parameters: gains };
  const again = await bench.add(motor, MOTOR, "m", attributes);
  await plant.run(1000);
  const before = plant.ticks;
  await until(again.goFor(120, 3));
  await plant.run(500);
  near(plant.ticks - before, 600, 15);
  await assert.rejects(again.doCommand({ sing: true }), /expected \{"tune_pid": true\}/);
});

test("a single encoder counts down while its motor turns backward", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:single", "e", { board: "pi", pins: { i: "16" } });
  const pins = { dir: "11", pwm: "15" };
  const turning = await bench.add(motor, MOTOR, "m", { board: "pi", pins, encoder: "e", ticks_per_rotation: 10 });
  await turning.setPower(-0.5);
  bench.fake.gpio.drive(io(23), true);
  bench.fake.gpio.drive(io(23), false);
  assert.equal((await counter.getPosition()).value, -2);
  assert.equal(await turning.getPosition(), -0.2);
});
