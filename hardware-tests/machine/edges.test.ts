/** A thousand edges a second, none lost: by the hardware layer alone, and through the supervisor to the official client. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createHardware } from "../../src/hardware/index.js";
import { eventually } from "../../test/support/eventually.js";
import { startDaemon } from "../../test/support/start-daemon.js";
import { HEADER_CHIP } from "../board/board-rig.js";
import { kernelEdges } from "./support/kernel-edges.js";
import { OfficialClient } from "./support/official-client.js";
import { toggle } from "./support/programs.js";

/** Lines of the header pins 11, 13, 15, 16. */
const OFFSETS: readonly number[] = [17, 27, 22, 23];
const PINS: readonly string[] = ["11", "13", "15", "16"];
const COUNT = 1000;
const RATE = 1000;
/** Rounds in which a busy host may keep the simulator from making all of the edges. What it made must be counted in every one. */
const ROUNDS = 10;

/** Until a round went by in which the kernel made every edge, at the full rate. `count`: what was counted so far. */
async function countRounds(t: TestContext, count: () => number | Promise<number>): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const before = { counted: await count(), kernel: kernelEdges(OFFSETS) };
    const { made, perSecond } = await toggle(t, OFFSETS, { count: COUNT, periodUs: 600 });
    await new Promise((resolve) => setTimeout(resolve, 20)); // the simulator's last tick
    const kernel = kernelEdges(OFFSETS) - before.kernel;
    await eventually(`${kernel} edges`, async () => (await count()) - before.counted >= kernel, 15_000);
    assert.equal((await count()) - before.counted, kernel, "every edge of the kernel's, once");
    t.diagnostic(`round ${round}: made ${made} edges, ${Math.round(perSecond)} a second; the kernel had ${kernel}, all counted`);
    if (kernel === made && perSecond >= RATE) return;
  }
  assert.fail(`the simulator did not make ${RATE} edges a second in any of ${ROUNDS} rounds`);
}

test("the layer counts 1,000 edges a second of four lines without loss", async (t) => {
  const hardware = createHardware();
  t.after(() => hardware.gpio.close());
  let counted = 0;
  const lines = OFFSETS.map((offset) => ({ chip: HEADER_CHIP, offset }));
  const watch = hardware.gpio.watch(lines, { consumer: "test" }, (edges) => {
    counted += edges.length;
  });
  await countRounds(t, () => counted);
  assert.equal(watch.lost, 0);
});

test("the official client gets 1,000 edges a second of four interrupts as ticks, without loss and in order", async (t) => {
  const interrupts = PINS.map((pin) => ({ name: `pin-${pin}`, pin }));
  const config = {
    components: [{ name: "pi", api: "rdk:component:board", model: "rdk:builtin:linux", attributes: { digital_interrupts: interrupts } }],
  };
  const daemon = await startDaemon(t, { config });
  await daemon.untilReady(["pi"], 60_000);
  const client = await OfficialClient.connect(t, daemon.address);
  const names = interrupts.map(({ name }) => name);
  await client.call("stream_ticks", "pi", names);
  await countRounds(t, () => client.call<number>("tick_count"));
  const ticks = (await client.call<[string, boolean, number][]>("taken_ticks")).filter(([name]) => name !== "");
  for (const name of names) {
    const own = ticks.filter(([tick]) => tick === name);
    assert.ok(
      own.every(([, , time], index) => index === 0 || time >= (own[index - 1]?.[2] ?? 0)),
      `${name}: times grow`,
    );
    const rising = own.filter(([, isHigh]) => isHigh).length;
    assert.equal(await client.call("interrupt_value", "pi", name), rising, `${name}: the interrupt's own count`);
  }
  client.close();
  await daemon.stop();
});
