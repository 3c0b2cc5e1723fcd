/** What the kernel tells of processes: time of the processor, memory, bytes written. Linux; elsewhere there is nothing to tell. */
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

export interface GroupFigures {
  /** Seconds of the processor since the processes began; falls when one of them ends. */
  readonly cpuSeconds: number;
  readonly rssKb: number;
  readonly processes: number;
  /** Of the processes there are; reading it of another user's fails. */
  readonly writtenBytes: number;
}

/** Of USER_HZ, which is 100 on every Linux that we run on. */
const TICKS_PER_SECOND = 100;
const PAGE_KB = 4;
/** Processes looked at before others get their turn. */
const PER_TURN = 25;

/** Of each process group by its leader's pid. */
export async function readGroups(leaders: ReadonlySet<number>): Promise<ReadonlyMap<number, GroupFigures>> {
  const groups = new Map<number, GroupFigures>();
  if (leaders.size === 0) return groups;
  let looked = 0;
  for (const entry of readNames("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    looked += 1;
    if (looked % PER_TURN === 0) await nextTurn();
    const process = readProcess(Number(entry));
    if (process === undefined || !leaders.has(process.group)) continue;
    const sum = groups.get(process.group) ?? { cpuSeconds: 0, rssKb: 0, processes: 0, writtenBytes: 0 };
    groups.set(process.group, {
      cpuSeconds: sum.cpuSeconds + process.cpuSeconds,
      rssKb: sum.rssKb + process.rssKb,
      processes: sum.processes + 1,
      writtenBytes: sum.writtenBytes + readWrittenBytes(Number(entry)),
    });
  }
  return groups;
}

export function readProcess(pid: number): { readonly group: number; readonly cpuSeconds: number; readonly rssKb: number } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // "pid (any name) state parent group …": the name may hold blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined) return undefined;
  const field = (index: number): number => Number(fields[index] ?? 0);
  return { group: field(2), cpuSeconds: (field(11) + field(12)) / TICKS_PER_SECOND, rssKb: field(21) * PAGE_KB };
}

/** Memory that is the process's own, with its share of what it shares. The kernel walks all its pages for it. */
export function readPssKb(pid: number): number | undefined {
  const found = /^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/smaps_rollup`) ?? "");
  return found === null ? undefined : Number(found[1]);
}

/** What reached the disk or is on its way to it. */
export function readWrittenBytes(pid: number): number {
  const text = readText(`/proc/${pid}/io`) ?? "";
  const of = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)?.[1] ?? 0);
  return Math.max(0, of("write_bytes") - of("cancelled_write_bytes"));
}

export function countDescriptors(pid: number): number {
  return readNames(`/proc/${pid}/fd`).length;
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // another system, or the process is gone
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return undefined; // it is gone, or another user's
  }
}
