/** Which program has a port locked, by the kernel's table of locks. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Roots } from "../roots.js";

/** `gpsd (process 812)`; undefined when it cannot be found out: it locks in another way, or belongs to a container. */
export async function lockHolder(roots: Roots, file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file);
    const device = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)].map((part) => part.toString(16).padStart(2, "0")).join(":");
    const locks = await readFile(path.join(roots.proc, "locks"), "utf8");
    for (const line of locks.split("\n")) {
      const [, kind, , , pid, place] = line.trim().split(/\s+/);
      if (kind !== "FLOCK" || place !== `${device}:${ino}`) continue;
      if (Number(pid) === process.pid) return "this program, under another name of the port";
      const name = await readFile(path.join(roots.proc, `${pid}/comm`), "utf8");
      return `${name.trim()} (process ${pid})`;
    }
    return undefined;
  } catch {
    return undefined; // only for the text of an error
  }
}
