/**
 * Who depends on whom, as names only. A name may be depended on before anything of that name exists.
 * Changing one node costs what its own edges cost.
 */
import type { ResourceName } from "./resource-name.js";

export interface Edges {
  readonly required: readonly ResourceName[];
  readonly optional: readonly ResourceName[];
}

const NO_EDGES: Edges = { required: [], optional: [] };
const NOBODY: ReadonlySet<ResourceName> = new Set();

type Dependents = Map<ResourceName, Set<ResourceName>>;

export class DependencyGraph {
  readonly #edges = new Map<ResourceName, Edges>();
  readonly #dependents: Dependents = new Map();
  readonly #optionalDependents: Dependents = new Map();

  /** Adds the node, or replaces its edges. */
  set(name: ResourceName, edges: Edges): void {
    this.#unlink(name);
    this.#edges.set(name, edges);
    link(this.#dependents, name, edges.required);
    link(this.#optionalDependents, name, edges.optional);
  }

  /** Forgets the node and its edges; those of its dependents stay. */
  delete(name: ResourceName): void {
    this.#unlink(name);
    this.#edges.delete(name);
  }

  edgesOf(name: ResourceName): Edges {
    return this.#edges.get(name) ?? NO_EDGES;
  }

  /** Those that require it. */
  dependentsOf(name: ResourceName): ReadonlySet<ResourceName> {
    return this.#dependents.get(name) ?? NOBODY;
  }

  optionalDependentsOf(name: ResourceName): ReadonlySet<ResourceName> {
    return this.#optionalDependents.get(name) ?? NOBODY;
  }

  /** The shortest cycle of required edges through the node, starting and ending with it. */
  cycleThrough(name: ResourceName): readonly ResourceName[] | undefined {
    if (this.dependentsOf(name).size === 0) return undefined;
    const cameFrom = new Map<ResourceName, ResourceName>();
    const queue = [name];
    for (const current of queue) {
      for (const next of this.edgesOf(current).required) {
        if (next === name) return [...pathTo(current, name, cameFrom), name];
        if (cameFrom.has(next)) continue;
        cameFrom.set(next, current);
        queue.push(next);
      }
    }
    return undefined;
  }

  /** Everything that is on some cycle of required edges with the node, itself included; nothing when it is on none. */
  cycleMembers(name: ResourceName): ReadonlySet<ResourceName> {
    const above = this.transitiveDependents([name]);
    if (!above.has(name)) return NOBODY;
    const below = new Set([name]);
    for (const current of below) for (const next of this.edgesOf(current).required) if (above.has(next)) below.add(next);
    return below;
  }

  /** Whether `from` depends on `to` by edges of either kind, through any number of others. */
  reaches(from: ResourceName, to: ResourceName): boolean {
    for (const name of this.dependenciesOf(from)) if (name === to) return true;
    return false;
  }

  /** Everything that the node depends on by edges of either kind, through any number of others; itself as well when on a cycle of them. */
  *dependenciesOf(name: ResourceName): Generator<ResourceName> {
    const seen = new Set<ResourceName>();
    const add = (from: ResourceName): void => {
      const { required, optional } = this.edgesOf(from);
      for (const next of required) seen.add(next);
      for (const next of optional) seen.add(next);
    };
    add(name);
    for (const current of seen) {
      yield current;
      add(current);
    }
  }

  /** Everything that requires one of the names, through any number of others; without the names themselves unless they are on a cycle. */
  transitiveDependents(names: Iterable<ResourceName>): ReadonlySet<ResourceName> {
    const found = new Set<ResourceName>();
    for (const name of names) for (const dependent of this.dependentsOf(name)) found.add(dependent);
    for (const name of found) for (const dependent of this.dependentsOf(name)) found.add(dependent);
    return found;
  }

  /** Each level depends on earlier ones only. Members of cycles, and what depends on them, are in none. */
  levels(): readonly (readonly ResourceName[])[] {
    return peel(
      [...this.#edges.keys()],
      (name) => this.edgesOf(name).required.filter((dependency) => this.#edges.has(dependency)).length,
      (name) => this.dependentsOf(name),
    );
  }

  /** The names so that every one comes before what it requires. Members of cycles come last, in the order given. */
  removalOrder(names: Iterable<ResourceName>): readonly ResourceName[] {
    const chosen = new Set(names);
    const ordered = peel(
      [...chosen],
      (name) => [...this.dependentsOf(name)].filter((dependent) => chosen.has(dependent)).length,
      (name) => this.edgesOf(name).required.filter((dependency) => chosen.has(dependency)),
    ).flat();
    for (const name of ordered) chosen.delete(name);
    return [...ordered, ...chosen];
  }

  #unlink(name: ResourceName): void {
    const { required, optional } = this.edgesOf(name);
    unlink(this.#dependents, name, required);
    unlink(this.#optionalDependents, name, optional);
  }
}

function link(dependents: Dependents, name: ResourceName, dependencies: readonly ResourceName[]): void {
  for (const dependency of dependencies) {
    const known = dependents.get(dependency);
    if (known === undefined) dependents.set(dependency, new Set([name]));
    else known.add(name);
  }
}

function unlink(dependents: Dependents, name: ResourceName, dependencies: readonly ResourceName[]): void {
  for (const dependency of dependencies) {
    const known = dependents.get(dependency);
    known?.delete(name);
    if (known?.size === 0) dependents.delete(dependency);
  }
}

function pathTo(end: ResourceName, start: ResourceName, cameFrom: ReadonlyMap<ResourceName, ResourceName>): readonly ResourceName[] {
  const path = [end];
  for (let current = end; current !== start; ) {
    const previous = cameFrom.get(current) ?? start;
    path.push(previous);
    current = previous;
  }
  return path.reverse();
}

/** Takes away, round by round, the names on which nothing bears any more. */
function peel(
  names: readonly ResourceName[],
  count: (name: ResourceName) => number,
  relieved: (name: ResourceName) => Iterable<ResourceName>,
): readonly (readonly ResourceName[])[] {
  const left = new Map(names.map((name) => [name, count(name)]));
  const rounds: ResourceName[][] = [];
  let round = names.filter((name) => left.get(name) === 0);
  while (round.length > 0) {
    rounds.push(round);
    const next: ResourceName[] = [];
    for (const name of round) {
      for (const other of relieved(name)) {
        const remaining = (left.get(other) ?? 0) - 1;
        left.set(other, remaining);
        if (remaining === 0) next.push(other);
      }
    }
    round = next;
  }
  return rounds;
}
