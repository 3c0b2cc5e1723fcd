/** An exported line by its files: for folders that the kernel names after the line (Jetson Xavier and Orin: `PQ.05`), which onoff does not find. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import type { SysFiles } from "../../sys-files.js";
import { watchDescriptor } from "../descriptor-watcher.js";
import { firstLevel } from "./onoff-line.js";
import type { SysfsLine, SysfsLineSetup } from "./sysfs-line.js";

/** Throws the kernel's errors. */
export function openFolderLine({ folder, direction, edge, isActiveLow }: SysfsLineSetup, files: SysFiles): SysfsLine {
  const write = (file: string, text: string): void => files.write(path.join(folder, file), text);
  write("active_low", isActiveLow ? "1" : "0");
  write("direction", direction === "in" ? direction : firstLevel(direction === "high", isActiveLow));
  if (edge !== undefined) write("edge", edge);
  const descriptor = openSync(path.join(folder, "value"), "r+");
  const buffer = new Uint8Array(1);
  const get = (): boolean => {
    readSync(descriptor, buffer, 0, 1, 0);
    return buffer[0] === 0x31;
  };
  // Reading takes away what is signalled from before.
  get();
  let unwatch: (() => void) | undefined;
  return {
    get,
    set: (isHigh) => void writeSync(descriptor, isHigh ? "1" : "0", 0),
    watch(listener) {
      unwatch = watchDescriptor(descriptor, "exception", () => {
        const isHigh = get();
        if (edge === "both" || isHigh === (edge === "rising")) listener(isHigh);
      });
    },
    close() {
      unwatch?.();
      closeSync(descriptor);
    },
  };
}
