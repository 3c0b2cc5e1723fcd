/** Which buses there are, and which addresses drivers of the kernel have, from /sys and /dev. */
import path from "node:path";
import type { Roots } from "../roots.js";
import { linkName, sysFiles } from "../sys-files.js";
import type { BusName } from "./i2c-wire.js";

/** Buses that i2c-dev offers, with the names of their adapters. */
export function listBuses(roots: Roots): readonly BusName[] {
  const numbers = sysFiles.list(roots.dev).flatMap((file) => {
    const match = /^i2c-(\d+)$/.exec(file);
    return match === null ? [] : [Number(match[1])];
  });
  return numbers.toSorted((a, b) => a - b).map((number) => ({ number, name: nameOf(roots, number) }));
}

/** The kernel's driver that has an address, so that /dev/i2c refuses it; undefined when nothing of the kernel's is there, or it has no driver. */
export function boundDriver(roots: Roots, bus: number, address: number): string | undefined {
  const device = `${bus}-${address.toString(16).padStart(4, "0")}`;
  return linkName(path.join(roots.sys, "bus/i2c/devices", device, "driver"));
}

function nameOf(roots: Roots, number: number): string {
  try {
    return sysFiles.read(path.join(roots.sys, `bus/i2c/devices/i2c-${number}/name`));
  } catch {
    return ""; // a container without /sys: the bus works all the same
  }
}
