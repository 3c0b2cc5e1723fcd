/** The simulated world without any module around it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { batteryAt } from "../../../drivers/simulated/physics/battery.js";
import { type CircleState, circleAt } from "../../../drivers/simulated/physics/circle-drive.js";
import { type Edge, Line, pwmSignal } from "../../../drivers/simulated/physics/line.js";
import { Shaft } from "../../../drivers/simulated/physics/shaft.js";
import { Sweep } from "../../../drivers/simulated/physics/sweep.js";
import { TickDisc } from "../../../drivers/simulated/physics/tick-disc.js";
import { Wander } from "../../../drivers/simulated/physics/wander.js";

function time(): { now: () => number; pass: (seconds: number) => void } {
  let value = 0;
  return {
    now: () => value,
    pass: (seconds) => {
      value += seconds;
    },
  };
}

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `expected ${expected} within ${within}, got ${actual}`);

test("a shaft takes up speed gradually and keeps it", () => {
  const { now, pass } = time();
  const shaft = new Shaft(now, { lag: 0.2, brakeLag: 0.05 });
  shaft.drive(2);
  assert.equal(shaft.state().speed, 0);
  pass(0.2);
  near(shaft.state().speed, 2 * (1 - Math.exp(-1)), 1e-9);
  pass(10);
  near(shaft.state().speed, 2, 1e-9);
  near(shaft.state().angle, 2 * 10.2 - 2 * 0.2, 1e-9);
});

test("the angle of a shaft is the integral of its speed", () => {
  const { now, pass } = time();
  const shaft = new Shaft(now, { lag: 0.2, brakeLag: 0.05 });
  let integral = 0;
  const step = 1e-4;
  const run = (seconds: number): void => {
    for (let passed = 0; passed < seconds; passed += step) {
      const before = shaft.state().speed;
      pass(step);
      integral += ((before + shaft.state().speed) / 2) * step;
    }
  };
  shaft.drive(3);
  run(0.4);
  shaft.drive(-1);
  run(0.4);
  shaft.brake();
  run(0.4);
  shaft.turnTo(1.5, 2);
  run(3);
  near(shaft.state().angle, integral, 2e-4);
  assert.equal(shaft.state().angle, 1.5);
});

test("a shaft comes to rest exactly at its target, whatever it did before", () => {
  const speed = fc.double({ min: 0.01, max: 50, noNaN: true });
  const angle = fc.double({ min: -1000, max: 1000, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: -50, max: 50, noNaN: true }),
      fc.double({ min: 0, max: 5, noNaN: true }),
      angle,
      speed,
      (before, spell, target, rate) => {
        const { now, pass } = time();
        const shaft = new Shaft(now, { lag: 0.15, brakeLag: 0.03 });
        shaft.drive(before);
        pass(spell);
        const arrival = shaft.turnTo(target, rate);
        assert.ok(arrival >= now());
        pass(arrival - now() - 1e-9);
        near(shaft.state().angle, target, 1e-3);
        pass(1);
        assert.ok(shaft.state().angle === target && shaft.state().speed === 0);
      },
    ),
  );
});

test("a disc counts whole ticks of the shaft it sits on and keeps them when it is taken off", () => {
  const { now, pass } = time();
  const shaft = new Shaft(now, { lag: 0.1, brakeLag: 0.1 });
  const disc = new TickDisc(100);
  const unmount = disc.mount(shaft, 360);
  shaft.turnTo(2.5, 5);
  pass(60);
  assert.equal(disc.ticks(), 900);
  assert.equal(disc.degrees(), 180);
  shaft.turnTo(-0.25, 5);
  pass(60);
  assert.equal(disc.ticks(), -90);
  assert.equal(disc.degrees(), 270);
  unmount();
  shaft.drive(5);
  pass(60);
  assert.equal(disc.ticks(), -90);
  disc.reset();
  assert.equal(disc.ticks(), 0);
});

test("a sweep moves steadily, arrives, and holds where it is stopped", () => {
  const { now, pass } = time();
  const sweep = new Sweep(now, 10);
  assert.equal(sweep.isMoving(), false);
  assert.equal(sweep.goTo(100, 45), 2);
  pass(1);
  assert.equal(sweep.position(), 55);
  assert.equal(sweep.isMoving(), true);
  sweep.goTo(10, 45);
  pass(0.5);
  assert.equal(sweep.position(), 32.5);
  sweep.hold();
  pass(9);
  assert.equal(sweep.position(), 32.5);
  assert.equal(sweep.isMoving(), false);
});

test("two readings in a row differ, stay near the mean and come in the instrument's steps", () => {
  const { now, pass } = time();
  const wander = new Wander(now, { mean: 20, amplitude: 3, period: 100, resolution: 0.01, seed: "a" });
  let last = Number.NaN;
  for (let count = 0; count < 2000; count++) {
    const value = wander.read();
    assert.notEqual(value, last);
    near(value, 20, 3.5);
    assert.equal(value, Number(value.toFixed(2)));
    last = value;
    if (count % 2 === 0) pass(0.7);
  }
});

test("a value drifts slowly: it does not jump from one moment to the next", () => {
  const { now, pass } = time();
  const wander = new Wander(now, { mean: 0, amplitude: 1, period: 100, resolution: 0.001, seed: "b" });
  let last = wander.value();
  let furthest = 0;
  for (let count = 0; count < 1000; count++) {
    pass(0.1);
    near(wander.value(), last, 0.02);
    last = wander.value();
    furthest = Math.max(furthest, Math.abs(last));
  }
  assert.ok(furthest > 0.3, "and yet it gets somewhere");
});

test("a wave on a line is counted without anybody looking", () => {
  const { now, pass } = time();
  const line = new Line(now);
  line.drive(pwmSignal(0.25, 10));
  assert.equal(line.isHigh(), true);
  assert.equal(line.risingEdges(), 1);
  pass(0.03);
  assert.equal(line.isHigh(), false);
  pass(1);
  assert.equal(line.risingEdges(), 11);
  line.drive({ kind: "level", isHigh: true });
  assert.equal(line.risingEdges(), 12);
  line.drive({ kind: "level", isHigh: true });
  assert.equal(line.risingEdges(), 12);
});

test("listeners are told each edge once, in order, with its own time", () => {
  const { now, pass } = time();
  const line = new Line(now);
  const heard: Edge[] = [];
  const stop = line.listen((edge) => heard.push(edge));
  line.drive({ kind: "level", isHigh: true });
  pass(1);
  line.drive(pwmSignal(0.5, 4));
  pass(0.5);
  const next = line.tell();
  near(next ?? 0, 1.625, 1e-9);
  line.drive({ kind: "level", isHigh: false });
  pass(1);
  line.tell();
  assert.deepEqual(heard, [
    { time: 0, isHigh: true },
    { time: 1.125, isHigh: false },
    { time: 1.25, isHigh: true },
    { time: 1.375, isHigh: false },
    { time: 1.5, isHigh: true },
    { time: 1.5, isHigh: false },
  ]);
  stop();
  line.drive({ kind: "level", isHigh: true });
  assert.equal(heard.length, 6);
});

test("a battery empties, is charged, and its watts are volts times amperes", () => {
  const options = { capacity: 5, load: 2 };
  const hour = 3600;
  for (let at = 0; at < 20 * hour; at += 97) {
    const { charge, volts, amperes, watts } = batteryAt(at, options);
    assert.ok(charge >= 0.19 && charge <= 0.99);
    assert.ok(volts > 9 && volts < 13);
    assert.equal(watts, volts * amperes);
  }
  assert.ok(batteryAt(0, options).volts > batteryAt(1.5 * hour, options).volts);
  assert.ok(batteryAt(2 * hour, options).amperes < 0, "on the dock");
});

test("a circle's position, velocity, heading, turn and acceleration agree", () => {
  const step = 1e-4;
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1000, noNaN: true }),
      fc.double({ min: 0.5, max: 50, noNaN: true }),
      fc.oneof(fc.double({ min: 0.1, max: 5, noNaN: true }), fc.double({ min: -5, max: -0.1, noNaN: true })),
      (at, radius, speed) => {
        const state = (moment: number): CircleState => circleAt(moment, { latitude: 40, longitude: -74, altitude: 10, radius, speed });
        const [before, here, after] = [state(at), state(at + step), state(at + 2 * step)];
        near((after.east - before.east) / (2 * step), here.velocity.x, 1e-2);
        near((after.north - before.north) / (2 * step), here.velocity.y, 1e-2);
        near((after.velocity.x - before.velocity.x) / (2 * step), here.acceleration.x, 0.05);
        near((after.velocity.y - before.velocity.y) / (2 * step), here.acceleration.y, 0.05);
        near(Math.hypot(here.velocity.x, here.velocity.y), Math.abs(speed), 1e-9);
        const heading = (here.heading * Math.PI) / 180;
        near(Math.abs(speed) * Math.sin(heading), here.velocity.x, 1e-6);
        near(Math.abs(speed) * Math.cos(heading), here.velocity.y, 1e-6);
        assert.ok(here.heading >= 0 && here.heading < 360);
        assert.ok(here.yaw > -180 && here.yaw <= 180);
        near(Math.sin(((here.yaw + here.heading) * Math.PI) / 180), 0, 1e-9);
        // Turning left lowers the compass heading.
        const turned = ((after.heading - before.heading + 540) % 360) - 180;
        near(-turned / (2 * step), here.turnRate, Math.abs(here.turnRate) * 1e-3 + 1e-6);
        // A degree of latitude is about 111.2 km.
        near((here.latitude - 40) * 111_195, here.north, 0.01);
      },
    ),
  );
});
