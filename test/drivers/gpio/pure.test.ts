/** The parts without hardware: decoder, controllers, limits, pulses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Quadrature } from "../../../drivers/gpio/encoder/quadrature.js";
import { Pid } from "../../../drivers/gpio/motor/pid.js";
import { doneWithin, PidControl } from "../../../drivers/gpio/motor/pid-control.js";
import { isNearlyMost, isNearlyZero, limitPower } from "../../../drivers/gpio/motor/power-limits.js";
import { RampControl } from "../../../drivers/gpio/motor/ramp-control.js";
import { StallWatch } from "../../../drivers/gpio/motor/stall.js";
import { rpmOf, stepRate, stepsAfter, stepsFor } from "../../../drivers/gpio/motor/step-count.js";
import { Trapezoid } from "../../../drivers/gpio/motor/trapezoid.js";
import { gainsOf, STEP_POWER } from "../../../drivers/gpio/motor/tune.js";
import { distanceOf, echoWidth, speedOfSound } from "../../../drivers/gpio/sensor/echo.js";
import { angleOf, dutyOf, highestFrequency, widthOf, widthOfDuty } from "../../../drivers/gpio/servo/pulse.js";

// State: b << 1 | a. The order in which an encoder that counts upward goes through its states.
const UPWARD = [0b00, 0b10, 0b11, 0b01];

function stepTo(counter: Quadrature, from: number, to: number): void {
  if ((from ^ to) & 1) counter.edge("a", (to & 1) === 1);
  if ((from ^ to) & 2) counter.edge("b", (to & 2) === 2);
}

test("each of the eight steps of an encoder counts half a tick in its direction", () => {
  for (const [index, from] of UPWARD.entries()) {
    const up = UPWARD[(index + 1) % 4] ?? 0;
    const counter = new Quadrature((from & 1) === 1, (from & 2) === 2);
    stepTo(counter, from, up);
    assert.equal(counter.ticks, 0, "half a tick");
    stepTo(counter, up, UPWARD[(index + 2) % 4] ?? 0);
    assert.equal(counter.ticks, 1);
    const down = UPWARD[(index + 3) % 4] ?? 0;
    const other = new Quadrature((from & 1) === 1, (from & 2) === 2);
    stepTo(other, from, down);
    assert.equal(other.ticks, -1, "as a shift to the right rounds");
  }
});

test("any walk counts where it ends, and a level that is told again counts nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(-1, 0, 1)), fc.nat(3), (steps, start) => {
      let place = start;
      const first = UPWARD[start] ?? 0;
      const counter = new Quadrature((first & 1) === 1, (first & 2) === 2);
      for (const step of steps) {
        const from = UPWARD[((place % 4) + 4) % 4] ?? 0;
        place += step;
        const to = UPWARD[((place % 4) + 4) % 4] ?? 0;
        stepTo(counter, from, to);
        counter.edge("a", (to & 1) === 1);
      }
      assert.equal(counter.ticks, Math.floor((place - start) / 2));
      counter.reset();
      assert.equal(counter.ticks, 0);
    }),
  );
});

test("power is off up to one percent, and between the limits above, with its sign", () => {
  const limits = { least: 0.2, most: 0.8 };
  for (const [asked, given] of [
    [0, 0],
    [0.01, 0],
    [-0.01, 0],
    [0.02, 0.2],
    [-0.1, -0.2],
    [0.5, 0.5],
    [-1, -0.8],
    [7, 0.8],
  ] as const) {
    assert.equal(limitPower(asked, limits) + 0, given);
  }
  assert.ok(isNearlyZero(0.09) && isNearlyZero(-0.09) && !isNearlyZero(0.1));
  assert.ok(isNearlyMost(99.95, 100) && isNearlyMost(-200, 100) && !isNearlyMost(99, 100) && !isNearlyMost(99, 0));
});

test("a ramp begins at a fifth of the power, changes it every 50 ms by the sign of the error and ends behind the goal", () => {
  const ramp = new RampControl({ speed: 100, direction: -1, goal: -50 }, 0.05, 0);
  const powers: (number | undefined)[] = [];
  for (let step = 1; step <= 10; step += 1) powers.push(ramp.step(0.01, -step));
  assert.deepEqual(powers.slice(0, 4), [-0.2, -0.2, -0.2, -0.2]);
  assert.equal(powers[4], -0.2, "100 ticks a second is what was asked for");
  assert.equal(ramp.step(0.05, -11), -0.25, "too slow");
  assert.ok(Math.abs((ramp.step(0.05, -31) ?? 0) + 0.2) < 1e-9, "too fast");
  assert.equal(ramp.step(0.01, -50), undefined);
});

test("a ramp never turns the motor round nor gives more than all, whatever the encoder says", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 60 }), (places) => {
      const ramp = new RampControl({ speed: 500, direction: 1, goal: undefined }, 0.5, 0);
      for (const place of places) {
        const power = ramp.step(0.05, place);
        assert.ok(power !== undefined && power >= 0 && power <= 1);
      }
    }),
  );
});

test("a PID gives p, i and d their share", () => {
  const pid = new Pid({ p: 2, i: 3, d: 0.5 }, 255);
  assert.equal(pid.step(10, 0.1), 20 + 3, "no slope before the second step");
  assert.equal(pid.step(20, 0.1), 40 + 3 + 6 + 0.5 * 100);
});

test("a PID stays within its limit and comes back from it at once", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e5, max: 1e5, noNaN: true })), (errors) => {
      const pid = new Pid({ p: 1, i: 50, d: 0.1 }, 255);
      for (const error of errors) assert.ok(Math.abs(pid.step(error, 0.01)) <= 255);
    }),
  );
  const pid = new Pid({ p: 1, i: 10, d: 0 }, 255);
  for (let step = 0; step < 1000; step += 1) pid.step(1000, 0.01);
  assert.ok(pid.step(-200, 0.01) < 100, "the integral did not run away");
});

test("a trapezoid never exceeds speed and acceleration, and comes to rest at its goal", () => {
  fc.assert(
    fc.property(fc.integer({ min: -20_000, max: 20_000 }), fc.integer({ min: 10, max: 4000 }), (goal, speed) => {
      const profile = new Trapezoid({ speed, acceleration: 30_000, approach: 6 });
      let place = 0;
      let before = 0;
      for (let step = 0; step < 5000 && Math.abs(goal - place) > 0.5; step += 1) {
        const now = profile.step(goal - place, 0.01);
        assert.ok(Math.abs(now) <= speed + 1e-9);
        if (Math.abs(now) > Math.abs(before)) assert.ok(Math.abs(now - before) <= 300 + 1e-9);
        before = now;
        place += now * 0.01;
        assert.ok(Math.sign(goal) * place <= Math.abs(goal) + 0.5, "not past the goal");
      }
      if (Math.abs(goal) / speed < 40) assert.ok(Math.abs(goal - place) <= 0.5);
    }),
    { numRuns: 50 },
  );
});

test("PID control is done within two ticks of its goal, or a twentieth of a turn of a coarse encoder", () => {
  assert.equal(doneWithin(1000), 2);
  assert.equal(doneWithin(1), 0.05);
  const control = new PidControl({ speed: 100, direction: 1, goal: 10 }, { p: 1, i: 0, d: 0 }, 0, 1000);
  assert.ok((control.step(0.01, 0) ?? 0) > 0);
  for (let step = 0; step < 4; step += 1) assert.notEqual(control.step(0.01, 8), undefined, "it may be passing by");
  assert.equal(control.step(0.01, 9), undefined);
});

test("a stall is time without a tick in the direction of the power", () => {
  const watch = new StallWatch(1000);
  assert.equal(watch.check(0, 0, 0.5), undefined);
  assert.equal(watch.check(900, 1, 0.5), undefined, "it moved");
  assert.equal(watch.check(1899, 1, 0.5), undefined);
  assert.deepEqual(watch.check(1900, 1, 0.5), { backward: 0, duration: 1000 });
  assert.equal(watch.check(2000, 1, 0), undefined, "without power nothing stalls");
  assert.equal(watch.check(3500, 1, -0.5), undefined, "a new direction has its own time");
  assert.deepEqual(watch.check(4500, 40, -0.5), { backward: 39, duration: 1000 });
  assert.equal(new StallWatch(0).check(1e9, 0, 1), undefined);
});

test("steps, rates and turns convert", () => {
  const geometry = { ticksPerRotation: 200, microsteps: 8 };
  assert.equal(stepRate(-60, geometry), 1600);
  assert.equal(rpmOf(1600, geometry), 60);
  assert.equal(stepsFor(-0.5, geometry), -800);
  assert.deepEqual(
    [0, 1, 999, 1000, 1001].map((time) => stepsAfter(time, 1)),
    [0, 1, 1, 2, 2],
  );
});

test("gains are found for a motor that follows with a lag", () => {
  const speed = 400;
  const lag = 0.15;
  const samples = Array.from({ length: 300 }, (_, index) => {
    const time = (index + 1) / 100;
    return { time, ticks: Math.round(speed * (time - lag * (1 - Math.exp(-time / lag)))) };
  });
  const { p, i, d, ticks_per_sec: fastest } = gainsOf(samples);
  const gain = speed / (STEP_POWER * 255);
  assert.ok(Math.abs(p * gain - 0.4) < 0.02, `p ${p}`);
  assert.ok(Math.abs(p / i - 0.8 * lag) < 0.03, `p/i ${p / i}`);
  assert.equal(d, 0);
  assert.ok(Math.abs(fastest - speed / STEP_POWER) < 30);
  assert.throws(() => gainsOf(samples.map(({ time }) => ({ time, ticks: 0 }))), /expected 50 ticks or more/);
  assert.throws(() => gainsOf([]), /expected 50 ticks or more/);
});

test("servo pulses are those of the datasheets: 500, 1500 and 2500 us for 0, 90 and 180 degrees", () => {
  const range = { minAngle: 0, maxAngle: 180, minWidth: 500, maxWidth: 2500 };
  assert.deepEqual(
    [0, 90, 180, -5, 400].map((angle) => widthOf(angle, range)),
    [500, 1500, 2500, 500, 2500],
  );
  assert.equal(dutyOf(1500, 50), 0.075);
  assert.equal(highestFrequency(2500), 392);
  const counts = [500, 1000, 1500, 2000, 2500].map((width) => Math.round(dutyOf(width, 50) * 4096));
  assert.deepEqual(counts, [102, 205, 307, 410, 512], "12 bits at 50 Hz");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 180 }), fc.integer({ min: 50, max: 392 }), (angle, frequency) => {
      assert.equal(Math.round(angleOf(widthOfDuty(dutyOf(widthOf(angle, range), frequency), frequency), range)), angle);
    }),
  );
});

test("an echo is half its time at the speed of sound", () => {
  const rise = { isHigh: true, time: 1_000_000n };
  assert.equal(echoWidth([]), undefined);
  assert.equal(echoWidth([rise]), undefined);
  assert.equal(echoWidth([{ isHigh: false, time: 5n }, rise]), undefined, "the end of an older one");
  assert.equal(echoWidth([rise, { isHigh: false, time: 6_830_904n }]), 5_830_904);
  assert.ok(Math.abs(distanceOf(5_830_904, speedOfSound(undefined)) - 1) < 1e-6, "5.83 ms are a metre");
  assert.equal(speedOfSound(20), 343.42);
  assert.throws(() => distanceOf(38_000_000, 343), /no echo/);
  assert.throws(() => distanceOf(20_000, 343), /90 us or more, got 20 us/);
});
