/** What one module made with `pinion/sdk` costs: its start without a supervisor, its memory beside one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ModuleServiceDefinition } from "../../src/proto/gen/viam/module/v1/module.js";
import { bareNodeMemory } from "./bare-node.js";
import { startMachine, stopMachine } from "./bench-machine.js";
import { pssMegabytes } from "./process-figures.js";
import type { Scope } from "./scope.js";

const PROGRAM = path.join(import.meta.dirname, "../interop/typescript/module.js");
let starts = 0;

/** Milliseconds from spawn until it answered that it is ready. */
export async function moduleStart(scope: Scope): Promise<number> {
  const socket = path.join(scope.folder, `module-${starts++}.sock`);
  const start = performance.now();
  const child = spawn(process.execPath, [PROGRAM, socket], { stdio: "ignore", env: { ...process.env, VIAM_NO_MODULE_PARENT: "true" } });
  scope.after(() => child.kill("SIGKILL"));
  const isRunning = () => child.exitCode === null && performance.now() - start < 30_000;
  while (!existsSync(socket) && isRunning()) await delay(1);
  const channel = openChannel(socket);
  const { ready } = await createClient(ModuleServiceDefinition, channel).ready(
    { parentAddress: "", webrtcOffer: "", rawParentAddress: "" },
    { timeout: 5000 },
  );
  const taken = performance.now() - start;
  channel.close();
  child.kill("SIGTERM");
  await once(child, "exit");
  if (!ready) throw new Error("the module says that it is not ready");
  return taken;
}

/** PSS in MB of the module and, at the same moment, of a Node that does nothing. */
export async function moduleMemory(scope: Scope): Promise<{ readonly module: number; readonly bareNode: number }> {
  const { daemon } = await startMachine(scope, { modules: 2, sensorsEach: 1, language: "typescript" });
  await delay(5000);
  const pid = (await daemon.report()).modules.find((module) => module.name === "m0")?.pid;
  if (pid === undefined) throw new Error("the daemon tells no pid of module m0");
  const bareNode = await bareNodeMemory(scope);
  const module = pssMegabytes(pid);
  await stopMachine(daemon);
  return { module, bareNode };
}
