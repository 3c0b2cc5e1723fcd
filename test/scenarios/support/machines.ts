/** Small configs of simulated hardware. */
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { JsonObject } from "../../../src/base/json.js";
import { type Daemon, startDaemon } from "../../support/start-daemon.js";

export function machineOf(...sensors: readonly string[]): JsonObject {
  return { components: sensors.map((name) => ({ name, api: "rdk:component:sensor", model: "pinion:simulated:sensor" })) };
}

/** The daemon's config file with other sensors in it. */
export function textWith(daemon: Daemon, ...sensors: readonly string[]): string {
  const { network } = JSON.parse(readFileSync(daemon.configPath, "utf8")) as { network: JsonObject };
  return `${JSON.stringify({ ...machineOf(...sensors), network }, undefined, 2)}\n`;
}

export function sensorsIn(text: string): readonly string[] {
  return (JSON.parse(text) as { components: readonly { name: string }[] }).components.map(({ name }) => name);
}

/** Another supervisor for the same home, config file and port. */
export async function startAgain(t: TestContext, before: Daemon): Promise<Daemon> {
  const again = await startDaemon(t, { home: before.home, port: before.port, args: ["--config", before.configPath] });
  return { ...again, configPath: before.configPath };
}
