import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { SysfsGpio } from "../../../src/hardware/gpio/sysfs/sysfs-gpio.js";
import { RecordedFiles } from "./recorded-files.js";

const CONSUMER = "rdk:component:motor/left";
const CLASS = "class/gpio";

const line = (offset: number, chip = "tegra234-gpio"): { chip: string; offset: number } => ({ chip, offset });

/** An Orin of JetPack 5: the always-on chip first, then the main one; lines with interrupts. `names`: what the kernel calls folders, by number. */
function orin(
  t: TestContext,
  names: Readonly<Record<number, string>> = {},
): { files: RecordedFiles; gpio: SysfsGpio; folder: (number: number) => string } {
  const files = new RecordedFiles(t);
  files.put({
    [`${CLASS}/export`]: "",
    [`${CLASS}/unexport`]: "",
    [`${CLASS}/gpiochip348/label`]: "tegra234-gpio",
    [`${CLASS}/gpiochip348/base`]: 348,
    [`${CLASS}/gpiochip348/ngpio`]: 164,
    [`${CLASS}/gpiochip316/label`]: "tegra234-gpio-aon",
    [`${CLASS}/gpiochip316/base`]: 316,
    [`${CLASS}/gpiochip316/ngpio`]: 32,
  });
  const folder = (number: number): string => `${CLASS}/${names[number] ?? `gpio${number}`}`;
  files.onWrite = (file, text) => {
    const at = folder(Number(text));
    if (file === `${CLASS}/export`) {
      if (files.exists(path.join(files.root, at))) return "EBUSY";
      files.put({ [`${at}/value`]: 0, [`${at}/direction`]: "in", [`${at}/active_low`]: 0, [`${at}/edge`]: "none" });
    }
    if (file === `${CLASS}/unexport`) {
      if (!files.exists(path.join(files.root, at))) return "EINVAL";
      rmSync(path.join(files.root, at), { recursive: true });
    }
    return undefined;
  };
  return { files, gpio: new SysfsGpio(files.roots, files), folder };
}

test("chips are listed by label, with the numbers of this boot nowhere but in their names", (t) => {
  const { gpio } = orin(t);
  assert.deepEqual(gpio.chips(), [
    { label: "tegra234-gpio-aon", name: "gpiochip316", lines: 32 },
    { label: "tegra234-gpio", name: "gpiochip348", lines: 164 },
  ]);
});

test("a line is exported by base and offset, set up, read, and taken out at the end", (t) => {
  const { files, gpio, folder } = orin(t);
  const input = gpio.openInputs([line(105)], { consumer: CONSUMER });
  assert.deepEqual(files.writes, [`${CLASS}/export=453`, `${folder(453)}/active_low=0`, `${folder(453)}/direction=in`]);
  assert.deepEqual(input.get(), [false]);
  writeFileSync(path.join(files.root, folder(453), "value"), "1\n");
  assert.deepEqual(input.get(), [true]);
  input.close();
  input.close();
  assert.equal(files.writes.at(-1), `${CLASS}/unexport=453`);
  assert.equal(files.writes.length, 4);
  assert.throws(() => input.get(), { code: "GPIO_FAILED", message: /used after it was closed/ });
});

test("a folder that the kernel names after the line is found", (t) => {
  const { files, gpio } = orin(t, { 453: "PQ.05" });
  const output = gpio.openOutputs([line(105)], { consumer: CONSUMER, initial: [true] });
  assert.equal(files.text(`${CLASS}/PQ.05/direction`), "high");
  output.set([true]);
  assert.equal(files.text(`${CLASS}/PQ.05/value`), "1");
  output.close();
  assert.equal(files.exists(path.join(files.root, CLASS, "PQ.05")), false);
});

for (const name of [undefined, "PQ.05"]) {
  test(`a line that a dead process left exported as ${name ?? "gpioN"} is taken over`, (t) => {
    const { gpio, files } = orin(t, name === undefined ? {} : { 453: name });
    files.write(path.join(files.root, CLASS, "export"), "453");
    const output = gpio.openOutputs([line(105)], { consumer: CONSUMER, initial: [false] });
    output.set([true]);
    assert.equal(files.text(`${CLASS}/${name ?? "gpio453"}/value`), "1");
  });
}

test("edges that a dead process asked for do not keep the line from becoming an output", (t) => {
  const { gpio, files, folder } = orin(t);
  files.write(path.join(files.root, CLASS, "export"), "453");
  files.put({ [`${folder(453)}/edge`]: "both" });
  files.writes.length = 0;
  gpio.openOutputs([line(105)], { consumer: CONSUMER, initial: [true] });
  assert.deepEqual(files.writes, [`${folder(453)}/edge=none`, `${folder(453)}/active_low=0`, `${folder(453)}/direction=high`]);
});

