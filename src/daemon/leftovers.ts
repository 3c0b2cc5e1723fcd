/**
 * What a supervisor leaves behind that was killed: its modules' processes, and the folder of its sockets. The folder says whose it is;
 * the next supervisor of the same home ends the processes and removes it. Only its own: pid, start time and boot must match, or the mark.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readBootId } from "../base/boot-clock.js";
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import { isJsonObject } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import { isGroupAlive, signalGroup } from "../process/process-group.js";
import { markedProcesses, signalProcess } from "../process/process-mark.js";
import { recordedProcesses } from "../process/process-record.js";
import { readProcessStat } from "../process/process-stat.js";

const OWNER_FILE = "owner.json";
/** In the home: where the sockets are, should the next supervisor look for them elsewhere. */
const POINTER_FILE = "socket-folder";
const TERM_LIMIT: Millis = millis(2000);
const KILL_LIMIT: Millis = millis(1000);
const PAUSE: Millis = millis(20);

interface Owner {
  readonly id: string;
  readonly home: string;
  readonly pid: number;
  readonly start: string;
  readonly bootId: string;
}

/** Makes the folder ours, for whoever comes after us. `id`: what the marks of our processes start with. */
export function claimSocketFolder(folder: string, home: string, id: string): void {
  const start = readProcessStat(process.pid)?.start ?? "";
  const owner: Owner = { id, home, pid: process.pid, start, bootId: readBootId() };
  tryToWrite(path.join(folder, OWNER_FILE), JSON.stringify(owner));
}

export interface LeftoverInput {
  readonly home: string;
  /** Ours, to be found by the next supervisor. */
  readonly socketFolder: string;
  /** Folders in which socket folders are made. */
  readonly bases: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Never rejects; tells whether a supervisor of this home was killed since the boot. Nobody else may run on this home. */
export async function endLeftovers({ home, socketFolder, bases, clock, logger }: LeftoverInput): Promise<boolean> {
  let isKilled = false;
  for (const folder of candidates(home, bases)) {
    const owner = readOwner(folder);
    if (owner === undefined) removeUnfinished(folder);
    if (owner === undefined || owner.home !== home || isAlive(owner)) continue;
    const isSameBoot = owner.bootId === readBootId();
    isKilled ||= isSameBoot;
    try {
      const ended = isSameBoot ? await endProcesses(folder, owner, clock) : 0;
      rmSync(folder, { recursive: true, force: true });
      logger.warn(
        { pid: owner.pid, processes: ended, folder },
        "the supervisor before this one was killed; what it left is ended and removed",
      );
    } catch (error) {
      logger.error({ folder, error: messageOf(error) }, "what a killed supervisor left could not be ended");
    }
  }
  // Only now: until here the next one has to look where we looked.
  tryToWrite(path.join(home, POINTER_FILE), socketFolder);
  return isKilled;
}

function tryToWrite(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch {
    // A full or read-only disk: socket folders are mostly found without it.
  }
}

function candidates(home: string, bases: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    found.add(readFileSync(path.join(home, POINTER_FILE), "utf8"));
  } catch {
    // the first start, or a home that could not be written
  }
  for (const base of bases) {
    try {
      for (const name of readdirSync(base)) if (name.startsWith("pinion-")) found.add(path.join(base, name));
    } catch {
      // not there
    }
  }
  return found;
}

/** One whose maker was killed before it had written anything. */
function removeUnfinished(folder: string): void {
  const pid = /^pinion-(\d+)-/.exec(path.basename(folder))?.[1];
  if (pid === undefined || readProcessStat(Number(pid)) !== undefined) return;
  try {
    rmdirSync(folder);
  } catch {
    // not empty, so not one of those; or somebody else's
  }
}

function readOwner(folder: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(folder, OWNER_FILE), "utf8"));
    if (!isJsonObject(value)) return undefined;
    const { id, home, pid, start, bootId } = value;
    if (typeof id !== "string" || id === "" || typeof home !== "string" || typeof pid !== "number") return undefined;
    if (typeof start !== "string" || typeof bootId !== "string") return undefined;
    return { id, home, pid, start, bootId };
  } catch {
    return undefined; // not a folder of ours, or one that was never finished
  }
}

function isAlive({ pid, start, bootId }: Owner): boolean {
  if (bootId !== readBootId()) return false;
  const stat = readProcessStat(pid);
  return stat?.start === start && stat.state !== "Z";
}

/** SIGTERM first: a module may have motors to stop. */
async function endProcesses(folder: string, owner: Owner, clock: Clock): Promise<number> {
  const groups = recordedProcesses(folder).map(({ pid }) => pid);
  const marked = (): readonly number[] => markedProcesses(`${owner.id}/`);
  const isOver = (): boolean => marked().length === 0 && !groups.some(isGroupAlive);
  const count = new Set([...groups, ...marked()]).size;
  for (const [signal, limit] of [
    ["SIGTERM", TERM_LIMIT],
    ["SIGKILL", KILL_LIMIT],
  ] as const) {
    if (isOver()) break;
    for (const group of groups) signalGroup(group, signal);
    for (const pid of marked()) signalProcess(pid, signal);
    const end = clock.now() + limit;
    while (!isOver() && clock.now() < end) await clock.sleep(PAUSE);
  }
  return count;
}
