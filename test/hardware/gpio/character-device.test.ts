import assert from "node:assert/strict";
import { test } from "node:test";
import { CharacterDeviceGpio } from "../../../src/hardware/gpio/character-device/character-device.js";
import type { Edge } from "../../../src/hardware/gpio/gpio.js";
import { type ScriptedChip, ScriptedKernel, type ScriptedRequest } from "./scripted-kernel.js";

const PI = { name: "gpiochip0", label: "pinctrl-rp1", lines: 54, names: { 17: "GPIO17", 22: "GPIO22", 30: "-", 31: "-" } };
const OTHER = { name: "gpiochip1", label: "other", lines: 4, names: { 0: "LED" } };
const CONSUMER = "rdk:component:motor/left";

const line = (offset: number, chip = PI.label): { chip: string; offset: number } => ({ chip, offset });

function open(...chips: readonly ScriptedChip[]): {
  kernel: ScriptedKernel;
  gpio: CharacterDeviceGpio;
  last: () => ScriptedRequest;
} {
  const kernel = new ScriptedKernel(...(chips.length === 0 ? [PI, OTHER] : chips));
  const last = (): ScriptedRequest => {
    const request = kernel.requests.at(-1);
    assert.ok(request);
    return request;
  };
  return { kernel, gpio: new CharacterDeviceGpio(kernel), last };
}

test("chips are listed, and nothing stays open", () => {
  const { gpio, kernel } = open();
  assert.deepEqual(gpio.chips(), [
    { label: "pinctrl-rp1", name: "gpiochip0", lines: 54 },
    { label: "other", name: "gpiochip1", lines: 4 },
  ]);
  assert.equal(kernel.descriptors.size, 0);
});

test("a chip is found by its label, whatever its number", () => {
  const { gpio, kernel, last } = open({ ...OTHER, name: "gpiochip0" }, { ...PI, name: "gpiochip11" });
  gpio.openInputs([line(17)], { consumer: CONSUMER });
  assert.equal(last().chip.name, "gpiochip11");
  assert.equal(kernel.descriptors.size, 1, "only the request stays open");
});

test("a chip can be given as gpiochipN, for boards that are described so", () => {
  const { gpio, last } = open();
  gpio.openInputs([line(1, "gpiochip1")], { consumer: CONSUMER });
  assert.equal(last().chip.label, "other");
});

test("a line is found by the kernel's name", () => {
  const { gpio } = open();
  assert.deepEqual(gpio.findLine("LED"), line(0, "other"));
  assert.throws(() => gpio.findLine("GPIO99"), { code: "GPIO_LINE_MISSING", message: /no GPIO line is named "GPIO99"/ });
  assert.throws(() => gpio.findLine("-"), {
    code: "GPIO_LINE_MISSING",
    message: /2 GPIO lines are named "-" \(pinctrl-rp1\/30, pinctrl-rp1\/31\)/,
  });
});

test("outputs begin with their levels, and are set and read together", () => {
  const { gpio, last } = open();
  const outputs = gpio.openOutputs([line(5), line(6), line(7)], { consumer: CONSUMER, initial: [true, false, true] });
  assert.deepEqual(last().attributes, [{ id: 2, value: 0b101n, mask: 0b111n }]);
  assert.equal(last().flags, 8n);
  assert.equal(last().consumer, CONSUMER);
  outputs.set([undefined, true, false]);
  assert.equal(last().levels, 0b011n);
  assert.deepEqual(outputs.get(), [true, true, false]);
});

for (const [what, options, flags] of [
  ["active low", { isActiveLow: true }, 2n],
  ["bias up", { bias: "up" }, 256n],
  ["bias down", { bias: "down" }, 512n],
  ["no bias", { bias: "none" }, 1024n],
] as const) {
  test(`${what} is asked of the kernel`, () => {
    const { gpio, last } = open();
    gpio.openInputs([line(5)], { consumer: CONSUMER, ...options });
    assert.equal(last().flags, flags | 4n);
  });
}

for (const [drive, flags] of [
  ["push-pull", 8n],
  ["open-drain", 8n | 64n],
  ["open-source", 8n | 128n],
] as const) {
  test(`drive ${drive} is asked of the kernel`, () => {
    const { gpio, last } = open();
    gpio.openOutputs([line(5)], { consumer: CONSUMER, drive, initial: [false] });
    assert.equal(last().flags, flags);
  });
}

