/** The rows of the bench. Each starts machines of its own and measures them from outside. */
import { setTimeout as delay } from "node:timers/promises";
import type { Language } from "../interop/support/languages.js";
import { bareNodeMemory, bareNodeStart } from "./bare-node.js";
import { benchConfig, change, sensorName, startMachine, stopMachine } from "./bench-machine.js";
import { type Figure, median, spread } from "./figures.js";
import { hardwareRow } from "./hardware-row.js";
import { runLoad } from "./load-client.js";
import { crashRow, hangRow } from "./outage-rows.js";
import { bytesWritten, cpuSeconds, pssMegabytes } from "./process-figures.js";
import { rpcRow, streamsRow } from "./rpc-rows.js";
import type { Scope } from "./scope.js";
import { moduleMemory, moduleStart } from "./sdk-module.js";

export interface BenchOptions {
  readonly language: Language;
  readonly isGoThere: boolean;
  /** How often starts and the like are repeated. */
  readonly runs: number;
  /** Sizes of the machines of the resources row. */
  readonly resources: readonly number[];
  /** Length of the idle row. */
  readonly idleSeconds: number;
}

export type Row = (scope: Scope, options: BenchOptions) => Promise<readonly Figure[]>;

const startRow =
  (modules: number, readyGoal: string, stopGoal: string): Row =>
  async (scope, { language, runs }) => {
    const ready: number[] = [];
    const stopped: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      bare.push(await bareNodeStart());
      const { daemon, readyAfterMs } = await startMachine(scope, { modules, sensorsEach: 10, language });
      ready.push(readyAfterMs);
      stopped.push(await stopMachine(daemon));
    }
    const what = `${modules} module${modules === 1 ? "" : "s"}, ${modules * 10} sensors`;
    const baseline = `bare Node ${median(bare).toFixed(0)} ms`;
    return [
      { measure: `start to ready: ${what}`, value: spread(ready, "ms"), baseline, ratio: median(ready) / median(bare), goal: readyGoal },
      { measure: `stop: ${what}`, value: spread(stopped, "ms"), goal: stopGoal },
    ];
  };

const memoryRow: Row = async (scope, { language, isGoThere }) => {
  const { daemon } = await startMachine(scope, { modules: 5, sensorsEach: 2, language });
  await delay(15_000);
  const bare = await bareNodeMemory(scope);
  const idle = pssMegabytes(daemon.pid);
  const load = await runLoad(daemon.address, { sensor: sensorName(0), calls: 1000, seconds: 15, inFlight: 16, isGoThere });
  const loaded = pssMegabytes(daemon.pid);
  await stopMachine(daemon);
  const baseline = `bare Node ${bare.toFixed(1)} MB`;
  const calls = `${Math.round(load.calls / 1000)},000 calls`;
  return [
    { measure: "supervisor idle, PSS", value: `${idle.toFixed(1)} MB`, baseline, ratio: idle / bare, goal: "<= 50 MB" },
    { measure: `supervisor after ${calls}, PSS`, value: `${loaded.toFixed(1)} MB`, baseline, ratio: loaded / bare, goal: "<= 65 MB" },
  ];
};

const CHANGE_ALL_GOALS: Readonly<Record<number, string>> = { 10: "<= 150 ms", 100: "<= 300 ms", 300: "<= 600 ms", 1000: "<= 1500 ms" };

const resourcesRow: Row = async (scope, { language, resources }) => {
  const figures: Figure[] = [];
  for (const count of resources) {
    const shape = { modules: 1, sensorsEach: count, language };
    const { daemon, readyAfterMs } = await startMachine(scope, shape);
    await delay(2000);
    const middle = count >> 1;
    const all = Array.from({ length: count }, (_, index) => index);
    const one: number[] = [];
    const every: number[] = [];
    for (const offset of [2, 3, 4]) {
      const config = benchConfig(scope, { ...shape, offsetOf: (sensor) => (sensor === middle ? offset : 1) });
      one.push(await change(daemon, config, [middle], 20 + offset));
    }
    for (const offset of [5, 6, 7]) {
      every.push(await change(daemon, benchConfig(scope, { ...shape, offsetOf: () => offset }), all, 20 + offset));
    }
    const stopped = await stopMachine(daemon);
    const startGoal = count === 1000 ? { goal: "<= 1500 ms" } : {};
    const everyGoal = CHANGE_ALL_GOALS[count];
    figures.push(
      { measure: `${count} resources: start to ready`, value: `${readyAfterMs.toFixed(0)} ms`, ...startGoal },
      { measure: `${count} resources: one changed`, value: spread(one, "ms"), goal: "<= 150 ms" },
      { measure: `${count} resources: all changed`, value: spread(every, "ms"), ...(everyGoal === undefined ? {} : { goal: everyGoal }) },
      { measure: `${count} resources: stop`, value: `${stopped.toFixed(0)} ms` },
    );
  }
  return figures;
};

const idleRow: Row = async (scope, { language, idleSeconds }) => {
  const { daemon } = await startMachine(scope, { modules: 1, sensorsEach: 10, language });
  await delay(30_000);
  const cpu = cpuSeconds(daemon.pid);
  const written = bytesWritten(daemon.pid);
  await delay(idleSeconds * 1000);
  const percent = ((cpuSeconds(daemon.pid) - cpu) / idleSeconds) * 100;
  const bytes = bytesWritten(daemon.pid) - written;
  await stopMachine(daemon);
  return [
    { measure: `idle for ${idleSeconds} s: CPU of a core`, value: `${percent.toFixed(2)} %`, goal: "<= 0.3 %" },
    { measure: `idle for ${idleSeconds} s: written`, value: `${bytes} bytes`, goal: "0" },
  ];
};

const sdkRow: Row = async (scope, { runs }) => {
  const ready: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    bare.push(await bareNodeStart());
    ready.push(await moduleStart(scope));
  }
  const { module, bareNode } = await moduleMemory(scope);
  return [
    {
      measure: "TypeScript module, spawn to ready",
      value: spread(ready, "ms"),
      baseline: `bare Node ${median(bare).toFixed(0)} ms`,
      ratio: median(ready) / median(bare),
      goal: "<= 150 ms",
    },
    {
      measure: "TypeScript module beside the supervisor, PSS",
      value: `${module.toFixed(1)} MB`,
      baseline: `bare Node ${bareNode.toFixed(1)} MB`,
      ratio: module / bareNode,
      goal: "<= 22 MB",
    },
  ];
};

export const ROWS: Readonly<Record<string, Row>> = {
  start1: startRow(1, "<= 180 ms, never above 400", "<= 115 ms"),
  start10: startRow(10, "<= 425 ms", "<= 115 ms"),
  memory: memoryRow,
  rpc: rpcRow,
  streams: streamsRow,
  resources: resourcesRow,
  crash: crashRow,
  hang: hangRow,
  idle: idleRow,
  sdk: sdkRow,
  hardware: hardwareRow,
};
