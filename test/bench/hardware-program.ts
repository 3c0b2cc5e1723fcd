/**
 * The hardware bench itself, run where the hardware is: on the virtual board, or on a bench of real boards. PINION_RIG says which.
 * Its last line is `FIGURES ` and JSON.
 */
import { openRig } from "../../hardware-tests/rig.js";
import type { JsonObject } from "../../src/base/json.js";
import { openChannel } from "../../src/proto/channel.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { programToRun } from "./bench-machine.js";
import type { Figure } from "./figures.js";
import { boardCalls, localEdges, localReads, localWrites, type MeasuredChip, motionCalls, pinName } from "./hardware-layers.js";
import { figuresOf, type Layer } from "./hardware-pace.js";
import { fillChips, robotMemory } from "./hardware-robot.js";
import { createScope } from "./scope.js";

const CHIPS = [
  { chip: "adxl345", model: "rdk:builtin:accel-adxl345", register: 0x32 },
  { chip: "mpu6050", model: "rdk:builtin:gyro-mpu6050", register: 0x3b },
] as const;
const PINS = "pins";
const MOTION = "motion";

const scope = createScope();
const figures: Figure[] = [];
const isOnVirtualBoard = process.env["PINION_RIG"] === "board";
try {
  if (isOnVirtualBoard) fillChips();
  const rig = await openRig();
  // What a driver has, no other process can use: each side has wires of its own.
  const [ours, theirs, ...rest] = rig.wires;
  const ourInputs = rest.slice(0, rest.length >> 1);
  const theirInputs = rest.slice(rest.length >> 1, (rest.length >> 1) * 2);
  const chip = findChip();
  const interrupts = theirInputs.map(({ line }, index) => ({ name: `edge${index}`, pin: pinName(line) }));
  const daemon = await startDaemon(scope, { config: { components: components(interrupts, chip) }, entry: programToRun() });
  await daemon.untilReady(chip === undefined ? [PINS] : [PINS, MOTION], 60_000);
  const board = { direct: openChannel(await socketOf(daemon, "pinion-gpio")), through: openChannel(daemon.address) };

  if (ours === undefined || theirs === undefined) skip("GPIO writes", "two pairs of joined pins");
  else {
    const calls = boardCalls(PINS, board);
    await measure("GPIO writes", [...localWrites(rig.hardware, ours), ...calls.writes(theirs.line)]);
    if (ourInputs.length === 0) skip("edges", "four pairs of joined pins");
    else {
      const names = interrupts.map(({ name }) => name);
      const edges = [...localEdges(rig.hardware, ourInputs), ...calls.edges(theirInputs, names)];
      await measure(`edges of ${ourInputs.length} line${ourInputs.length === 1 ? "" : "s"}`, edges);
    }
  }
  if (chip === undefined) skip("I2C reads", "an ADXL345 or an MPU6050");
  else {
    const motion = { direct: openChannel(await socketOf(daemon, "pinion-i2c")), through: board.through };
    await measure("I2C reads of 6 bytes", [...localReads(rig.hardware, chip), ...motionCalls(MOTION, motion)]);
    motion.direct.close();
  }
  for (const channel of Object.values(board)) channel.close();
  await daemon.stop();
  await rig.close();
  if (isOnVirtualBoard) figures.push(...(await robotMemory(scope)));

  function findChip(): MeasuredChip | undefined {
    for (const { chip: name, model, register } of CHIPS) {
      const address = rig.i2c?.address(name);
      if (rig.i2c !== undefined && address !== undefined) return { bus: rig.i2c.bus, address, model, register };
    }
    return undefined;
  }
} finally {
  await scope.end();
}
process.stdout.write(`FIGURES ${JSON.stringify(figures)}\n`);

async function measure(what: string, layers: readonly Layer[]): Promise<void> {
  figures.push(...(await figuresOf(what, layers)));
}

function skip(what: string, need: string): void {
  figures.push({ measure: what, value: `not measured: needs ${need}` });
}

function components(interrupts: readonly JsonObject[], chip: MeasuredChip | undefined): JsonObject[] {
  const pins = { name: PINS, api: "rdk:component:board", model: "rdk:builtin:linux", attributes: { digital_interrupts: interrupts } };
  if (chip === undefined) return [pins];
  return [pins, { name: MOTION, api: "rdk:component:movement_sensor", model: chip.model, attributes: { i2c_bus: chip.bus } }];
}

async function socketOf(daemon: Daemon, module: string): Promise<string> {
  const { modules } = await daemon.report();
  const socket = modules.find(({ name }) => name === module)?.socket;
  if (socket === undefined || socket === "") {
    throw new Error(`the daemon tells no socket of ${module}; it has ${modules.map(({ name }) => name).join(", ")}`);
  }
  return socket;
}