for (const [edges, flags] of [
  [undefined, 4n | 16n | 32n],
  ["both", 4n | 16n | 32n],
  ["rising", 4n | 16n],
  ["falling", 4n | 32n],
] as const) {
  test(`edges ${edges ?? "left out"} are asked of the kernel`, () => {
    const { gpio, last } = open();
    gpio.watch([line(5)], { consumer: CONSUMER, ...(edges === undefined ? {} : { edges }) }, () => undefined);
    assert.equal(last().flags, flags);
  });
}

test("a watch has the largest buffer, reads that do not wait, and the kernel's debounce", () => {
  const { gpio, last } = open();
  gpio.watch([line(5), line(6)], { consumer: CONSUMER, debounce: 2500 }, () => undefined);
  assert.equal(last().eventBufferSize, 1024);
  assert.equal(last().isNonBlocking, true);
  assert.deepEqual(last().attributes, [{ id: 3, value: 2500n, mask: 0b11n }]);
});

test("edges of two lines come in order, with the kernel's time", () => {
  const { gpio, kernel, last } = open();
  const batches: (readonly Edge[])[] = [];
  const watch = gpio.watch([line(22), line(17)], { consumer: CONSUMER }, (edges) => batches.push(edges));
  kernel.addEvent(last(), { offset: 17, isRising: true, time: 5_000_000_001n, sequence: 1 });
  kernel.addEvent(last(), { offset: 22, isRising: true, time: 5_000_000_002n, sequence: 2 });
  kernel.addEvent(last(), { offset: 17, isRising: false, time: 5_000_000_003n, sequence: 3 });
  last().listener?.();
  assert.deepEqual(batches, [
    [
      { index: 1, isHigh: true, time: 5_000_000_001n },
      { index: 0, isHigh: true, time: 5_000_000_002n },
      { index: 1, isHigh: false, time: 5_000_000_003n },
    ],
  ]);
  assert.equal(watch.lost, 0);
  assert.equal(watch.hasKernelTime, true);
});

test("a thousand edges that waited come at once, none lost", () => {
  const { gpio, kernel, last } = open();
  const edges: Edge[] = [];
  const watch = gpio.watch([line(17)], { consumer: CONSUMER }, (more) => edges.push(...more));
  for (let sequence = 1; sequence <= 1000; sequence++) kernel.addEvent(last(), { offset: 17, isRising: sequence % 2 === 1, sequence });
  last().listener?.();
  assert.equal(edges.length, 1000);
  assert.equal(watch.lost, 0);
});

test("edges that the kernel dropped are counted, at the beginning and across the end of 32 bits too", () => {
  const { gpio, kernel, last } = open();
  const watch = gpio.watch([line(17)], { consumer: CONSUMER }, () => undefined);
  const event = (sequence: number): void => kernel.addEvent(last(), { offset: 17, isRising: true, sequence });
  event(3);
  last().listener?.();
  assert.equal(watch.lost, 2);
  event(4);
  event(10);
  last().listener?.();
  assert.equal(watch.lost, 7);
});

test("the count of events may overflow", () => {
  const { gpio, kernel, last } = open();
  const watch = gpio.watch([line(17)], { consumer: CONSUMER }, () => undefined);
  for (const sequence of [0xffff_ffff, 0, 1]) kernel.addEvent(last(), { offset: 17, isRising: true, sequence });
  last().listener?.();
  assert.equal(watch.lost, 0xffff_fffe);
});

test("a wake-up without events calls nobody", () => {
  const { gpio, last } = open();
  gpio.watch([line(17)], { consumer: CONSUMER }, () => assert.fail("called"));
  last().listener?.();
});

test("a watch whose chip goes away stops listening instead of spinning", () => {
  const { gpio, kernel, last } = open();
  const watch = gpio.watch([line(17)], { consumer: CONSUMER }, () => assert.fail("called"));
  kernel.failure = "ENODEV";
  last().listener?.();
  assert.equal(last().listener, undefined);
  assert.throws(() => watch.get(), { code: "GPIO_FAILED", message: "GPIO pinctrl-rp1/17: cannot be read: its chip is gone" });
  watch.close();
});

test("closing stops listening before the descriptor is closed, and frees the line; closing twice is harmless", () => {
  const { gpio, kernel, last } = open();
  const watch = gpio.watch([line(17)], { consumer: CONSUMER }, () => undefined);
  watch.close();
  watch.close();
  assert.equal(last().isClosed, true);
  assert.equal(kernel.descriptors.size, 0);
  assert.throws(() => watch.get(), { code: "GPIO_FAILED", message: /used after it was closed/ });
  gpio.openInputs([line(17)], { consumer: CONSUMER });
});

