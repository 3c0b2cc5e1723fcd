/** SIGKILL to random modules of ten, while clients call all of them. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../../src/base/json.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { RpcError, Status } from "../../src/proto/status-code.js";
import { fixtureProgram } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { memoryOf, Victim } from "./victim.js";

const MODULES = 10;
const CLIENTS = 4;
/** Kills before the first look at memory and descriptors: by then everything was loaded and grown once. */
const WARM_UP = 50;
const MEMORY_SLACK_MB = 20;
const DESCRIPTOR_SLACK = 4;

export async function killModules(folder: string, kills: number): Promise<string> {
  const victim = await Victim.create(folder);
  try {
    victim.writeConfig(tenModules(folder));
    victim.start();
    await victim.untilReady(2 * MODULES);
    const load = new Load(victim.port);
    await killSome(victim, Math.min(kills, WARM_UP));
    const before = await levels(victim);
    await killSome(victim, Math.max(0, kills - WARM_UP));
    const { calls, refused } = await load.end();
    const after = await settled(victim, before);
    await victim.stop();
    if (victim.processes().length > 0) throw new Error(`processes left over: ${victim.processes().join(", ")}`);
    if (readdirSync(victim.temp).length > 0) throw new Error(`files left over: ${readdirSync(victim.temp).join(", ")}`);
    return `${calls} calls beside, ${refused} of them to a module that was down; memory ${before.memory.toFixed(1)} -> ${after.memory.toFixed(1)} MB, descriptors ${before.descriptors} -> ${after.descriptors}`;
  } finally {
    victim.sweep();
  }
}

function tenModules(folder: string): JsonObject {
  const names = Array.from({ length: MODULES }, (_, index) => `m${index}`);
  return {
    modules: names.map((name) => ({
      name,
      type: "local",
      executable_path: fixtureProgram(path.join(folder, "modules", name), "well-behaved"),
      env: { FIXTURE_MODEL: `acme:demo:${name}` },
    })),
    components: names.flatMap((name) =>
      ["a", "b"].map((letter) => ({
        name: `${name}${letter}`,
        api: "rdk:component:sensor",
        model: `acme:demo:${name}`,
        // Chains through all modules: a crash concerns others too.
        ...(letter === "b" && name !== "m0" ? { depends_on: [`m${Number(name.slice(1)) - 1}a`] } : {}),
      })),
    ),
  };
}

async function killSome(victim: Victim, kills: number): Promise<void> {
  for (let count = 0; count < kills; ) {
    const running = (await victim.report()).modules.filter(({ pid }) => pid > 0);
    const one = running[Math.floor(Math.random() * running.length)];
    if (one !== undefined && tryKill(one.pid)) count += 1;
    await delay(Math.random() * 200);
  }
}

function tryKill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false; // it ended meanwhile
  }
}

interface Levels {
  readonly memory: number;
  readonly descriptors: number;
}

/** Once all is quiet: everything is ready and no process is there but those. */
async function levels(victim: Victim): Promise<Levels> {
  await victim.untilReady(2 * MODULES);
  await eventually("no orphan", () => victim.processes().length === MODULES + 1 || undefined);
  return { memory: memoryOf(victim.pid), descriptors: readdirSync(`/proc/${victim.pid}/fd`).length };
}

async function settled(victim: Victim, before: Levels): Promise<Levels> {
  let last = await levels(victim);
  await eventually(
    "memory and descriptors back at their level",
    async () => {
      last = await levels(victim);
      if (last.memory <= before.memory + MEMORY_SLACK_MB && last.descriptors <= before.descriptors + DESCRIPTOR_SLACK) return true;
      throw new Error(`before ${JSON.stringify(before)}, now ${JSON.stringify(last)}`);
    },
    30_000,
  );
  return last;
}

/** Clients that call sensors at random. A module may be down; any other error is amiss. */
class Load {
  readonly #work: Promise<unknown>;
  #isEnded = false;
  #calls = 0;
  #refused = 0;

  constructor(port: number) {
    this.#work = Promise.all(Array.from({ length: CLIENTS }, () => this.#run(port)));
    this.#work.catch(() => undefined); // told at the end
  }

  async end(): Promise<{ calls: number; refused: number }> {
    this.#isEnded = true;
    await this.#work;
    return { calls: this.#calls, refused: this.#refused };
  }

  async #run(port: number): Promise<void> {
    const channel = openChannel(`localhost:${port}`);
    const client = createClient(SensorServiceDefinition, channel);
    while (!this.#isEnded) {
      const name = `m${Math.floor(Math.random() * MODULES)}${Math.random() < 0.5 ? "a" : "b"}`;
      this.#calls += 1;
      try {
        await client.getReadings({ name, extra: undefined }, { timeout: 10_000 });
      } catch (error) {
        const isDown = error instanceof RpcError && (error.code === Status.UNAVAILABLE || /not available/.test(error.message));
        if (!isDown) throw error;
        this.#refused += 1;
      }
      await delay(5);
    }
    channel.close();
  }
}
