/** The floor under everything of ours: a Node that does nothing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { pssMegabytes } from "./process-figures.js";
import type { Scope } from "./scope.js";

/** From spawn until its first line of output, in milliseconds. */
export async function bareNodeStart(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, ["-e", "process.stdout.write('.')"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const taken = performance.now() - start;
  await once(child, "exit");
  return taken;
}

/** PSS beside the Node processes that run now. */
export async function bareNodeMemory(scope: Scope): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9); process.stdout.write('.')"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  scope.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  await delay(500);
  const megabytes = pssMegabytes(child.pid ?? 0);
  child.kill("SIGKILL");
  await once(child, "exit");
  return megabytes;
}
