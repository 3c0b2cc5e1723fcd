/**
 * A motor with an encoder on simulated lines: a process of its own that looks at the motor's pins a thousand times a second, and turns the encoder's.
 * Usage: node drive-train.js CHIP A:B:PWM ENCODER_A:ENCODER_B TICKS_PER_SECOND. On standard input: `block` and `free` the shaft, `where`: answers with the ticks so far.
 */
import { openSync, readSync, writeSync } from "node:fs";
import readline from "node:readline";
import { SimChip } from "./gpio-sim.js";

/** Levels of the encoder's two lines, going forwards: B leads, as `incremental` counts upwards. */
const STATES: readonly (readonly [boolean, boolean])[] = [
  [false, false],
  [false, true],
  [true, true],
  [true, false],
];
/** Milliseconds in which the shaft comes to a new speed: heavier than a period of PWM. */
const INERTIA = 30;
/** Milliseconds between steps at least. The kernel's simulator merges what comes within a tick of its clock, which is late on a busy host. */
const STEP = 5;

const [label = "", motorPins = "", encoderPins = "", fullSpeed = "100"] = process.argv.slice(2);
const chip = SimChip.find(label);
const [a = 0, b = 0, pwm = 0] = motorPins.split(":").map((offset) => openSync(chip.valueFile(Number(offset)), "r"));
const encoder = encoderPins.split(":").map((offset) => openSync(chip.pullFile(Number(offset)), "w"));
const buffer = Buffer.alloc(4);

let speed = 0;
let position = 0;
let shown = 0;
let isBlocked = false;
let last = performance.now();
let stepped = 0;

function isHigh(fd: number): boolean {
  readSync(fd, buffer, 0, 4, 0);
  return buffer[0] === 0x31;
}

function turn(): void {
  const now = performance.now();
  const elapsed = now - last;
  last = now;
  const direction = Number(isHigh(a)) - Number(isHigh(b));
  const wanted = isBlocked || !isHigh(pwm) ? 0 : direction * Number(fullSpeed);
  speed += (wanted - speed) * Math.min(1, elapsed / INERTIA);
  if (isBlocked) speed = 0;
  position += (speed * elapsed) / 1000;
  const goal = Math.round(position);
  if (goal === shown || now - stepped < STEP) return;
  stepped = now;
  const [oldA, oldB] = stateOf(shown);
  shown += Math.sign(goal - shown);
  const [newA, newB] = stateOf(shown);
  if (oldA !== newA) writeSync(encoder[0] ?? 0, newA ? "pull-up" : "pull-down");
  if (oldB !== newB) writeSync(encoder[1] ?? 0, newB ? "pull-up" : "pull-down");
}

function stateOf(ticks: number): readonly [boolean, boolean] {
  return STATES[((ticks % 4) + 4) % 4] ?? [false, false];
}

for (const fd of encoder) writeSync(fd, "pull-down");
const timer = setInterval(turn, 1);
process.stdout.write("ready\n");
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "where") process.stdout.write(`${shown}\n`);
  else isBlocked = line === "block";
});
process.stdin.on("end", () => clearInterval(timer));
