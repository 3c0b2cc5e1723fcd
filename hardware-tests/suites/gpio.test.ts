/** The hardware layer's GPIO, against whatever is at the other end of the wires. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { type Edge, isPinionError } from "../../src/hardware/index.js";
import { eventually } from "../../test/support/eventually.js";
import { have, openRig, type Rig, type Wire } from "../rig.js";

const CONSUMER = "rdk:component:board/rig";

describe("GPIO", () => {
  let rig: Rig;

  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  /** The first `count` wires; the test is skipped where there are fewer. */
  const wires = (t: TestContext, count: number): readonly Wire[] | undefined => {
    const found = rig.wires.length < count ? undefined : rig.wires.slice(0, count);
    return have(t, found, `${count} pairs of jumpered pins`) ? found : undefined;
  };

  test("an output puts its level on the wire, and begins with the one it was given", (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    const output = rig.hardware.gpio.openOutputs([wire.line], { consumer: CONSUMER, initial: [true] });
    t.after(() => output.close());
    const seen = [wire.level()];
    for (const isHigh of [false, true, false]) {
      output.set([isHigh]);
      seen.push(wire.level());
    }
    assert.deepEqual(seen, [true, false, true, false]);
  });

  test("several outputs of one request change together, and undefined leaves one as it is", (t) => {
    const three = wires(t, 3);
    if (three === undefined) return;
    const lines = three.map(({ line }) => line);
    const outputs = rig.hardware.gpio.openOutputs(lines, { consumer: CONSUMER, initial: [true, false, true] });
    t.after(() => outputs.close());
    const levels = (): boolean[] => three.map((wire) => wire.level());
    assert.deepEqual(levels(), [true, false, true]);
    outputs.set([undefined, true, false]);
    assert.deepEqual(levels(), [true, true, false]);
    assert.deepEqual(outputs.get(), [true, true, false]);
  });

  test("an active-low output is low on the wire while it is on", (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    const output = rig.hardware.gpio.openOutputs([wire.line], { consumer: CONSUMER, initial: [true], isActiveLow: true });
    t.after(() => output.close());
    assert.equal(wire.level(), false);
    output.set([false]);
    assert.equal(wire.level(), true);
  });

  test("inputs read what the other end drives", (t) => {
    const two = wires(t, 2);
    if (two === undefined) return;
    const inputs = rig.hardware.gpio.openInputs(
      two.map(({ line }) => line),
      { consumer: CONSUMER },
    );
    t.after(() => inputs.close());
    for (const levels of [
      [false, false],
      [true, false],
      [true, true],
      [false, true],
    ]) {
      for (const [index, wire] of two.entries()) wire.drive(levels[index] === true);
      assert.deepEqual(inputs.get(), levels);
    }
  });

  test("every edge of two lines comes once, in order, with its level and a time that grows", async (t) => {
    const two = wires(t, 2);
    if (two === undefined) return;
    for (const wire of two) wire.drive(false);
    const edges: Edge[] = [];
    const watch = rig.hardware.gpio.watch(
      two.map(({ line }) => line),
      { consumer: CONSUMER },
      (more) => edges.push(...more),
    );
    t.after(() => watch.close());
    const expected: { index: number; isHigh: boolean }[] = [];
    const started = process.hrtime.bigint();
    // As an encoder does: one line after the other.
    for (let step = 0; step < 40; step++) {
      const index = step % 2;
      const isHigh = step % 4 < 2;
      two[index]?.drive(isHigh);
      expected.push({ index, isHigh });
      await eventually(`edge ${step}`, () => edges.length > step, 2000);
    }
    assert.deepEqual(
      edges.map(({ index, isHigh }) => ({ index, isHigh })),
      expected,
    );
    const times = edges.map(({ time }) => time);
    assert.ok(
      times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0n)),
      "times grow",
    );
    // A fake has its own clock.
    if (rig.place !== "fakes")
      assert.ok(
        (times[0] ?? 0n) >= started - 1_000_000n && (times.at(-1) ?? 0n) <= process.hrtime.bigint(),
        "on the scale of process.hrtime",
      );
    assert.equal(watch.lost, 0);
  });

  test("only the edges that were asked for come", async (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    wire.drive(false);
    const edges: Edge[] = [];
    const watch = rig.hardware.gpio.watch([wire.line], { consumer: CONSUMER, edges: "rising" }, (more) => edges.push(...more));
    t.after(() => watch.close());
    for (let count = 1; count <= 3; count++) {
      wire.drive(true);
      await eventually(`rising edge ${count}`, () => edges.length === count, 2000);
      wire.drive(false);
      await settle();
    }
    assert.deepEqual(
      edges.map(({ isHigh }) => isHigh),
      [true, true, true],
    );
  });

  test("a bounce shorter than the debounce time is no edge", async (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    if (rig.hardware.gpio.backend === "sysfs") return t.skip("sysfs has no debounce: use a kernel with the character device");
    wire.drive(false);
    const edges: Edge[] = [];
    const watch = rig.hardware.gpio.watch([wire.line], { consumer: CONSUMER, debounce: 60_000 }, (more) => edges.push(...more));
    t.after(() => watch.close());
    for (const isHigh of [true, false, true, false, true]) {
      wire.drive(isHigh);
      await settle(12);
    }
    await eventually("one edge", () => edges.length > 0, 2000);
    assert.deepEqual(
      edges.map(({ isHigh }) => isHigh),
      [true],
    );
  });

  test("a line that somebody has is refused with the name of who has it, and free again after it", (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    const { gpio } = rig.hardware;
    const first = gpio.openOutputs([wire.line], { consumer: "first", initial: [false] });
    t.after(() => first.close());
    assert.throws(
      () => gpio.openInputs([wire.line], { consumer: "second" }),
      (error) => isPinionError(error, "GPIO_LINE_BUSY") && error.message.includes("first"),
    );
    const info = gpio.lineInfo(wire.line);
    assert.deepEqual([info.isUsed, info.isOutput, info.consumer], [true, true, "first"]);
    first.close();
    assert.equal(gpio.lineInfo(wire.line).isUsed, false);
    gpio.openInputs([wire.line], { consumer: "second" }).close();
  });

  test("a chip that is not there is refused with those that are", (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    const { chip } = wire.line;
    assert.throws(
      () => rig.hardware.gpio.openInputs([{ chip: "pinctrl-nowhere", offset: 4 }], { consumer: CONSUMER }),
      (error) => isPinionError(error, "GPIO_CHIP_MISSING") && error.message.includes(chip),
    );
  });

  test("a pull-up makes an open input high, a pull-down low", (t) => {
    const [wire] = wires(t, 1) ?? [];
    if (wire === undefined) return;
    if (wire.release === undefined) {
      return t.skip("only a line with nothing at its other end shows it: leave a pin open and read it with and without the pull");
    }
    wire.release();
    for (const bias of ["up", "down", "up"] as const) {
      const input = rig.hardware.gpio.openInputs([wire.line], { consumer: CONSUMER, bias });
      assert.deepEqual(input.get(), [bias === "up"]);
      input.close();
    }
  });
});

/** Time for an edge that must not come. */
function settle(ms = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
