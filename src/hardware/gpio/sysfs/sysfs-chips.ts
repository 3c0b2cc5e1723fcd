/** The GPIO chips that /sys/class/gpio knows, with the numbers that their lines have there at this boot. */
import path from "node:path";
import type { Roots } from "../../roots.js";
import { type SysFiles, sysFiles } from "../../sys-files.js";

export interface SysfsChip {
  readonly label: string;
  /** Global number of its first line; also in the folder's name, which is not the chip's index. */
  readonly base: number;
  readonly lines: number;
  /** `gpiochip512`. */
  readonly folder: string;
}

export function sysfsClass(roots: Roots): string {
  return path.join(roots.sys, "class/gpio");
}

export function listSysfsChips(roots: Roots, files: SysFiles = sysFiles): readonly SysfsChip[] {
  const root = sysfsClass(roots);
  return files
    .list(root)
    .filter((name) => /^gpiochip\d+$/.test(name))
    .flatMap((folder) => {
      try {
        const read = (file: string): string => files.read(path.join(root, folder, file));
        return [{ folder, label: read("label"), base: Number(read("base")), lines: Number(read("ngpio")) }];
      } catch {
        return []; // gone in the meantime
      }
    })
    .toSorted((a, b) => a.base - b.base);
}
