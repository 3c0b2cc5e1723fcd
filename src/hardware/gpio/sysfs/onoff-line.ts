/** An exported line through the package `onoff`, which only this file names. It knows folders named `gpioN` below /sys only; folder-line.ts does the rest. */
import { createRequire } from "node:module";
import type { Gpio as OnoffGpio } from "onoff";
import { libraryMissing } from "../native-library.js";
import type { SysfsLine, SysfsLineSetup } from "./sysfs-line.js";

/** Throws the kernel's errors. */
export function openOnoffLine({ number, direction, edge, isActiveLow }: SysfsLineSetup): SysfsLine {
  const Gpio = loadOnoff();
  const first = direction === "in" ? direction : firstLevel(direction === "high", isActiveLow);
  const line = new Gpio(number, first, edge ?? "none", { activeLow: isActiveLow });
  // Its watcher must not be closed by what the watcher itself has called: that never returns.
  let isInsideWatch = false;
  const leaveWatch = (): void => {
    isInsideWatch = false;
  };
  return {
    get: () => line.readSync() === 1,
    set: (isHigh) => line.writeSync(isHigh ? 1 : 0),
    watch(listener) {
      line.watch((error, value) => {
        isInsideWatch = true;
        setImmediate(leaveWatch);
        if (!error) listener(value === 1);
      });
    },
    close() {
      if (isInsideWatch) setImmediate(() => line.unexport());
      else line.unexport();
    },
  };
}

/** `direction` takes the level of the wire, whatever `active_low` says. */
export function firstLevel(isHigh: boolean, isActiveLow: boolean): "high" | "low" {
  return isHigh === isActiveLow ? "low" : "high";
}

function loadOnoff(): typeof OnoffGpio {
  try {
    const { Gpio } = createRequire(import.meta.url)("onoff") as typeof import("onoff");
    return Gpio;
  } catch (error) {
    throw libraryMissing("onoff", "GPIO through /sys/class/gpio", error);
  }
}