test("closing GPIO closes all requests", () => {
  const { gpio, kernel } = open();
  gpio.openInputs([line(1)], { consumer: CONSUMER });
  gpio.watch([line(2)], { consumer: CONSUMER }, () => undefined);
  gpio.close();
  assert.equal(kernel.descriptors.size, 0);
});

test("a busy line is refused with who holds it", () => {
  const { gpio } = open();
  gpio.openOutputs([line(6)], { consumer: "rdk:component:servo/pan", initial: [false] });
  assert.throws(() => gpio.openInputs([line(5), line(6)], { consumer: CONSUMER }), {
    code: "GPIO_LINE_BUSY",
    message: 'GPIO line pinctrl-rp1/6 is held by "rdk:component:servo/pan"',
  });
  assert.deepEqual(gpio.lineInfo(line(6)), { ...line(6), name: "", consumer: "rdk:component:servo/pan", isUsed: true, isOutput: true });
  assert.equal(gpio.lineInfo(line(5)).isUsed, false);
});

test("a chip that is not there is refused with the labels there are", () => {
  const { gpio } = open();
  assert.throws(() => gpio.openInputs([line(5, "pinctrl-bcm2711")], { consumer: CONSUMER }), {
    code: "GPIO_CHIP_MISSING",
    message: 'no GPIO chip is labelled "pinctrl-bcm2711"; chips there are: pinctrl-rp1, other',
  });
});

test("a chip that may be behind a closed device is a matter of permission", () => {
  const { gpio } = open({ ...PI, openError: "EACCES" }, OTHER);
  assert.deepEqual(
    gpio.chips().map(({ label }) => label),
    ["other"],
  );
  assert.throws(() => gpio.openInputs([line(5)], { consumer: CONSUMER }), { code: "GPIO_PERMISSION", message: /\/dev\/gpiochip0/ });
  assert.ok(gpio.openInputs([line(1, "other")], { consumer: CONSUMER }));
});

for (const offset of [-1, 1.5, 54]) {
  test(`line ${offset} is refused with the lines there are`, () => {
    const { gpio } = open();
    assert.throws(() => gpio.openInputs([line(offset)], { consumer: CONSUMER }), {
      code: "GPIO_LINE_MISSING",
      message: /its lines are 0 to 53/,
    });
    assert.throws(() => gpio.lineInfo(line(offset)), { code: "GPIO_LINE_MISSING" });
  });
}

for (const [error, code, message] of [
  ["EINVAL", "GPIO_UNSUPPORTED", /not possible to watch: the kernel refused the settings/],
  ["ENODEV", "GPIO_UNSUPPORTED", /gives no interrupts/],
  ["ENXIO", "GPIO_UNSUPPORTED", /gives no interrupts/],
  ["EPERM", "GPIO_PERMISSION", /not allowed to watch/],
  ["EIO", "GPIO_FAILED", /EIO/],
] as const) {
  test(`a watch that the kernel refuses with ${error} is ${code}`, () => {
    const { gpio, kernel } = open();
    kernel.refusals.push(error);
    assert.throws(() => gpio.watch([line(5)], { consumer: CONSUMER }, () => undefined), { code, message });
    assert.equal(kernel.descriptors.size, 0);
  });
}

test("a request is of one chip, of 1 to 64 lines, each once", () => {
  const { gpio } = open();
  const many = Array.from({ length: 65 }, (_, offset) => line(offset));
  assert.throws(() => gpio.openInputs([], { consumer: CONSUMER }), { code: "GPIO_FAILED" });
  assert.throws(() => gpio.openInputs(many, { consumer: CONSUMER }), { code: "GPIO_FAILED", message: /got 65/ });
  assert.throws(() => gpio.openInputs([line(1), line(1, "other")], { consumer: CONSUMER }), { code: "GPIO_UNSUPPORTED" });
  assert.throws(() => gpio.openInputs([line(1), line(1)], { consumer: CONSUMER }), { code: "GPIO_LINE_BUSY" });
});

test("a wrong number of levels is refused before anything is driven", () => {
  const { gpio, kernel } = open();
  assert.throws(() => gpio.openOutputs([line(1)], { consumer: CONSUMER, initial: [] }), { message: /expected 1 levels, got 0/ });
  assert.equal(kernel.requests.length, 0);
  const output = gpio.openOutputs([line(1)], { consumer: CONSUMER, initial: [false] });
  assert.throws(() => output.set([true, true]), { message: /expected 1 levels, got 2/ });
});
