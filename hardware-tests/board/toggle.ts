/**
 * Drives simulated inputs up and down, all of them together; a process of its own, so that the tested one is not slowed down.
 * Usage: node toggle.js CHIP PERIOD_US COUNT OFFSET... PERIOD_US: the mean time between edges. Prints how many edges it made and in how many microseconds.
 */
import { openSync, writeSync } from "node:fs";
import os from "node:os";
import { SimChip } from "./gpio-sim.js";

/** Nanoseconds, with a margin. */
const TICK = 1_500_000n;

const [label = "", period = "1000", count = "1000", ...offsets] = process.argv.slice(2);
const chip = SimChip.find(label);
const lines = offsets.map((offset) => ({ fd: openSync(chip.pullFile(Number(offset)), "w"), isHigh: chip.level(Number(offset)) }));
// The world does not wait for a busy processor.
os.setPriority(os.constants.priority.PRIORITY_HIGHEST);
const cell = new Int32Array(new SharedArrayBuffer(4));
const pause = BigInt(period) * BigInt(lines.length) * 1000n;
const start = process.hrtime.bigint();
let next = start;
for (let edge = 0; edge < Number(count); ) {
  for (const line of lines) {
    line.isHigh = !line.isHigh;
    writeSync(line.fd, line.isHigh ? "pull-up" : "pull-down");
    edge += 1;
  }
  // What is late is made up for, but no two edges of a line come within a tick of the simulator's.
  const now = process.hrtime.bigint();
  next = next + pause > now + TICK ? next + pause : now + TICK;
  const left = Number(next - now) / 1e6;
  if (left > 0) Atomics.wait(cell, 0, 0, left);
}
process.stdout.write(`${count} ${(process.hrtime.bigint() - start) / 1000n}\n`);
