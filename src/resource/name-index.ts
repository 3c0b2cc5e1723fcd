/** Which resources exist, found by full or simple name, and who refers to a simple name. */
import { type ResourceName, simpleNameOf } from "./resource-name.js";

const NONE: ReadonlySet<ResourceName> = new Set();

export class NameIndex {
  readonly #bySimpleName = new Map<string, Set<ResourceName>>();
  readonly #referrers = new Map<string, Set<ResourceName>>();
  readonly #references = new Map<ResourceName, readonly string[]>();

  add(name: ResourceName): void {
    addTo(this.#bySimpleName, simpleNameOf(name), name);
  }

  delete(name: ResourceName): void {
    deleteFrom(this.#bySimpleName, simpleNameOf(name), name);
  }

  has(name: ResourceName): boolean {
    return this.find(simpleNameOf(name)).has(name);
  }

  /** The resources of any API with this simple name. */
  find(simpleName: string): ReadonlySet<ResourceName> {
    return this.#bySimpleName.get(simpleName) ?? NONE;
  }

  /** Remembers the simple names by which `from` refers to others, in place of those it had. */
  setReferences(from: ResourceName, simpleNames: readonly string[]): void {
    for (const simpleName of this.#references.get(from) ?? []) deleteFrom(this.#referrers, simpleName, from);
    for (const simpleName of simpleNames) addTo(this.#referrers, simpleName, from);
    if (simpleNames.length === 0) this.#references.delete(from);
    else this.#references.set(from, simpleNames);
  }

  referrersOf(simpleName: string): ReadonlySet<ResourceName> {
    return this.#referrers.get(simpleName) ?? NONE;
  }

  /** The simple name where that says enough, else the full one. */
  shortest(name: ResourceName): string {
    const simpleName = simpleNameOf(name);
    return this.find(simpleName).size > 1 ? name : simpleName;
  }
}

function addTo(index: Map<string, Set<ResourceName>>, key: string, name: ResourceName): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([name]));
  else known.add(name);
}

function deleteFrom(index: Map<string, Set<ResourceName>>, key: string, name: ResourceName): void {
  const known = index.get(key);
  known?.delete(name);
  if (known?.size === 0) index.delete(key);
}
