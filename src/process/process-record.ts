/**
 * Which processes run for this supervisor, so that the next one finds what a killed one left behind. One empty file a process, whose name
 * says all, in a folder that lives as long as the supervisor: nothing is written to the disk for good, for a power cut ends the processes too.
 */
import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { readProcessStat } from "./process-stat.js";

const NAME = /^process-(\d+)-(\d+)$/;

export interface RecordedProcess {
  readonly pid: number;
  /** As the kernel counts it: with the pid and the boot it names one process for ever. */
  readonly start: string;
}

/** The file, to be removed when the process has ended. Undefined where there is no /proc, or no room. */
export function recordProcess(folder: string, pid: number): string | undefined {
  const start = readProcessStat(pid)?.start;
  if (start === undefined) return undefined;
  const file = path.join(folder, `process-${pid}-${start}`);
  try {
    closeSync(openSync(file, "w", 0o600));
    return file;
  } catch {
    return undefined; // the mark in its environment finds it too
  }
}

export function forgetProcess(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It goes with its folder; until then it names nobody.
  }
}

/** Those that still run, out of those recorded there in this boot. */
export function recordedProcesses(folder: string): readonly RecordedProcess[] {
  return readdirSync(folder).flatMap((name) => {
    const [, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined || start === undefined) return [];
    const stat = readProcessStat(Number(pid));
    return stat?.start === start && stat.state !== "Z" ? [{ pid: Number(pid), start }] : [];
  });
}
