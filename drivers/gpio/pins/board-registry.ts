/** The boards of this module, whose pins its other resources take without a detour. */
import { type Board, board, type Dependencies, type Handle } from "pinion/sdk";
import type { PinSource } from "./pin-source.js";
import { type EnabledPins, RemotePins } from "./remote-pins.js";

export class BoardRegistry {
  readonly #boards = new Map<string, PinSource>();
  readonly #enabled: EnabledPins = new Map();

  add(fullName: string, pins: PinSource): void {
    this.#boards.set(fullName, pins);
  }

  /** Only that very one: another may have its name by now. */
  remove(fullName: string, pins: PinSource): void {
    if (this.#boards.get(fullName) === pins) this.#boards.delete(fullName);
  }

  /** The pins of a dependency, a board of this module or of another. Throws NOT_FOUND when it is none. */
  find(name: string, dependencies: Dependencies): PinSource {
    const handle: Handle<Board> = dependencies.get(board, name);
    const own = [...this.#boards].find(([fullName]) => dependencies.names.includes(fullName) && isCalled(fullName, name));
    return own?.[1] ?? new RemotePins(name, handle, this.#enabled);
  }
}

function isCalled(fullName: string, name: string): boolean {
  return fullName === name || fullName.slice(fullName.indexOf("/") + 1) === name;
}
