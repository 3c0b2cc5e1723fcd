import assert from "node:assert/strict";
import { test } from "node:test";
import { millis } from "../../../src/base/millis.js";
import { FakeGpio } from "../../../src/hardware/gpio/fake-gpio.js";
import type { Edge } from "../../../src/hardware/gpio/gpio.js";
import { manualClock } from "../../support/manual-clock.js";

const CHIP = "pinctrl-rp1";
const line = (offset: number): { chip: string; offset: number } => ({ chip: CHIP, offset });
const options = { consumer: "motor" };

function levels(edges: readonly Edge[]): string {
  return edges.map(({ index, isHigh }) => `${index}${isHigh ? "+" : "-"}`).join(" ");
}

test("a line belongs to one request", () => {
  const gpio = new FakeGpio();
  const first = gpio.openInputs([line(1)], options);
  assert.throws(() => gpio.openOutputs([line(1)], { consumer: "other", initial: [true] }), {
    code: "GPIO_LINE_BUSY",
    message: 'GPIO line pinctrl-rp1/1 is held by "motor"',
  });
  first.close();
  gpio.openOutputs([line(1)], { consumer: "other", initial: [true] });
  assert.deepEqual(gpio.lineInfo(line(1)), { ...line(1), name: "", consumer: "other", isUsed: true, isOutput: true });
});

test("a hogged line, a missing line and a missing chip are refused as by the kernel", () => {
  const gpio = new FakeGpio({ chips: [{ label: CHIP, lines: 4, names: { 2: "LED" } }] });
  gpio.hog(line(1), "1-wire");
  assert.throws(() => gpio.openInputs([line(1)], options), { code: "GPIO_LINE_BUSY", message: /"1-wire"/ });
  gpio.unhog(line(1));
  gpio.openInputs([line(1)], options);
  assert.throws(() => gpio.openInputs([line(4)], options), { code: "GPIO_LINE_MISSING", message: /0 to 3/ });
  assert.throws(() => gpio.openInputs([{ chip: "x", offset: 0 }], options), { code: "GPIO_CHIP_MISSING", message: /pinctrl-rp1/ });
  assert.deepEqual(gpio.findLine("LED"), line(2));
});

test("outputs begin with their level and no other, and keep it when they are closed", () => {
  const clock = manualClock();
  const gpio = new FakeGpio({ clock });
  const outputs = gpio.openOutputs([line(1), line(2)], { ...options, initial: [true, false] });
  clock.advance(millis(5));
  outputs.set([undefined, true]);
  outputs.set([true, true]);
  outputs.close();
  assert.deepEqual(gpio.history(), [
    { address: line(1), isHigh: true, time: 0n },
    { address: line(2), isHigh: true, time: 5_000_000n },
  ]);
  assert.equal(gpio.level(line(1)), true);
  assert.equal(gpio.direction(line(1)), undefined);
  assert.throws(() => outputs.set([true, true]), { code: "GPIO_FAILED" });
});

test("levels of active-low lines are the other way round on the wire", () => {
  const gpio = new FakeGpio();
  const output = gpio.openOutputs([line(1)], { ...options, initial: [true], isActiveLow: true });
  assert.equal(gpio.level(line(1)), false);
  output.set([false]);
  assert.equal(gpio.level(line(1)), true);
  gpio.drive(line(2), true);
  assert.deepEqual(gpio.openInputs([line(2)], { ...options, isActiveLow: true }).get(), [false]);
});

test("a driven input gives the edges that were asked for, at once, with the clock's time", () => {
  const clock = manualClock();
  const gpio = new FakeGpio({ clock });
  const both: Edge[] = [];
  const falling: Edge[] = [];
  gpio.watch([line(1), line(2)], options, (edges) => both.push(...edges));
  gpio.watch([line(3)], { ...options, edges: "falling" }, (edges) => falling.push(...edges));
  for (const offset of [1, 2, 3]) gpio.drive(line(offset), true);
  clock.advance(millis(2));
  gpio.drive(line(1), true); // no change, no edge
  for (const offset of [2, 1, 3]) gpio.drive(line(offset), false);
  assert.equal(levels(both), "0+ 1+ 1- 0-");
  assert.deepEqual(falling, [{ index: 0, isHigh: false, time: 2_000_000n }]);
});

test("a test may give the time of an edge", () => {
  const gpio = new FakeGpio();
  const edges: Edge[] = [];
  gpio.watch([line(1)], options, (more) => edges.push(...more));
  for (let index = 0; index < 4; index++) gpio.drive(line(1), index % 2 === 0, BigInt(index) * 500n);
  assert.deepEqual(
    edges.map(({ time }) => time),
    [0n, 500n, 1000n, 1500n],
  );
});

