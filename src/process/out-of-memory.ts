/** Whether the kernel ended a process because memory ran out. */
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";

/** "likely": something was ended for want of memory meanwhile, but the kernel's log, which says what, cannot be read. */
export type OutOfMemory = "certain" | "likely";

/** How many processes the kernel ended for want of memory since the boot; undefined where it does not count. */
export function countOomKills(): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(read("/proc/vmstat"))?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Of a process that got SIGKILL from somebody else. `before`: the count when it was started. */
export function wasOutOfMemory(pid: number, before: number | undefined): OutOfMemory | undefined {
  const now = countOomKills();
  if (before === undefined || now === undefined || now <= before) return undefined;
  const log = readKernelLog();
  if (log === undefined) return "likely";
  return log.includes(`Killed process ${pid} (`) ? "certain" : undefined;
}

// The kernel hands out one record a read and refuses to wait for the next.
const RECORD_BYTES = 8192;
const MAX_RECORDS = 50_000;

function readKernelLog(): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // not ours to read
  }
  const record = Buffer.alloc(RECORD_BYTES);
  const kills: string[] = [];
  try {
    for (let count = 0; count < MAX_RECORDS; count += 1) {
      const line = record.toString("latin1", 0, readSync(descriptor, record));
      if (line.includes("Killed process")) kills.push(line);
    }
  } catch (error) {
    // EAGAIN: this was the last. EPIPE: old records were overwritten meanwhile, which ends the look early.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EAGAIN") return undefined;
  } finally {
    closeSync(descriptor);
  }
  return kills.join("");
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // another system than Linux
  }
}
