/** How long a module that is killed or stopped is missed: the longest time between two answers of a client that asks every 5 ms. */
import { setTimeout as delay } from "node:timers/promises";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import type { Daemon } from "../support/start-daemon.js";
import { sensorName, startMachine, stopMachine } from "./bench-machine.js";
import { median, spread } from "./figures.js";
import type { Row } from "./rows.js";

const SETTLE = 4000;
const PAUSE = 5;

const outageRow =
  (measure: string, signal: NodeJS.Signals, watchMs: number, goal: string): Row =>
  async (scope, { language, runs }) => {
    const { daemon } = await startMachine(scope, { modules: 1, sensorsEach: 10, language });
    await delay(SETTLE);
    const outages: number[] = [];
    for (let run = 0; run < runs; run += 1) outages.push(await outageAfter(daemon, signal, watchMs));
    await stopMachine(daemon);
    return [{ measure, value: spread(outages, "ms"), baseline: `between two calls ${PAUSE} ms`, ratio: median(outages) / PAUSE, goal }];
  };

async function outageAfter(daemon: Daemon, signal: NodeJS.Signals, watchMs: number): Promise<number> {
  const client = daemon.client(SensorServiceDefinition);
  const start = performance.now();
  let last = start;
  let longest = 0;
  let isHurt = false;
  while (performance.now() - start < watchMs) {
    if (!isHurt && performance.now() - start > 500) {
      isHurt = true;
      const { modules } = await daemon.report();
      process.kill(modules[0]?.pid ?? 0, signal);
      last = performance.now();
    }
    const isAnswered = await client.getReadings({ name: sensorName(0) }, { timeout: 1000 }).then(
      () => true,
      () => false,
    );
    if (isAnswered) {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    await delay(PAUSE);
  }
  return Math.max(longest, performance.now() - last);
}

export const crashRow: Row = outageRow("module killed: longest time without an answer", "SIGKILL", 9000, "<= 80 ms, never above 300");
export const hangRow: Row = outageRow("module stopped with SIGSTOP: until it serves again", "SIGSTOP", 8000, "<= 3200 ms");