test("what the tested side causes over a wire reaches its watchers after the call, as from a kernel", async () => {
  const gpio = new FakeGpio();
  gpio.connect(line(1), line(2));
  const edges: Edge[] = [];
  gpio.watch([line(2)], options, (more) => edges.push(...more));
  const output = gpio.openOutputs([line(1)], { ...options, initial: [false] });
  output.set([true]);
  output.set([false]);
  assert.equal(edges.length, 0);
  await Promise.resolve();
  assert.equal(levels(edges), "0+ 0-");
  output.set([true]);
  gpio.flush();
  assert.equal(levels(edges), "0+ 0- 0+");
});

test("something outside can answer an output, as an ultrasonic sensor does", async () => {
  const clock = manualClock();
  const gpio = new FakeGpio({ clock });
  const edges: Edge[] = [];
  gpio.watch([line(2)], options, (more) => edges.push(...more));
  const trigger = gpio.openOutputs([line(1)], { ...options, initial: [false] });
  const end = gpio.onChange(line(1), ({ isHigh, time }) => {
    if (isHigh) return;
    gpio.drive(line(2), true, time + 100_000n);
    gpio.drive(line(2), false, time + 1_100_000n);
  });
  trigger.set([true]);
  trigger.set([false]);
  await Promise.resolve();
  assert.equal((edges[1]?.time ?? 0n) - (edges[0]?.time ?? 0n), 1_000_000n);
  end();
  trigger.set([true]);
  trigger.set([false]);
  await Promise.resolve();
  assert.equal(edges.length, 2);
});

test("a debounced level counts when it has lasted", () => {
  const clock = manualClock();
  const gpio = new FakeGpio({ clock });
  const edges: Edge[] = [];
  const watch = gpio.watch([line(1)], { ...options, debounce: 10_000 }, (more) => edges.push(...more));
  for (let bounce = 0; bounce < 5; bounce++) {
    gpio.drive(line(1), bounce % 2 === 0);
    clock.advance(millis(4));
  }
  assert.deepEqual(watch.get(), [false]);
  clock.advance(millis(6));
  assert.equal(levels(edges), "0+");
  assert.deepEqual(watch.get(), [true]);
  gpio.drive(line(1), false);
  watch.close();
  clock.advance(millis(20));
  assert.equal(edges.length, 1);
  assert.equal(clock.pending, 0);
});

test("bias decides where nobody drives", () => {
  const gpio = new FakeGpio();
  const input = gpio.openInputs([line(1)], { ...options, bias: "up" });
  assert.deepEqual(input.get(), [true]);
  gpio.drive(line(1), false);
  assert.deepEqual(input.get(), [false]);
  gpio.release(line(1));
  assert.deepEqual(input.get(), [true]);
});

test("an open drain pulls low and lets go", () => {
  const gpio = new FakeGpio();
  const output = gpio.openOutputs([line(1)], { ...options, drive: "open-drain", initial: [true], bias: "up" });
  assert.equal(gpio.level(line(1)), true);
  gpio.drive(line(1), false);
  assert.equal(gpio.level(line(1)), false, "somebody else pulls low");
  gpio.release(line(1));
  output.set([false]);
  assert.equal(gpio.level(line(1)), false);
});

test("calls can be made to fail, and a chip to go away and come back", () => {
  const gpio = new FakeGpio();
  const output = gpio.openOutputs([line(1)], { ...options, initial: [false] });
  gpio.fail("set", 2);
  assert.throws(() => output.set([true]), { code: "GPIO_FAILED" });
  assert.throws(() => output.set([true]), { code: "GPIO_FAILED" });
  output.set([true]);
  gpio.fail("open");
  assert.throws(() => gpio.openInputs([line(2)], options), { code: "GPIO_FAILED" });
  gpio.fail("get", 5);
  gpio.heal();
  assert.deepEqual(output.get(), [true]);
  gpio.removeChip(CHIP);
  assert.throws(() => output.set([false]), { code: "GPIO_CHIP_MISSING" });
  gpio.addChip({ label: CHIP, lines: 54 });
  output.set([false]);
});

test("lost edges are counted and not delivered", () => {
  const gpio = new FakeGpio();
  const edges: Edge[] = [];
  const watch = gpio.watch([line(1)], options, (more) => edges.push(...more));
  gpio.loseEdges(line(1), 2);
  for (const isHigh of [true, false, true]) gpio.drive(line(1), isHigh);
  assert.equal(levels(edges), "0+");
  assert.equal(watch.lost, 2);
});

test("closing it closes all requests", () => {
  const gpio = new FakeGpio();
  gpio.openInputs([line(1)], options);
  assert.deepEqual(gpio.openRequests, [{ consumer: "motor", addresses: [line(1)] }]);
  gpio.close();
  assert.deepEqual(gpio.openRequests, []);
});
