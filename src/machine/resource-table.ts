/** Every resource the machine knows of: by name, by what it depends on, by what uses it, by model. Performs nothing. */
import { DependencyGraph } from "../resource/graph.js";
import { NameIndex } from "../resource/name-index.js";
import { type Dependency, resolveDependencies } from "../resource/resolve-dependencies.js";
import { type ResourceName, simpleNameOf } from "../resource/resource-name.js";
import type { ResourceNode } from "./resource-node.js";

const NOBODY: ReadonlySet<ResourceNode> = new Set();

export class ResourceTable {
  readonly nodes: Map<ResourceName, ResourceNode> = new Map();
  readonly graph: DependencyGraph = new DependencyGraph();
  readonly names: NameIndex = new NameIndex();
  readonly #users = new Map<ResourceName, Set<ResourceNode>>();
  readonly #cyclic = new Set<ResourceNode>();
  readonly #byPair = new Map<string, Set<ResourceNode>>();
  readonly #touch: (node: ResourceNode) => void;

  /** `touch` is told of every node for which something changed here. */
  constructor(touch: (node: ResourceNode) => void) {
    this.#touch = touch;
  }

  get(name: ResourceName): ResourceNode | undefined {
    return this.nodes.get(name);
  }

  /** Makes the name exist, or no longer exist, for those that refer to it. */
  setExists(node: ResourceNode, exists: boolean): void {
    if (this.names.has(node.name) === exists) return;
    if (exists) this.names.add(node.name);
    else this.names.delete(node.name);
  }

  /** Everything that names the resource, by its full or its simple name. */
  *referrersOf(name: ResourceName): Generator<ResourceNode> {
    const referrers = [
      ...this.graph.dependentsOf(name),
      ...this.graph.optionalDependentsOf(name),
      ...this.names.referrersOf(simpleNameOf(name)),
    ];
    for (const referrer of referrers) {
      const node = this.nodes.get(referrer);
      if (node !== undefined) yield node;
    }
  }

  /** Everything whose plans may depend on the state of this resource. */
  *dependentsOf(name: ResourceName): Generator<ResourceNode> {
    for (const dependent of this.graph.dependentsOf(name)) yield* this.#known(dependent);
    for (const dependent of this.graph.optionalDependentsOf(name)) yield* this.#known(dependent);
    yield* this.#users.get(name) ?? NOBODY;
  }

  setPair(node: ResourceNode, pair: string): void {
    if (node.pair === pair) return;
    const before = this.#byPair.get(node.pair);
    before?.delete(node);
    if (before?.size === 0) this.#byPair.delete(node.pair);
    node.pair = pair;
    if (pair === "") return;
    const same = this.#byPair.get(pair);
    if (same === undefined) this.#byPair.set(pair, new Set([node]));
    else same.add(node);
  }

  /** The models in use. */
  pairs(): Iterable<string> {
    return this.#byPair.keys();
  }

  withPair(pair: string): ReadonlySet<ResourceNode> {
    return this.#byPair.get(pair) ?? NOBODY;
  }

  /** Works out anew what the node depends on, from its config and what its module last said of this config. */
  resolve(node: ResourceNode): void {
    const { config, version, instance } = node;
    const validation =
      node.validation?.version === version ? node.validation : instance?.version === version ? instance.validation : undefined;
    const required = config === undefined ? [] : [...config.dependsOn, ...(validation?.required ?? [])];
    const optional = config === undefined ? [] : (validation?.optional ?? []);
    const resolved = resolveDependencies(node.name, required, optional, this.names);
    const isSame = isSameDependencies(node.required, resolved.required) && isSameDependencies(node.optional, resolved.optional);
    node.unresolved = resolved.unresolved;
    node.required = resolved.required;
    node.optional = resolved.optional;
    this.names.setReferences(node.name, resolved.simpleNames);
    node.statusCache = undefined;
    if (isSame) return;
    this.graph.set(node.name, { required: node.required.map(nameOf), optional: node.optional.map(nameOf) });
    this.#findCycles(node);
  }

  delete(node: ResourceNode): void {
    this.nodes.delete(node.name);
    this.names.setReferences(node.name, []);
    this.setPair(node, "");
    this.setUses(node);
    this.graph.delete(node.name);
    this.#findCycles(node);
  }

  /** Records what the node's instance and the build in flight for it require. To be called when either changed. */
  setUses(node: ResourceNode): void {
    const now = new Set([...(node.instance?.required.keys() ?? []), ...(node.call?.required.keys() ?? [])]);
    for (const name of node.uses) {
      if (now.has(name)) continue;
      const users = this.#users.get(name);
      users?.delete(node);
      if (users?.size === 0) this.#users.delete(name);
      const used = this.nodes.get(name);
      if (used !== undefined) this.#touch(used);
    }
    for (const name of now) {
      const users = this.#users.get(name);
      if (users === undefined) this.#users.set(name, new Set([node]));
      else users.add(node);
    }
    node.uses = now;
  }

  /** Whether an instance or a build in flight requires it; those that it requires itself, through others, do not count. */
  isUsed(node: ResourceNode): boolean {
    const users = this.#users.get(node.name) ?? NOBODY;
    if (users.size === 0) return false;
    if (node.uses.size === 0) return true;
    const below = new Set(node.uses);
    for (const name of below) for (const deeper of this.nodes.get(name)?.uses ?? []) below.add(deeper);
    for (const user of users) if (!below.has(user.name)) return true;
    return false;
  }

  *#known(name: ResourceName): Generator<ResourceNode> {
    const node = this.nodes.get(name);
    if (node !== undefined) yield node;
  }

  /** Looks for cycles where edges changed: those that were there, and those that are new. */
  #findCycles(node: ResourceNode): void {
    for (const member of [...this.#cyclic]) {
      if (member.cycle?.includes(node.name) === true) this.#setCycle(member, this.graph.cycleThrough(member.name));
    }
    for (const name of this.graph.cycleMembers(node.name)) {
      const member = this.nodes.get(name);
      if (member !== undefined) this.#setCycle(member, this.graph.cycleThrough(name));
    }
  }

  #setCycle(node: ResourceNode, cycle: readonly ResourceName[] | undefined): void {
    if (node.cycle === undefined && cycle === undefined) return;
    node.cycle = cycle;
    if (cycle === undefined) this.#cyclic.delete(node);
    else this.#cyclic.add(node);
    this.#touch(node);
  }
}

const nameOf = ({ name }: Dependency): ResourceName => name;

function isSameDependencies(a: readonly Dependency[], b: readonly Dependency[]): boolean {
  return a.length === b.length && a.every(({ name }, index) => name === b[index]?.name);
}
