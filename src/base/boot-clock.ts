/** Time as the running system counts it: which boot this is and how long ago it was. The wall clock has no part in it. */
import { readFileSync } from "node:fs";
import os from "node:os";
import { type Millis, seconds } from "./millis.js";

/** A moment that can be compared with others of the same boot, across restarts of processes. */
export interface BootMoment {
  readonly bootId: string;
  readonly uptime: Millis;
}

let knownBootId: string | undefined;

/** The same until the system starts anew. Empty where the system has none. */
export function readBootId(): string {
  knownBootId ??= readLine("/proc/sys/kernel/random/boot_id") ?? "";
  return knownBootId;
}

/** Since the boot, time asleep included. */
export function readUptime(): Millis {
  // os.uptime() asks the C library, whose clocks can be lent; the kernel's file cannot.
  const [first = ""] = (readLine("/proc/uptime") ?? "").split(" ");
  return seconds(first === "" ? os.uptime() : Number(first));
}

export function bootMoment(): BootMoment {
  return { bootId: readBootId(), uptime: readUptime() };
}

/** From `earlier` until now; undefined when the system was started anew in between. */
export function elapsedSince(earlier: BootMoment, now: BootMoment = bootMoment()): Millis | undefined {
  if (earlier.bootId !== now.bootId || now.uptime < earlier.uptime) return undefined;
  return (now.uptime - earlier.uptime) as Millis;
}

function readLine(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined; // another system than Linux
  }
}
