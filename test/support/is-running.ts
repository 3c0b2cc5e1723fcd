/** Whether a process still runs. One that has ended but was not collected does not: in a container without an init nobody collects orphans. */
import { readProcessStat } from "../../src/process/process-stat.js";

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // gone
  }
  return readProcessStat(pid)?.state !== "Z";
}
