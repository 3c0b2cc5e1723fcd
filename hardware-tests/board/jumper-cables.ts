/**
 * Jumper cables between simulated lines: a process of its own that copies each output's level to an input, a thousand times a second, so that the
 * kernel stamps the edges of outputs as well. A stamp is never earlier than the change.
 * Usage: node jumper-cables.js CHIP OUTPUT:INPUT...
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import os from "node:os";
import { SimChip } from "./gpio-sim.js";

const PERIOD = 1;

interface Cable {
  readonly output: number;
  readonly input: number;
  level: number;
}

const [label = "", ...pairs] = process.argv.slice(2);
const chip = SimChip.find(label);
const cables = pairs.map((pair): Cable => {
  const [output = 0, input = 0] = pair.split(":").map(Number);
  return { output: openSync(chip.valueFile(output), "r"), input: openSync(chip.pullFile(input), "w"), level: -1 };
});
const buffer = Buffer.alloc(4);
// A cable does not wait for a busy processor.
os.setPriority(os.constants.priority.PRIORITY_HIGHEST);

function copy(): void {
  for (const cable of cables) {
    readSync(cable.output, buffer, 0, 4, 0);
    const level = buffer[0] ?? 0;
    if (level === cable.level) continue;
    cable.level = level;
    writeSync(cable.input, level === 0x31 ? "pull-up" : "pull-down");
  }
}

copy();
process.stdout.write("ready\n");
const timer = setInterval(copy, PERIOD);
process.stdin.resume().on("end", () => {
  clearInterval(timer);
  for (const { output, input } of cables) {
    closeSync(output);
    closeSync(input);
  }
});
