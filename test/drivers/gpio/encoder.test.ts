/** Encoders on lines that the test walks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, type CallOptions, encoder } from "pinion/sdk";
import { Bench, io } from "./support/bench.js";

const A = io(23);
const B = io(24);

async function walk(bench: Bench, states: readonly (readonly [boolean, boolean])[]): Promise<void> {
  for (const [a, b] of states) {
    bench.fake.gpio.drive(A, a);
    bench.fake.gpio.drive(B, b);
  }
}

const FORWARD = [
  [false, true],
  [true, true],
  [true, false],
  [false, false],
] as const;
const BACKWARD = [
  [true, false],
  [true, true],
  [false, true],
  [false, false],
] as const;

test("two ticks for a period, forward and backward", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "16", b: "18" } });
  await walk(bench, [...FORWARD, ...FORWARD, ...FORWARD]);
  assert.deepEqual(await counter.getPosition(), { value: 6, unit: "ticks" });
  await walk(bench, [...BACKWARD, ...BACKWARD, ...BACKWARD, ...BACKWARD]);
  assert.deepEqual(await counter.getPosition("ticks"), { value: -2, unit: "ticks" });
  await counter.resetPosition();
  assert.equal((await counter.getPosition()).value, 0);
  assert.deepEqual(await counter.getProperties(), { ticksSupported: true, degreesSupported: false });
  await assert.rejects(counter.getPosition("degrees"), /knows no degrees/);
});

test("the first state is the levels of the lines, so that nothing is counted for it", async () => {
  const bench = new Bench();
  bench.fake.gpio.drive(A, true);
  bench.fake.gpio.drive(B, true);
  await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "16", b: "18" } });
  await walk(bench, [
    [true, false],
    [false, false],
  ]);
  assert.equal((await counter.getPosition()).value, 1);
});

test("A and B are in one request, and pins may be named by the board's interrupts, which go on counting", async () => {
  const bench = new Bench();
  const attributes = {
    digital_interrupts: [
      { name: "left-a", pin: "16" },
      { name: "left-b", pin: "18" },
    ],
  };
  const pins = await bench.add(board, "rdk:builtin:linux", "pi", attributes);
  assert.equal(bench.fake.gpio.openRequests.length, 2, "the board watches its interrupts");
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "left-a", b: "left-b" } });
  assert.deepEqual(bench.fake.gpio.openRequests, [{ consumer: "e", addresses: [A, B] }]);
  await walk(bench, [...FORWARD, ...FORWARD]);
  assert.equal((await counter.getPosition()).value, 4);
  assert.equal(await pins.getDigitalInterruptValue("left-a"), 2, "rising edges only");
  assert.equal(await pins.getGpio("left-b"), false, "reading is allowed");
  await assert.rejects(pins.setGpio("16", true), /held by e/);
  await bench.close(counter);
  await walk(bench, FORWARD);
  assert.equal(await pins.getDigitalInterruptValue("left-a"), 3, "watched by the board again");
});

test("lost edges are logged and shown", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "16", b: "18" } });
  bench.fake.gpio.loseEdges(A, 2);
  await walk(bench, [...FORWARD, ...FORWARD]);
  const warnings = (): number => bench.logs.filter(({ message }) => message.includes("edges came faster")).length;
  assert.equal(warnings(), 1);
  assert.equal((await counter.getStatus())["edges_lost"], 2);
  for (let time = 0; time < 9; time += 1) {
    bench.fake.gpio.loseEdges(A, 1);
    await walk(bench, [...FORWARD, ...FORWARD]);
    await bench.clock.advance(1000);
  }
  assert.equal(warnings(), 1, "not for every edge");
  await bench.clock.advance(1000);
  await walk(bench, FORWARD);
  assert.equal(warnings(), 2);
});

test("an encoder whose board is closed gives no position", async () => {
  const bench = new Bench();
  const pins = await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "pi", pins: { a: "16", b: "18" } });
  await bench.close(pins);
  await assert.rejects(counter.getPosition(), /edges of 16, 18 are not told any more: board pi is closed/);
  await bench.close(counter);
});

test("a single encoder counts both edges, upward without a motor, else as its motor turns", async () => {
  const bench = new Bench();
  await bench.add(board, "rdk:builtin:linux", "pi");
  const counter = await bench.add(encoder, "rdk:builtin:single", "e", { board: "pi", pins: { i: "16" } });
  await walk(bench, [...FORWARD, ...FORWARD]);
  assert.equal((await counter.getPosition()).value, 4);
  bench.rig.directedEncoders.get("rdk:component:encoder/e")?.turn(-1);
  await walk(bench, FORWARD);
  assert.equal((await counter.getPosition()).value, 2);
  await bench.close(counter);
  assert.equal(bench.rig.directedEncoders.size, 0);
  assert.equal(bench.fake.gpio.openRequests.length, 0);
});

test("an encoder on a board of another module counts its ticks, and says when they end", async () => {
  const bench = new Bench();
  let tell: (tick: { pin: string; time: bigint; isHigh: boolean } | undefined) => void = () => undefined;
  async function* ticks(): AsyncGenerator<{ pin: string; time: bigint; isHigh: boolean }> {
    for (;;) {
      const tick = await new Promise<{ pin: string; time: bigint; isHigh: boolean } | undefined>((resolve) => {
        tell = resolve;
      });
      if (tick === undefined) return;
      yield tick;
    }
  }
  bench.addForeign("rdk:component:board/other", { getGpio: async () => false, streamTicks: async () => ticks() });
  const counter = await bench.add(encoder, "rdk:builtin:incremental", "e", { board: "other", pins: { a: "x", b: "y" } });
  for (const [pin, isHigh] of [
    ["y", true],
    ["x", true],
  ] as const) {
    await new Promise(setImmediate);
    tell({ pin, isHigh, time: 1n });
  }
  await new Promise(setImmediate);
  assert.equal((await counter.getPosition()).value, 1);
  tell(undefined);
  await new Promise(setImmediate);
  await assert.rejects(counter.getPosition(), /board other does not tell edges of x, y any more/);
});

test("a board of another module whose levels cannot be read is not listened to", async () => {
  const bench = new Bench();
  let signal: AbortSignal | undefined;
  bench.addForeign("rdk:component:board/other", {
    getGpio: async () => {
      throw new Error("no such pin");
    },
    streamTicks: async (_pins: readonly string[], options?: CallOptions) => {
      signal = options?.signal;
      return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
    },
  });
  const added = bench.add(encoder, "rdk:builtin:incremental", "e", { board: "other", pins: { a: "x", b: "y" } });
  await assert.rejects(added, /no such pin/);
  assert.equal(signal?.aborted, true);
});

test("a line that something else holds is named with its holder", async () => {
  const bench = new Bench();
  bench.fake.gpio.hog(B, "spi0 CS1");
  await bench.add(board, "rdk:builtin:linux", "pi");
  const attributes = { board: "pi", pins: { a: "16", b: "18" } };
  await assert.rejects(bench.add(encoder, "rdk:builtin:incremental", "e", attributes), /held by "spi0 CS1"/);
  bench.fake.gpio.unhog(B);
  await bench.add(encoder, "rdk:builtin:incremental", "e", attributes);
});

test("what is wrong with the attributes is named", async () => {
  const bench = new Bench();
  await assert.rejects(
    bench.validate(encoder, "rdk:builtin:incremental", { pins: { a: "1", b: "2" } }),
    /attributes\.board: expected the name/,
  );
  await assert.rejects(
    bench.validate(encoder, "rdk:builtin:incremental", { board: "pi", pins: { a: "1" } }),
    /attributes\.pins\.b: expected a pin/,
  );
  await assert.rejects(
    bench.validate(encoder, "rdk:builtin:incremental", { board: "pi", pins: { a: "1", b: "1" } }),
    /different pins, got 1/,
  );
  assert.deepEqual(await bench.validate(encoder, "rdk:builtin:single", { board: "pi", pins: { i: 7 } }), {
    required: ["pi"],
    hardware: { claims: [{ kind: "pin", board: "pi", pin: "7" }] },
  });
});
