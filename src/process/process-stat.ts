/** What the kernel tells about a process in /proc. Where there is no /proc nothing is known. */
import { readFileSync } from "node:fs";

export interface ProcessStat {
  /** One letter, as in ps: R running, S sleeping, D waiting for a device, T stopped, t traced, Z ended, … */
  readonly state: string;
  readonly group: number;
  /** In ticks since the boot: with the pid and the boot it names one process for ever. */
  readonly start: string;
}

/** Undefined when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  // "pid (any name) state parent group …", the start is the 22nd.
  const [state, , group, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = rest[16];
  return state === undefined || state === "" || start === undefined ? undefined : { state, group: Number(group), start };
}

/** In milliseconds, of its first thread. */
export interface ProcessorTime {
  readonly used: number;
  /** It was ready to run but got no processor. */
  readonly waited: number;
}

/** Undefined where the kernel does not count it. */
export function readProcessorTime(pid: number): ProcessorTime | undefined {
  const [used, waited] = read(`/proc/${pid}/schedstat`).split(" ");
  return used === undefined || waited === undefined ? undefined : { used: Number(used) / 1e6, waited: Number(waited) / 1e6 };
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // it ended, or this is another system than Linux
  }
}
