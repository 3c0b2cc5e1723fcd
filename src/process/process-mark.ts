/**
 * A mark in the environment of a process, which everything that it starts inherits: it finds those that left the process group as well.
 * A process that wrote over its environment escapes, so this stands beside the signals to the group, not in their place.
 */
import { readdirSync, readFileSync } from "node:fs";

const VARIABLE = "PINION_MODULE_RUN";

/** The entry to start a process with. */
export function markEntry(mark: string): Readonly<Record<string, string>> {
  return { [VARIABLE]: mark };
}

/** Those whose mark starts with this; empty where there is no /proc, or no file descriptor left to look. */
export function markedProcesses(start: string): readonly number[] {
  const entry = `${VARIABLE}=${start}`;
  return allProcesses()
    .filter((name) => isMarked(name, entry))
    .map(Number);
}

function allProcesses(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => name.charCodeAt(0) <= NINE);
  } catch {
    return []; // the signal to the process group has to do
  }
}

/** SIGKILL to everything whose mark starts with this; how many there were. */
export function killMarked(start: string): number {
  const pids = markedProcesses(start);
  for (const pid of pids) signalProcess(pid, "SIGKILL");
  return pids.length;
}

/** One that is gone, or is another user's by now, is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

const NINE = "9".charCodeAt(0);

function isMarked(pid: string, entry: string): boolean {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return false; // it ended meanwhile, or is not ours to look at
  }
  const at = environment.indexOf(entry);
  return at === 0 || (at > 0 && environment.charCodeAt(at - 1) === 0);
}
