/** The GPIO drivers: a motor's wires are looked at, an encoder's are driven. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { createModels } from "../../drivers/gpio/models.js";
import { createRig } from "../../drivers/gpio/rig.js";
import type { LineAddress } from "../../src/hardware/index.js";
import { board, encoder, motor } from "../../src/sdk/index.js";
import { startTestModule, type TestModule } from "../../src/sdk/testing.js";
import { eventually } from "../../test/support/eventually.js";
import { have, openRig, type Rig, type Wire } from "../rig.js";

describe("GPIO drivers", () => {
  let rig: Rig;

  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  /** A board, and `count` wires with the names of their pins. */
  const start = async (
    t: TestContext,
    count: number,
  ): Promise<{ module: TestModule; wires: readonly Wire[]; pins: readonly string[] } | undefined> => {
    const wires = rig.wires.length < count ? undefined : rig.wires.slice(0, count);
    if (!have(t, wires, `${count} pairs of jumpered pins`)) return undefined;
    const module = await startTestModule({ models: createModels(createRig(rig.hardware)) }, t);
    await module.add({ api: board, model: "rdk:builtin:linux", name: "pi" });
    return { module, wires, pins: wires.map(({ line }) => pinOf(line)) };
  };
  const pinOf = (line: LineAddress): string => {
    const pin = rig.hardware.board?.pins.find((one) => one.line.chip === line.chip && one.line.offset === line.offset);
    assert.ok(pin?.names[0] !== undefined, `${line.chip}/${line.offset} is no pin of the board`);
    return pin.names[0];
  };

  test("a motor's pins have the levels of its direction, and are low when it stops and when it is closed", async (t) => {
    const { module, wires, pins } = (await start(t, 3)) ?? {};
    if (module === undefined || wires === undefined || pins === undefined) return;
    const [a, b, pwm] = pins;
    const attributes = { board: "pi", pins: { a, b, pwm }, max_rpm: 100 };
    const wheel = await module.add({ api: motor, model: "rdk:builtin:gpio", name: "wheel", attributes });
    const levels = (): boolean[] => wires.map((wire) => wire.level());
    assert.deepEqual(levels(), [false, false, false]);
    await wheel.setPower(1);
    assert.deepEqual(levels(), [true, false, true]);
    await wheel.setPower(-1);
    assert.deepEqual(levels(), [false, true, true]);
    await wheel.stop();
    assert.deepEqual(levels(), [false, false, false]);
    await wheel.setPower(1);
    await module.remove(motor, "wheel");
    assert.deepEqual(levels(), [false, false, false]);
  });

  test("an incremental encoder counts every step, forwards and backwards", async (t) => {
    const { module, wires, pins } = (await start(t, 2)) ?? {};
    if (module === undefined || wires === undefined || pins === undefined) return;
    const [wireA, wireB] = wires;
    if (wireA === undefined || wireB === undefined) return;
    wireA.drive(false);
    wireB.drive(false);
    const attributes = { board: "pi", pins: { a: pins[0], b: pins[1] } };
    const wheel = await module.add({ api: encoder, model: "rdk:builtin:incremental", name: "wheel", attributes });
    const position = async (): Promise<number> => (await wheel.getPosition()).value;
    const turn = async (steps: readonly (readonly [Wire, boolean])[]): Promise<void> => {
      for (const [wire, isHigh] of steps) {
        wire.drive(isHigh);
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    };
    const from = await position();
    for (let turns = 0; turns < 10; turns++) {
      await turn([
        [wireB, true],
        [wireA, true],
        [wireB, false],
        [wireA, false],
      ]);
    }
    await eventually("two ticks a period", async () => (await position()) - from === 20, 2000);
    for (let turns = 0; turns < 10; turns++) {
      await turn([
        [wireA, true],
        [wireB, true],
        [wireA, false],
        [wireB, false],
      ]);
    }
    await eventually("back where it was", async () => (await position()) === from, 2000);
  });

  test("an interrupt counts rising edges, and its ticks have both", async (t) => {
    const [wire] = rig.wires;
    if (!have(t, wire, "a pair of jumpered pins")) return;
    wire.drive(false);
    const module = await startTestModule({ models: createModels(createRig(rig.hardware)) }, t);
    const attributes = { digital_interrupts: [{ name: "button", pin: pinOf(wire.line) }] };
    const pi = await module.add({ api: board, model: "rdk:builtin:linux", name: "pi", attributes });
    const seen: boolean[] = [];
    const done = new AbortController();
    const ticks = await pi.streamTicks(["button"], { signal: done.signal });
    const reading = (async () => {
      for await (const { isHigh } of ticks) seen.push(isHigh);
    })().catch(() => undefined);
    for (let edge = 1; edge <= 6; edge++) {
      wire.drive(edge % 2 === 1);
      await eventually(`tick ${edge}`, () => seen.length === edge, 2000);
    }
    assert.deepEqual(seen, [true, false, true, false, true, false]);
    assert.equal(await pi.getDigitalInterruptValue("button"), 3);
    done.abort();
    await reading;
  });
});
