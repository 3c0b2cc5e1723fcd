/** Looks up a pin of a board by any of its names. */
import type { BoardPin, BoardTable } from "./board-table.js";

/** By physical number (`"11"`), `io17`, `GPIO17`, `sda` or the kernel's name of the line, without regard to case; undefined when no pin has the name. */
export function findPin(table: BoardTable, name: string): BoardPin | undefined {
  const wanted = name.trim().toLowerCase();
  return table.pins.find(({ names }) => names.some((own) => own.toLowerCase() === wanted));
}
