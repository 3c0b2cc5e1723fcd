/** How many interrupts the kernel's simulator has raised for lines that are watched. It merges what comes within a tick of its clock: such edges exist for nobody. */
import { readFileSync } from "node:fs";

export function kernelEdges(offsets: readonly number[]): number {
  const rows = readFileSync("/proc/interrupts", "utf8").matchAll(/^\s*\d+:\s+(\d+)\s+irq_sim\s+(\d+)\s/gm);
  return [...rows].filter(([, , offset]) => offsets.includes(Number(offset))).reduce((sum, [, count]) => sum + Number(count), 0);
}
