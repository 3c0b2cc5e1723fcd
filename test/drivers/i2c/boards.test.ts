/** The boards on chips, and servos beside one, as clients see them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Board, board, type Handle, isRpcError, Status, servo, type Tick } from "pinion/sdk";
import { eventually } from "../../support/eventually.js";
import { adsChip, mcp23017Chip, pca9685Chip } from "./chips.js";
import { FakeBoard } from "./fake-board.js";
import { startI2c } from "./i2c-module.js";

const PCA = { api: board, model: "rdk:builtin:pca9685", name: "pca", attributes: { i2c_bus: "1", i2c_address: 0x40 } } as const;
const SERVO = { api: servo, model: "pinion:i2c:pca9685-servo" } as const;
const registersOf = (channel: number): number => 6 + 4 * channel;

test("a PCA9685 switches and pulses its channels, and has one frequency for all", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = pca9685Chip();
  i2c.add(1, 0x40, chip);
  const pca = await module.add(PCA);
  const channel = (number: number): number[] => [...chip.bytes.subarray(registersOf(number), registersOf(number) + 4)];

  await pca.setGpio("0", true);
  assert.deepEqual([channel(0), await pca.getGpio("0")], [[0, 0x10, 0, 0], true]);
  await pca.setGpio("0", false);
  assert.deepEqual([channel(0), await pca.getGpio("0")], [[0, 0, 0, 0x10], false]);
  await pca.setPwmFrequency("1", 50);
  await pca.setPwm("1", 0.075);
  assert.deepEqual(
    [channel(1), chip.bytes[0xfe], await pca.getPwm("1"), await pca.getPwmFrequency("15")],
    [[0, 0, 0x33, 1], 121, 0.075, 50],
  );
  assert.equal((chip.bytes[0] ?? 0) & 0x3f, 0x20);
  await assert.rejects(pca.getGpio("1"), /channel 1 has no level: it pulses/);

  await pca.setPwmFrequency("2", 50);
  await assert.rejects(
    pca.setPwmFrequency("2", 800),
    (error) => isRpcError(error, Status.FAILED_PRECONDITION) && /channel 1 uses 50 Hz/.test(error.message),
  );
  await assert.rejects(
    pca.setPwmFrequency("1", 10),
    (error) => isRpcError(error, Status.INVALID_ARGUMENT) && /24 to 1525 Hz, got 10/.test(error.message),
  );
  for (const pin of ["16", "-1", "x", ""]) await assert.rejects(pca.setGpio(pin, true), /cannot find GPIO for unknown pin/);
  await assert.rejects(pca.readAnalog("0"), (error) => isRpcError(error, Status.UNIMPLEMENTED));

  await module.remove(board, "pca");
  assert.deepEqual(
    [channel(0), channel(1)],
    [
      [0, 0, 0, 0x10],
      [0, 0, 0x33, 0x10],
    ],
  );
});

test("a PCA9685's frequency comes back after its supply was away, its outputs stay off", async (t) => {
  const { module, i2c } = await startI2c(t);
  const pins = pca9685Chip();
  i2c.add(1, 0x40, pins.chip);
  const pca = await module.add(PCA);
  await pca.setPwmFrequency("1", 50);
  await pca.setPwm("1", 0.5);
  pins.powerCycle();
  assert.equal(await pca.getPwm("1"), 0);
  assert.equal(pins.chip.bytes[0xfe], 121);
  await pca.setPwm("2", 0.5);
  assert.deepEqual([await pca.getPwm("1"), await pca.getPwm("2")], [0, 0.5]);
  await eventually("it is logged", () => module.logs.some(({ message }) => /lost its configuration/.test(message)));
});

test("an oscillator that is off its nominal speed is made up for", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = pca9685Chip();
  i2c.add(1, 0x40, chip);
  const pca = await module.add({ ...PCA, attributes: { i2c_bus: 1, oscillator_hz: 27e6 } });
  await pca.setPwmFrequency("0", 50);
  assert.equal(chip.bytes[0xfe], 131);
  const other = { api: servo, model: "pinion:i2c:pca9685-servo", name: "s", attributes: { i2c_bus: 1, channel: 4 } };
  await assert.rejects(module.add(other), /another resource uses this chip with 27000000/);
});

test("servos and the board share a PCA9685", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = pca9685Chip();
  i2c.add(1, 0x40, chip);
  const pca = await module.add(PCA);
  const off = (channel: number): number => (chip.bytes[registersOf(channel) + 2] ?? 0) | ((chip.bytes[registersOf(channel) + 3] ?? 0) << 8);
  const resource = (name: string, attributes: object) => ({ ...SERVO, name, attributes: { i2c_bus: 1, ...attributes } });

  const pan = await module.add(resource("pan", { channel: 0 }));
  await assert.rejects(pan.getPosition(), /not known before its first move/);
  for (const [angle, counts] of [
    [0, 102],
    [45, 205],
    [90, 307],
    [135, 410],
    [180, 512],
    [400, 512],
  ] as const) {
    await pan.move(angle);
    assert.deepEqual([off(0), await pan.getPosition()], [counts, Math.min(angle, 180)]);
  }
  const tilt = await module.add(
    resource("tilt", {
      channel: "1",
      min_angle_deg: 30,
      max_angle_deg: 120,
      min_width_us: 1000,
      max_width_us: 2000,
      starting_position_deg: 75,
    }),
  );
  assert.deepEqual([off(1), await tilt.getPosition()], [307, 75]);
  await tilt.move(10);
  assert.deepEqual([off(1), await tilt.getPosition(), await tilt.isMoving()], [205, 30, false]);
  await tilt.stop();
  assert.deepEqual([off(1), await tilt.getPosition()], [0x1000, 30]);

  await assert.rejects(pca.setPwmFrequency("5", 800), /channel 0 uses 50 Hz/);
  await assert.rejects(
    module.add(resource("fast", { channel: 2, frequency_hz: 300 })),
    /channel 2 cannot have 300 Hz.*channel 0 uses 50 Hz/,
  );
  await pca.setPwm("5", 0.5);
  await module.remove(servo, "pan");
  await module.remove(servo, "tilt");
  assert.deepEqual([off(0) & 0x1000, off(5)], [0x1000, 2048]);
  // Nobody asked for 50 Hz any more.
  await pca.setPwmFrequency("5", 800);
  await assert.rejects(module.add(resource("pan", { channel: 0 })), /channel 5 uses 800 Hz/);
});

test("an ADS1115 measures inputs and differences, each with its own range", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = adsChip([0xffff, 0x8000, 0, 0x7fff, 1000, 0xfffe, 0x7fff, 12]);
  i2c.add(1, 0x48, chip);
  const attributes = {
    i2c_bus: 1,
    analogs: [
      { name: "battery", channel: "A2", full_scale_volts: 6.144, samples_per_sec: 860 },
      { name: "bridge", channel: "0-3", full_scale_volts: 0.256 },
    ],
  };
  const ads = await module.add({ api: board, model: "pinion:i2c:ads1115", name: "ads", attributes });
  const value = async (reader: string): Promise<number> => (await ads.readAnalog(reader)).value;
  assert.deepEqual(
    [await value("A0"), await value("A1"), await value("A3"), await value("A0-A1"), await value("A2-A3")],
    [1000, 0, 12, -1, 32767],
  );
  const battery = await ads.readAnalog("battery");
  assert.deepEqual([battery.value, battery.minRange, battery.stepSize.toFixed(7)], [32767, 0, "0.0001875"]);
  assert.equal(chip.words[1], 0x8000 | (6 << 12) | (0 << 9) | 0x100 | (7 << 5) | 3);
  const bridge = await ads.readAnalog("bridge");
  assert.deepEqual([bridge.value, bridge.minRange.toFixed(3)], [-32768, "-0.256"]);
  await assert.rejects(value("A4"), /can't find AnalogReader \(A4\); this board has A0-A1, .*battery, bridge/);
  await assert.rejects(ads.setGpio("A0", true), (error) => isRpcError(error, Status.UNIMPLEMENTED));
});

test("an ADS1015 has 12 bits", async (t) => {
  const { module, i2c } = await startI2c(t);
  i2c.add(1, 0x49, adsChip([0, 0, 0, 0, 0x7ff0]).chip);
  const ads = await module.add({ api: board, model: "pinion:i2c:ads1015", name: "ads", attributes: { i2c_bus: 1, i2c_addr: 0x49 } });
  const { value, stepSize } = await ads.readAnalog("A0");
  assert.deepEqual([value, stepSize.toFixed(6)], [2047, "0.002000"]);
});

test("a conversion that never ends, or is of another input, gives no value", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip } = adsChip([0, 0, 0, 0, 1]);
  let mode: "good" | "stuck" | "changed" = "good";
  i2c.add(1, 0x48, {
    write: (bytes) => {
      chip.write(bytes);
      if (bytes[0] === 1 && mode === "stuck" && bytes.length === 3) chip.words[1] = (chip.words[1] ?? 0) & 0x7fff;
      if (bytes[0] === 1 && mode === "changed" && bytes.length === 3) chip.words[1] = 0x8583;
    },
    read: (length) => chip.read(length),
  });
  const ads = await module.add({ api: board, model: "pinion:i2c:ads1115", name: "ads", attributes: { i2c_bus: 1 } });
  mode = "stuck";
  await assert.rejects(ads.readAnalog("A0"), /ADS1115 on i2c-1 address 0x48: its conversion does not end.*waited/);
  mode = "changed";
  await assert.rejects(ads.readAnalog("A0"), /configuration changed while it measured: wrote 0x4383, read 0x0583/);
  mode = "good";
  assert.equal((await ads.readAnalog("A0")).value, 1);
});

const MCP = { api: board, model: "pinion:i2c:mcp23017", name: "mcp" } as const;

test("an MCP23017 sets the level before the direction, leaves other pins alone, and goes to its safe levels", async (t) => {
  const { module, i2c } = await startI2c(t);
  const { chip, drive } = mcp23017Chip();
  i2c.add(1, 0x20, chip);
  const attributes = {
    i2c_bus: 1,
    pins: [
      { pin: "B1", name: "relay", pull: "none", safe_level: "high" },
      { pin: 2, pull: "up" },
    ],
  };
  const mcp = await module.add({ ...MCP, attributes });
  assert.deepEqual([chip.bytes[0x0c], chip.bytes[0x0d], chip.bytes[0x0a]], [4, 0, 0x40]);
  i2c.log.length = 0;
  await mcp.setGpio("relay", true);
  assert.deepEqual(
    i2c.writes(1, 0x20).filter(({ length }) => length > 1),
    [
      [0x15, 2],
      [0x01, 0xfd],
    ],
  );
  await mcp.setGpio("GPB3", true);
  await mcp.setGpio("9", false);
  assert.deepEqual([chip.bytes[0x00], chip.bytes[0x01], chip.bytes[0x15]], [0xff, 0xf5, 8]);
  drive(0x0001);
  assert.deepEqual(
    [await mcp.getGpio("A0"), await mcp.getGpio("A1"), await mcp.getGpio("B3"), await mcp.getGpio("relay")],
    [true, false, true, false],
  );
  await assert.rejects(mcp.getGpio("A8"), /unknown pin: A8/);
  await assert.rejects(mcp.setPwm("A0", 0.5), (error) => isRpcError(error, Status.UNIMPLEMENTED));
  await module.remove(board, "mcp");
  assert.equal(chip.bytes[0x15], 2);
});

async function collect(mcp: Handle<Board>, names: readonly string[], t: { after(action: () => void): void }): Promise<Tick[]> {
  const ending = new AbortController();
  t.after(() => ending.abort());
  const stream = await mcp.streamTicks(names, { signal: ending.signal });
  const ticks: Tick[] = [];
  void (async () => {
    for await (const tick of stream) ticks.push(tick);
  })().catch(() => undefined); // aborted
  return ticks;
}

test("an MCP23017 counts and tells edges by its interrupt line", async (t) => {
  const pi = new FakeBoard(["int"]);
  const { module, i2c } = await startI2c(t, { "rdk:component:board/pi": pi });
  const port = mcp23017Chip();
  i2c.add(1, 0x20, port.chip);
  const attributes = {
    i2c_bus: 1,
    board: "pi",
    interrupt_pin: "int",
    digital_interrupts: [
      { name: "button", pin: "A0" },
      { name: "end", pin: "B7" },
    ],
  };
  const mcp = await module.add({ ...MCP, attributes });
  await eventually("it listens", () => pi.listeners === 1);
  const ticks = await collect(mcp, ["button", "end"], t);
  const change = async (levels: number, count: number): Promise<void> => {
    port.drive(levels);
    assert.equal(port.isInterrupting, true);
    pi.tick("int", false);
    await eventually("the edge is told", () => ticks.length === count);
  };
  await change(0x0001, 1);
  await change(0x8000, 3);
  await change(0x8001, 4);
  assert.deepEqual(
    ticks.map(({ pin, isHigh }) => `${pin} ${isHigh ? "up" : "down"}`),
    ["button up", "button down", "end up", "button up"],
  );
  assert.deepEqual([await mcp.getDigitalInterruptValue("button"), await mcp.getDigitalInterruptValue("end")], [2, 1]);
  await assert.rejects(mcp.setGpio("A0", true), /is a digital interrupt/);
  // Power away and back: still interrupts.
  port.powerCycle();
  assert.equal(await mcp.getDigitalInterruptValue("button"), 2);
  assert.deepEqual([port.chip.bytes[0x04], port.chip.bytes[0x05]], [1, 0x80]);
  await change(0x8000, 5);
});

test("without an interrupt line an MCP23017 is polled, and pulses between two looks count", async (t) => {
  const { module, i2c, clock } = await startI2c(t);
  const port = mcp23017Chip();
  i2c.add(1, 0x20, port.chip);
  const mcp = await module.add({ ...MCP, attributes: { i2c_bus: 1 } });
  assert.equal(clock.pending, 0);
  const ticks = await collect(mcp, ["A5"], t);
  await eventually("it is polled", () => clock.pending === 1);
  port.drive(0x20);
  port.drive(0x00);
  clock.pass(20);
  await eventually("both edges are told", () => ticks.length === 2);
  assert.deepEqual(
    ticks.map(({ pin, isHigh }) => [pin, isHigh]),
    [
      ["A5", true],
      ["A5", false],
    ],
  );
  assert.equal(await mcp.getDigitalInterruptValue("A5"), 1);
  i2c.setAbsent(1, 0x20);
  await eventually("it is polled again", () => clock.pending === 1);
  clock.pass(20);
  await eventually("it is logged", () => module.logs.some(({ message }) => /the chip fails/.test(message)));
  i2c.setAbsent(1, 0x20, false);
  await eventually("it is polled on", () => clock.pending === 1);
  clock.pass(20);
  await eventually("that is logged, too", () => module.logs.some(({ message }) => /works again/.test(message)));
});
