/** An ultrasonic sensor with an echo that the test makes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, type Handle, type Sensor, sensor } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const SENSOR = "rdk:builtin:ultrasonic";
const [TRIGGER, ECHO] = [io(17), io(27)];
const ATTRIBUTES = { board: "pi", trigger_pin: "11", echo_interrupt_pin: "13", timeout_ms: 100 };

interface Scene {
  readonly bench: Bench;
  readonly sonar: Handle<Sensor>;
  /** Nanoseconds that the echo is high after the next pulse; undefined gives none. */
  width: number | undefined;
  read(): Promise<Readonly<Record<string, unknown>>>;
}

async function scene(attributes: object = {}, model = SENSOR): Promise<Scene> {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:pi5", "pi");
  const sonar = await bench.add(sensor, model, "s", { ...ATTRIBUTES, ...attributes });
  const made: Scene = {
    bench,
    sonar,
    width: undefined,
    read: async () => {
      const reading = sonar.getReadings();
      reading.catch(() => undefined);
      await bench.clock.advance(1200);
      return await reading;
    },
  };
  bench.fake.gpio.onChange(TRIGGER, ({ isHigh, time }) => {
    if (isHigh || made.width === undefined) return;
    bench.fake.gpio.drive(ECHO, true, time + 450_000n);
    bench.fake.gpio.drive(ECHO, false, time + 450_000n + BigInt(made.width));
  });
  return made;
}

test("the distance is half the way of the sound, by the kernel's time", async () => {
  for (const model of [SENSOR, "viam:ultrasonic:sensor"]) {
    const made = await scene({}, model);
    for (const [width, metres] of [
      [5_830_904, 1],
      [583_090, 0.1],
      [23_323_615, 4],
    ] as const) {
      made.width = width;
      const { distance } = await made.read();
      assert.ok(Math.abs(Number(distance) - metres) < 1e-5, `${distance}`);
    }
  }
});

test("the temperature of the air changes the speed of sound", async () => {
  const made = await scene({ temperature_celsius: 0 });
  made.width = 2_000_000;
  assert.ok(Math.abs(Number((await made.read())["distance"]) - 0.3313) < 1e-9);
});

test("what is not an echo is an error and no distance, and the next reading is right", async () => {
  const made = await scene();
  const { gpio } = made.bench.fake;
  await assert.rejects(made.read(), /echo pin 13 did not rise within 100 ms of the pulse on 11: check both wires/);
  made.width = 38_000_000;
  await assert.rejects(made.read(), /no echo: nothing within 4 m \(the echo pin was high for 38\.0 ms\)/);
  made.width = 15_000;
  await assert.rejects(made.read(), /expected an echo of 90 us or more, got 15 us/);
  made.width = undefined;
  const end = gpio.onChange(TRIGGER, ({ isHigh }) => {
    if (!isHigh) gpio.drive(ECHO, true);
  });
  await assert.rejects(made.read(), /rose and did not fall within 100 ms/);
  end();
  await assert.rejects(made.read(), /the echo pin is high before the pulse/);
  gpio.drive(ECHO, false);
  made.width = 5_830_904;
  gpio.loseEdges(ECHO, 1);
  await assert.rejects(made.read(), /did not rise|edges of the echo pin were lost/);
  gpio.fail("set", 1);
  await assert.rejects(made.read(), /EIO/);
  gpio.drive(TRIGGER, false);
  assert.ok(Math.abs(Number((await made.read())["distance"]) - 1) < 1e-5);
});

test("several callers share a measurement, and pulses keep their distance", async () => {
  const made = await scene();
  made.width = 1_000_000;
  const readings = Promise.all([made.sonar.getReadings(), made.sonar.getReadings(), made.sonar.getReadings()]);
  await made.bench.clock.advance(10);
  await readings;
  const second = made.sonar.getReadings();
  await made.bench.clock.advance(60);
  await second;
  const times = made.bench.fake.gpio
    .history(TRIGGER)
    .filter(({ isHigh }) => isHigh)
    .map(({ time }) => Number(time) / 1e6);
  assert.equal(times.length, 2);
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 60);
});

test("times that are not the kernel's are refused, by name of what has none", async () => {
  const bench = new Bench();
  const { gpio } = bench.fake;
  const watch = gpio.watch.bind(gpio);
  gpio.watch = (...parameters) => Object.defineProperty(watch(...parameters), "hasKernelTime", { value: false });
  await bench.add(board, "rdk:builtin:pi5", "pi");
  await assert.rejects(
    bench.add(sensor, SENSOR, "s", ATTRIBUTES),
    /needs the kernel's time of edges, which fake has not: a millisecond is 17 cm/,
  );
  assert.equal(gpio.openRequests.length, 0);
});

test("closing ends a measurement and lets go of both pins", async () => {
  const made = await scene();
  const reading = assert.rejects(made.sonar.getReadings(), /the sensor is closed/);
  await made.bench.clock.advance(5);
  await made.bench.close(made.sonar);
  await reading;
  assert.equal(made.bench.fake.gpio.openRequests.length, 0);
});

test("what is wrong with the attributes is named", async () => {
  const bench = new Bench();
  await assert.rejects(bench.validate(sensor, SENSOR, { board: "pi", trigger_pin: "1" }), /attributes\.echo_interrupt_pin: expected a pin/);
  await assert.rejects(
    bench.validate(sensor, SENSOR, { ...ATTRIBUTES, echo_interrupt_pin: "11" }),
    /expected another pin than trigger_pin, got 11/,
  );
  await assert.rejects(bench.validate(sensor, SENSOR, { ...ATTRIBUTES, timeout_ms: -1 }), /attributes\.timeout_ms/);
});
