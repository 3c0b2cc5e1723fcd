/**
 * A real daemon with a well-behaved module beside one with a bad habit. Clients call the well-behaved one all the time;
 * none of their calls may fail, whatever the other does. No test itself.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../../../src/base/json.js";
import type { ModuleReport } from "../../../src/proto/gen/pinion/control/v1/control.js";
import { SensorServiceDefinition } from "../../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { fixtureProgram } from "../../module/module-harness.js";
import { eventually } from "../../support/eventually.js";
import { type Daemon, startDaemon } from "../../support/start-daemon.js";
import { tempFolder } from "../../support/temp-folder.js";

export interface BadModule {
  /** The program in test/fixtures/modules. */
  readonly fixture: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly attributes?: JsonObject;
  /** More of its entry in `modules`. */
  readonly entry?: JsonObject;
  /** Of the daemon. */
  readonly daemonEnv?: Readonly<Record<string, string>>;
  /** Of the bad module; what the good one offers is acme:demo:good. */
  readonly model?: string;
}

export interface Scenario {
  readonly daemon: Daemon;
  /** With this entry for the bad module, or without it. */
  config(bad: JsonObject | undefined): JsonObject;
  /** The bad module's entry as it was started. */
  readonly bad: JsonObject;
  report(): Promise<ModuleReport>;
  /** Waits until the bad module is so. */
  until(what: string, condition: (module: ModuleReport) => boolean, limitMs?: number): Promise<ModuleReport>;
  /** Waits for the line that tells of its failure, of one of these kinds, and returns it. */
  failure(kind: string, limitMs?: number): Promise<FailureLine>;
  /** A call to the bad module's resource. */
  call(timeout: number): Promise<unknown>;
  signal(signal: NodeJS.Signals): Promise<ModuleReport>;
  /** Ends all and checks that the bystander saw nothing of it and that nothing is left. */
  end(): Promise<void>;
}

export interface FailureLine {
  readonly kind: string;
  readonly error: string;
  readonly last_output?: readonly string[];
}

export async function besideBadModule(t: TestContext, bad: BadModule): Promise<Scenario> {
  const programs = tempFolder(t);
  const entry = (name: string, fixture: string, rest: JsonObject): JsonObject => ({
    name,
    type: "local",
    executable_path: fixtureProgram(path.join(programs, name), fixture),
    ...rest,
  });
  const model = bad.model ?? "acme:demo:bad";
  const badEntry = entry("bad", bad.fixture, { env: { FIXTURE_MODEL: model, ...bad.env }, ...bad.entry });
  const goodEntry = entry("good", "well-behaved", { env: { FIXTURE_MODEL: "acme:demo:good" } });
  const sensor = (name: string, model: string, attributes: JsonObject = {}): JsonObject => ({
    name,
    api: "rdk:component:sensor",
    model,
    attributes,
  });
  const config = (badOne: JsonObject | undefined): JsonObject => ({
    modules: [goodEntry, ...(badOne === undefined ? [] : [badOne])],
    components: [sensor("good-sensor", "acme:demo:good"), ...(badOne === undefined ? [] : [sensor("bad-sensor", model, bad.attributes)])],
  });
  const daemon = await startDaemon(t, {
    config: config(badEntry),
    isAwaited: false,
    env: bad.daemonEnv ?? {},
    args: ["--log-format", "json"],
  });
  // Of two modules with the same model the first in the config has it as soon as it is up.
  await eventually("the good module serves its sensor", async () =>
    (await daemon.report()).resources.some(
      ({ name, module, state }) => name.endsWith("/good-sensor") && module === "good" && state === "ready",
    ),
  );
  const bystander = new Bystander(daemon);
  t.after(() => bystander.abandon());
  const report = async (): Promise<ModuleReport> => {
    const found = (await daemon.report()).modules.find(({ name }) => name === "bad");
    if (found === undefined) throw new Error("no module bad");
    return found;
  };
  return {
    daemon,
    config,
    bad: badEntry,
    report,
    until: (what, condition, limitMs) =>
      eventually(
        `the bad module ${what}`,
        async () => {
          const module = await report();
          if (condition(module)) return module;
          throw new Error(JSON.stringify({ ...module, restarts: module.restarts }));
        },
        limitMs,
      ),
    failure: (kind, limitMs) => eventually(`a failure of kind ${kind}`, () => failures(daemon).find((line) => line.kind === kind), limitMs),
    call: (timeout) => daemon.client(SensorServiceDefinition).getReadings({ name: "bad-sensor", extra: undefined }, { timeout }),
    async signal(signal) {
      const module = await report();
      process.kill(module.pid, signal);
      return module;
    },
    async end() {
      const { calls, slowest, failed } = await bystander.end();
      t.diagnostic(`${calls} calls of the module beside it, the slowest ${slowest.toFixed(0)} ms`);
      assert.deepEqual(failed, [], "failed calls of the well-behaved module");
      assert.equal(await daemon.stop(), 0);
      assert.deepEqual(readdirSync(path.join(path.dirname(daemon.configPath), "t")), [], "files left over");
    },
  };
}

/** The lines "module failed" of the bad module. */
export function failures(daemon: Daemon): FailureLine[] {
  return daemon
    .logs()
    .split("\n")
    .filter((line) => line.includes('"module failed"') && line.includes('"bad"'))
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as FailureLine]; // a line of the log that says so
      } catch {
        return []; // half of a line as yet
      }
    });
}

const ENOUGH_CALLS = 50;

/** One client that calls the well-behaved module again and again. */
export class Bystander {
  readonly #work: Promise<void>;
  readonly #failed: string[] = [];
  #isEnded = false;
  #calls = 0;
  #slowest = 0;

  constructor(daemon: Daemon, sensor = "good-sensor") {
    this.#work = this.#run(daemon, sensor);
  }

  async end(): Promise<{ calls: number; slowest: number; failed: readonly string[] }> {
    await eventually("enough calls beside it", () => this.#calls >= ENOUGH_CALLS);
    this.#isEnded = true;
    await this.#work;
    return { calls: this.#calls, slowest: this.#slowest, failed: this.#failed };
  }

  /** No more calls, whatever came of those there were. */
  abandon(): void {
    this.#isEnded = true;
  }

  async #run(daemon: Daemon, name: string): Promise<void> {
    const client = daemon.client(SensorServiceDefinition);
    while (!this.#isEnded) {
      const startedAt = performance.now();
      try {
        await client.getReadings({ name, extra: undefined }, { timeout: 10_000 });
      } catch (error) {
        this.#failed.push(String(error));
      }
      this.#calls += 1;
      this.#slowest = Math.max(this.#slowest, performance.now() - startedAt);
      await delay(10);
    }
  }
}
