/** What the board tells of itself: space on the disk, memory, temperature, load; and which board and system it is. */
import { readdirSync, readFileSync, statfsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { readBootId, readUptime } from "../base/boot-clock.js";
import type { JsonObject } from "../base/json.js";

/** The figures that change; those that the system does not offer are left out. */
export function readSystemFigures(home: string): JsonObject {
  const disk = freeOn(home);
  const celsius = hottest();
  return {
    memory_available_kb: availableMemoryKb(),
    load_1m: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
    ...(disk === undefined ? {} : { disk_free_mb: disk }),
    ...(celsius === undefined ? {} : { celsius }),
  };
}

/** Facts for somebody who has never seen the board. */
export function readSystemFacts(): JsonObject {
  return {
    board: (readText("/proc/device-tree/model") ?? "").replaceAll("\0", ""),
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(readText("/etc/os-release") ?? "")?.[1] ?? os.platform(),
    kernel: `${os.type()} ${os.release()} ${os.version()}`,
    architecture: os.arch(),
    processors: `${os.cpus().length} × ${os.cpus()[0]?.model ?? "unknown"}`,
    memory_mb: Math.round(os.totalmem() / 1_048_576),
    boot_id: readBootId(),
    up_seconds: Math.round(readUptime() / 1000),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    node: process.version,
    libraries: { ...process.versions } as JsonObject,
    user: os.userInfo().uid,
    groups: process.getgroups?.() ?? [],
    cgroup: (readText("/proc/self/cgroup") ?? "").trim(),
    limits: (readText("/proc/self/limits") ?? "").trim().split("\n"),
    mounts: (readText("/proc/mounts") ?? "")
      .split("\n")
      .filter((line) => line.startsWith("/dev/") || / (overlay|tmpfs) /.test(line))
      .slice(0, 50),
  };
}

function freeOn(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.floor((bavail * bsize) / 1_048_576);
  } catch {
    return undefined; // not there yet
  }
}

function availableMemoryKb(): number {
  const found = /^MemAvailable:\s+(\d+) kB/m.exec(readText("/proc/meminfo") ?? "");
  return found === null ? Math.floor(os.freemem() / 1024) : Number(found[1]);
}

function hottest(): number | undefined {
  const root = "/sys/class/thermal";
  let zones: readonly string[];
  try {
    zones = readdirSync(root).filter((name) => name.startsWith("thermal_zone"));
  } catch {
    return undefined; // the kernel offers none
  }
  const readings = zones.map((zone) => Number(readText(path.join(root, zone, "temp")) ?? Number.NaN) / 1000);
  const sound = readings.filter((celsius) => celsius > -60 && celsius < 200);
  return sound.length === 0 ? undefined : Math.round(Math.max(...sound) * 10) / 10;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // the system does not offer it
  }
}
