/** Finds every process that inherited a mark through its environment, however far it detached itself. Finds none where there is no /proc. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

const NAME = "PINION_TEST_MARK";

/** The environment entry that marks a process and all that it starts. */
export function markEnv(mark: string): Record<string, string> {
  return { [NAME]: mark };
}

/** Pids that carry the mark and have not ended yet. Zombies have no environment any more and do not count. */
export function markedProcesses(mark: string): number[] {
  if (!existsSync("/proc")) return [];
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(`${NAME}=${mark}`))
    .map(Number);
}

/** What the process was started as, for messages. */
export function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** Ends them all at once; for cleaning up after a failure. */
export function killMarked(mark: string): void {
  for (const pid of markedProcesses(mark)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ended in the meantime, which is what was wanted
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // the process ended while we looked
  }
}
