/** Machines of M modules with N sensors each, and how long they take. */
import { existsSync, readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../../src/base/json.js";
import { packageRoot } from "../../src/base/package-root.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { ResourceStatus_State } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { installModule, type Language } from "../interop/support/languages.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import type { Scope } from "./scope.js";

export interface MachineShape {
  readonly modules: number;
  readonly sensorsEach: number;
  readonly language: Language;
  /** What each sensor reads above 20 degrees. */
  readonly offsetOf?: (sensor: number) => number;
}

const LIMIT = 280_000;

export function benchConfig(scope: Scope, shape: MachineShape): JsonObject {
  const { modules, sensorsEach, language, offsetOf = () => 1 } = shape;
  const indices = Array.from({ length: modules }, (_, index) => index);
  return {
    modules: indices.map((index) => {
      const { config } = installModuleOnce(path.join(scope.folder, `m${index}`), language);
      return {
        ...config,
        name: `m${index}`,
        env: { ACME_SUFFIX: String(index) },
      };
    }),
    components: Array.from({ length: modules * sensorsEach }, (_, sensor) => ({
      name: sensorName(sensor),
      api: "rdk:component:sensor",
      model: `acme:${language}:thermo${sensor % modules}`,
      attributes: { offset: offsetOf(sensor) },
    })),
  };
}

const installed = new Map<string, ReturnType<typeof installModule>>();

function installModuleOnce(folder: string, language: Language): ReturnType<typeof installModule> {
  const module = installed.get(folder) ?? installModule(folder, language, { hasFirstRun: false });
  installed.set(folder, module);
  return module;
}

export function sensorName(index: number): string {
  return `s${index}`;
}

/** The program that `pinion` is when it is installed, or what it is made of where there is no bundle. */
export function programToRun(): string {
  const bin: unknown = (JSON.parse(readFileSync(path.join(packageRoot(), "package.json"), "utf8")) as { bin: { pinion: string } }).bin
    .pinion;
  const bundle = path.join(packageRoot(), String(bin));
  return existsSync(bundle) ? bundle : path.join(import.meta.dirname, "../../src/bin.js");
}

export interface StartedMachine {
  readonly daemon: Daemon;
  /** From the daemon's spawn until the last sensor was ready. */
  readonly readyAfterMs: number;
}

export async function startMachine(scope: Scope, shape: MachineShape): Promise<StartedMachine> {
  const daemon = await startDaemon(scope, { config: benchConfig(scope, shape), entry: programToRun(), isAwaited: false });
  await untilListening(daemon.port);
  await untilSensorsReady(daemon, shape.modules * shape.sensorsEach);
  return { daemon, readyAfterMs: performance.now() - daemon.spawnedAt };
}

export async function stopMachine(daemon: Daemon): Promise<number> {
  const start = performance.now();
  await daemon.stop();
  return performance.now() - start;
}

/** A channel would wait between its attempts; a bare socket can ask every other millisecond. */
async function untilListening(port: number): Promise<void> {
  for (const end = performance.now() + LIMIT; performance.now() < end; await delay(2)) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
  }
  throw new Error(`nothing listens on port ${port} after ${LIMIT} ms`);
}

async function untilSensorsReady(daemon: Daemon, count: number): Promise<void> {
  const end = performance.now() + LIMIT;
  for (;;) {
    const asked = performance.now();
    const { resources } = await daemon.status();
    if (resources.filter((one) => one.state === ResourceStatus_State.READY && one.name?.subtype === "sensor").length >= count) return;
    if (performance.now() > end) throw new Error(`${count} sensors are not ready after ${LIMIT} ms`);
    // Asking must not become what is measured, and one slow answer must not hide what follows.
    await delay(Math.min(5 + 4 * (performance.now() - asked), 50));
  }
}

/** Puts the config in place and returns the time until all the sensors read the new value. */
export async function change(daemon: Daemon, config: JsonObject, sensors: readonly number[], celsius: number): Promise<number> {
  const client = daemon.client(SensorServiceDefinition);
  daemon.writeConfig(config);
  const start = performance.now();
  for (const sensor of sensors) {
    for (;;) {
      const answer = await client.getReadings({ name: sensorName(sensor) }, { timeout: 2000 }).catch(() => undefined);
      if (answer?.readings["celsius"] === celsius) break;
      if (performance.now() - start > LIMIT) throw new Error(`s${sensor} does not read ${celsius} after ${LIMIT} ms`);
      await delay(2);
    }
  }
  return performance.now() - start;
}
