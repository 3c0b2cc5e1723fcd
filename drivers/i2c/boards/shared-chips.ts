/** Chips that several resources of this module use: one object for an address, closed when the last of them lets go. */

export interface SharedUse<T> {
  readonly chip: T;
  release(): Promise<void>;
}

interface Closable {
  close(): Promise<void>;
}

export class SharedChips {
  readonly #chips = new Map<string, { readonly chip: Closable; users: number }>();

  /** `key` names kind and place; the same key always has the same type. */
  take<T extends Closable>(key: string, create: () => T): SharedUse<T> {
    const entry = this.#chips.get(key) ?? { chip: create(), users: 0 };
    this.#chips.set(key, entry);
    entry.users++;
    let isReleased = false;
    return {
      chip: entry.chip as T, // what was created under this key
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        entry.users--;
        if (entry.users > 0) return;
        this.#chips.delete(key);
        await entry.chip.close();
      },
    };
  }
}