for (const [isActiveLow, isHigh, direction] of [
  [false, false, "low"],
  [false, true, "high"],
  [true, false, "high"],
  [true, true, "low"],
] as const) {
  test(`an output ${isHigh ? "on" : "off"} at first, active ${isActiveLow ? "low" : "high"}, begins ${direction} without a glitch`, (t) => {
    const { files, gpio, folder } = orin(t);
    gpio.openOutputs([line(0)], { consumer: CONSUMER, initial: [isHigh], isActiveLow });
    assert.deepEqual(files.writes.slice(1), [`${folder(348)}/active_low=${isActiveLow ? 1 : 0}`, `${folder(348)}/direction=${direction}`]);
  });
}

test("undefined leaves an output as it is", (t) => {
  const { files, gpio, folder } = orin(t);
  const outputs = gpio.openOutputs([line(0), line(1)], { consumer: CONSUMER, initial: [false, false] });
  outputs.set([undefined, true]);
  assert.equal(files.text(`${folder(348)}/value`), "0");
  assert.equal(files.text(`${folder(349)}/value`), "1");
});

test("a line in use by this process is busy, with who has it, and nothing of the request stays", (t) => {
  const { files, gpio } = orin(t);
  gpio.openInputs([line(6)], { consumer: "rdk:component:servo/pan" });
  assert.throws(() => gpio.openInputs([line(5), line(6)], { consumer: CONSUMER }), {
    code: "GPIO_LINE_BUSY",
    message: 'GPIO line tegra234-gpio/6 is held by "rdk:component:servo/pan"',
  });
  assert.equal(files.exists(path.join(files.root, CLASS, "gpio353")), false);
  assert.equal(gpio.lineInfo(line(6)).consumer, "rdk:component:servo/pan");
  assert.equal(gpio.lineInfo(line(5)).isUsed, false);
});

for (const [error, code, message] of [
  ["EBUSY", "GPIO_LINE_BUSY", /held by something that gives no name/],
  ["EINVAL", "GPIO_UNSUPPORTED", /does not give this line to programs/],
  ["EACCES", "GPIO_PERMISSION", /class\/gpio\/export/],
  ["EIO", "GPIO_FAILED", /EIO/],
] as const) {
  test(`an export refused with ${error} is ${code}`, (t) => {
    const { files, gpio } = orin(t);
    files.onWrite = (file) => (file === `${CLASS}/export` ? error : "EINVAL");
    assert.throws(() => gpio.openInputs([line(5)], { consumer: CONSUMER }), { code, message });
  });
}

test("files that udev does not open are a matter of permission, after a while", (t) => {
  const { files, gpio, folder } = orin(t);
  files.closed.add(`${folder(353)}/direction`);
  assert.throws(() => gpio.openInputs([line(5)], { consumer: CONSUMER }), { code: "GPIO_PERMISSION", message: /gpio353\/direction/ });
});

test("edges of a line without interrupts are unsupported, and it is given back", (t) => {
  const { files, gpio, folder } = orin(t);
  const kernel = files.onWrite;
  files.onWrite = (file, text) => {
    const code = kernel?.(file, text);
    if (file === `${CLASS}/export`) rmSync(path.join(files.root, folder(353), "edge"));
    return code;
  };
  assert.throws(() => gpio.watch([line(5)], { consumer: CONSUMER }, () => undefined), {
    code: "GPIO_UNSUPPORTED",
    message: /no interrupts/,
  });
  assert.equal(files.exists(path.join(files.root, folder(353))), false);
});

test("what sysfs cannot do is refused, with what can", (t) => {
  const { gpio } = orin(t);
  const expected = { code: "GPIO_UNSUPPORTED", message: /needs the character device/ };
  assert.throws(() => gpio.openInputs([line(5)], { consumer: CONSUMER, bias: "up" }), expected);
  assert.throws(() => gpio.openOutputs([line(5)], { consumer: CONSUMER, initial: [true], drive: "open-drain" }), expected);
  assert.throws(() => gpio.watch([line(5)], { consumer: CONSUMER, debounce: 1000 }, () => undefined), expected);
  assert.throws(() => gpio.findLine("PQ.05"), expected);
});

test("a chip or a line that is not there is refused with what there is", (t) => {
  const { gpio } = orin(t);
  assert.throws(() => gpio.openInputs([line(5, "pinctrl-rp1")], { consumer: CONSUMER }), {
    code: "GPIO_CHIP_MISSING",
    message: /chips there are: tegra234-gpio-aon, tegra234-gpio/,
  });
  assert.throws(() => gpio.openInputs([line(164)], { consumer: CONSUMER }), { code: "GPIO_LINE_MISSING", message: /0 to 163/ });
});
