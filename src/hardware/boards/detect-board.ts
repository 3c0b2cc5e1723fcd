/** Which board this is, by the device tree that its firmware gave the kernel. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { listSysfsChips } from "../gpio/sysfs/sysfs-chips.js";
import type { Roots } from "../roots.js";
import type { BoardTable } from "./board-table.js";
import { jetsonAgxOrin, jetsonNano, jetsonOrinNx, jetsonXavierNx } from "./jetson.js";
import { raspberryPi, raspberryPi3, raspberryPi4, raspberryPi5 } from "./raspberry-pi.js";

interface KnownBoard {
  /** Used where the device tree has no model. */
  readonly name: string;
  /** Any of these entries of `compatible`, as a whole and without `-super`. */
  readonly compatible: readonly string[];
  readonly table: (name: string) => BoardTable;
}

/** The first that fits wins: a module's entry before its chip's. */
const BOARDS: readonly KnownBoard[] = [
  { name: "Raspberry Pi 5", compatible: ["brcm,bcm2712"], table: raspberryPi5 },
  { name: "Raspberry Pi 4", compatible: ["brcm,bcm2711"], table: raspberryPi4 },
  { name: "Raspberry Pi 3", compatible: ["brcm,bcm2837", "brcm,bcm2836"], table: raspberryPi3 },
  { name: "Raspberry Pi Zero", compatible: ["brcm,bcm2835"], table: raspberryPi },
  {
    name: "Jetson Nano",
    compatible: ["nvidia,p3450-0000", "nvidia,p3450-0002", "nvidia,jetson-nano"],
    table: jetsonNano,
  },
  {
    name: "Jetson Xavier NX",
    compatible: [
      "nvidia,p3509-0000+p3668-0000",
      "nvidia,p3509-0000+p3668-0001",
      "nvidia,p3449-0000+p3668-0000",
      "nvidia,p3449-0000+p3668-0001",
    ],
    table: jetsonXavierNx,
  },
  {
    name: "Jetson Orin Nano",
    compatible: ["nvidia,p3768-0000+p3767-0003", "nvidia,p3768-0000+p3767-0004", "nvidia,p3768-0000+p3767-0005"],
    table: jetsonOrinNx,
  },
  {
    name: "Jetson Orin NX",
    compatible: ["nvidia,p3768-0000+p3767-0000", "nvidia,p3768-0000+p3767-0001"],
    table: jetsonOrinNx,
  },
  {
    name: "Jetson AGX Orin",
    compatible: ["nvidia,p3737-0000+p3701-0000", "nvidia,p3737-0000+p3701-0004"],
    table: jetsonAgxOrin,
  },
];

/** The board's table; undefined when there is no device tree, or none of a board with a table. */
export function detectBoard(roots: Roots): BoardTable | undefined {
  const entries = readEntries(path.join(roots.proc, "device-tree/compatible")).map((entry) => entry.replace(/-super$/, ""));
  const board = BOARDS.find(({ compatible }) => compatible.some((known) => entries.includes(known)));
  if (board === undefined) return undefined;
  const [model = board.name] = readEntries(path.join(roots.proc, "device-tree/model"));
  if (board.table === raspberryPi4 && hasOldLabel(roots)) return raspberryPi4(model, "pinctrl-bcm2835");
  return board.table(model);
}

function hasOldLabel(roots: Roots): boolean {
  const labels = listSysfsChips(roots).map(({ label }) => label);
  return labels.includes("pinctrl-bcm2835") && !labels.includes("pinctrl-bcm2711");
}

/** Strings that end with a NUL each. */
function readEntries(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\0")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
  } catch {
    return []; // no device tree, as on a PC
  }
}
