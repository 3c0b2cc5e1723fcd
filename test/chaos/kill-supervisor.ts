/** SIGKILL to the supervisor at random moments: while it starts, changes its config, runs first-run scripts, and writes. */
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import type { JsonObject } from "../../src/base/json.js";
import { fixtureProgram, shellScript } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { Victim } from "./victim.js";

const MODULES = 3;
const LONGEST_LIFE_MS = 1000;

export async function killSupervisor(folder: string, kills: number): Promise<string> {
  const victim = await Victim.create(folder);
  const machine = new ChangingMachine(folder);
  let acknowledged = 0;
  let firstRuns = 0;
  try {
    victim.writeConfig(machine.config());
    for (let count = 0; count < kills; count += 1) {
      const from = count === 0 ? 0 : victim.log().length;
      victim.start();
      const life = delay(Math.random() * LONGEST_LIFE_MS);
      const told = await liveOn(victim, machine, life);
      if (told !== undefined && told < acknowledged) {
        throw new Error(`generation ${acknowledged} of the config was acknowledged, but ${told} is the last one after kill ${count}`);
      }
      acknowledged = Math.max(acknowledged, told ?? 0);
      await victim.kill();
      firstRuns += machine.noteFirstRuns(victim.log().slice(from));
    }
    victim.start();
    await victim.untilReady(MODULES);
    const { config } = await victim.report();
    if (Number(config?.generation ?? 0) < acknowledged) throw new Error(`generation ${acknowledged} was acknowledged and is gone`);
    machine.assertFirstRuns();
    await eventually("no orphan", () => victim.processes().length === MODULES + 1 || undefined);
    const folders = readdirSync(victim.temp);
    if (folders.length !== 1) throw new Error(`expected one socket folder, found ${folders.join(", ")}`);
    await victim.stop();
    if (victim.processes().length > 0) throw new Error(`processes left over: ${victim.processes().join(", ")}`);
    assertIntact(victim);
    return `${acknowledged} generations of the config and ${firstRuns} first runs acknowledged, all of them kept; database intact`;
  } finally {
    victim.sweep();
  }
}

/** Changes things until the time is over. The generation of the config that it told last. */
async function liveOn(victim: Victim, machine: ChangingMachine, life: Promise<void>): Promise<number | undefined> {
  let isOver = false;
  const over = life.then(() => {
    isOver = true;
  });
  let told: number | undefined;
  while (!isOver) {
    if (Math.random() < 0.2) victim.writeConfig(machine.change());
    const report = await Promise.race([victim.report(500).catch(() => undefined), over.then(() => undefined)]);
    // Once in the journal it has a number.
    const generation = Number(report?.config?.generation ?? 0);
    if (generation > 0) told = generation;
    await Promise.race([delay(Math.random() * 100), over]);
  }
  return told;
}

/** A few modules, one of which has a first-run script that tells of its runs, and changes as versions do. */
class ChangingMachine {
  readonly #programs: readonly string[];
  readonly #package: string;
  readonly #succeeded = new Set<string>();
  #version = 0;

  constructor(folder: string) {
    this.#programs = Array.from({ length: MODULES }, (_, index) =>
      fixtureProgram(path.join(folder, "modules", `m${index}`), "well-behaved"),
    );
    this.#package = path.join(folder, "modules", "m0");
    this.#writePackage();
  }

  config(): JsonObject {
    return {
      modules: this.#programs.map((program, index) => ({
        name: `m${index}`,
        type: "local",
        executable_path: program,
        env: { FIXTURE_MODEL: `acme:demo:m${index}`, ...(index === 0 ? { CHANGE: `${this.#version}` } : {}) },
      })),
      components: this.#programs.map((_, index) => ({
        name: `s${index}`,
        api: "rdk:component:sensor",
        model: `acme:demo:m${index}`,
        attributes: { change: this.#version },
      })),
    };
  }

  change(): JsonObject {
    this.#version += 1;
    this.#writePackage();
    return this.config();
  }

  /** Takes over which versions have succeeded, by a part of the log; none of them may have run again since. How many were new. */
  noteFirstRuns(log: string): number {
    const before = this.#succeeded.size;
    for (const [, version = "", what] of log.matchAll(/"version":"(\d+)"(?:,"took":"[^"]*")?,"msg":"first run (started|succeeded)"/g)) {
      if (what === "succeeded") this.#succeeded.add(version);
      else if (this.#succeeded.has(version)) throw new Error(`the first run of version ${version} had succeeded and ran again`);
    }
    return this.#succeeded.size - before;
  }

  assertFirstRuns(): void {
    if (this.#succeeded.size === 0) throw new Error("no first run ever succeeded");
    if (!existsSync(`${this.#package}.first_run_succeeded`)) throw new Error("the marker of the first run is not there");
  }

  #writePackage(): void {
    const script = `first-${this.#version}.sh`;
    shellScript(path.join(this.#package, script), `sleep 0.${this.#version % 3}; echo set up`);
    const meta = path.join(this.#package, "meta.json");
    writeFileSync(`${meta}.new`, JSON.stringify({ version: `${this.#version}`, first_run: script }));
    renameSync(`${meta}.new`, meta);
  }
}

function assertIntact(victim: Victim): void {
  const set = readdirSync(victim.home).filter((name) => /corrupt|aside|broken/.test(name));
  if (set.length > 0) throw new Error(`a database was set aside: ${set.join(", ")}`);
  const database = new Database(path.join(victim.home, "pinion.db"), { readonly: true });
  const result = database.pragma("integrity_check", { simple: true });
  database.close();
  if (result !== "ok") throw new Error(`the database is damaged: ${String(result)}`);
}
