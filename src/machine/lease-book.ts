/**
 * Keeps who claims which hardware, as far as the machine knows, and who has to wait for whom. Looks at resources and tells the reconciler which
 * of them to look at again; decides by leases.ts.
 */
import type { HardwareClaim, HardwareNeeds, PinMeaning } from "../resource/hardware-needs.js";
import { type ResourceName, simpleNameOf } from "../resource/resource-name.js";
import { type BoardPins, type Claimant, conflicts, describeItem, describeRefusal, ItemKeys, type Refusal, refuseClaims } from "./leases.js";
import type { Instance, ResourceNode } from "./resource-node.js";

/** One claim and what became of it. */
export interface LeaseStatus {
  readonly owner: ResourceName;
  readonly claim: HardwareClaim;
  /** For people. */
  readonly item: string;
  /** The same for all names of one thing. */
  readonly key: string;
  /** Why its owner does not get it. */
  readonly refusal?: string;
}

/** What is known of one resource. */
interface Entry {
  readonly wanted: HardwareNeeds | undefined;
  readonly present: HardwareNeeds | undefined;
  /** What the build in flight takes, unless that is what is wanted. */
  readonly inFlight: HardwareNeeds | undefined;
  readonly instance: Instance | undefined;
  readonly heldSince: number | undefined;
  readonly order: number;
}

/** The config with which a resource was built, or is being built. */
interface Hold {
  readonly needs: HardwareNeeds;
  readonly version: number;
  readonly since: number;
  /** It was built with it. */
  readonly isFirm: boolean;
}

const NO_CLAIMS: readonly HardwareClaim[] = [];

export class LeaseBook {
  readonly #touch: (node: ResourceNode) => void;
  readonly #canonicalPort: ((port: string) => string) | undefined;
  /** Resources that need anything, or have anything. */
  readonly #entries = new Map<ResourceNode, Entry>();
  readonly #holds = new Map<ResourceNode, Hold>();
  readonly #instancesSince = new WeakMap<Instance, number>();
  /** Told to wait for those that have what was granted to them. */
  readonly #waiting = new Set<ResourceNode>();
  #refusals: ReadonlyMap<ResourceName, Refusal> = new Map();
  #keys = new ItemKeys(new Map());
  #lastHold = 0;
  #isStale = false;

  /** `touch`: the resource is to be looked at again. */
  constructor(touch: (node: ResourceNode) => void, canonicalPort?: (port: string) => string) {
    this.#touch = touch;
    this.#canonicalPort = canonicalPort;
  }

  /** Something about the resource may have changed. Cheap for those that need no hardware. */
  note(node: ResourceNode): void {
    const known = this.#entries.get(node);
    const next = this.#entryOf(node);
    if (next === undefined) {
      if (this.#entries.delete(node)) this.#isStale = true;
      return;
    }
    if (known !== undefined && isSameEntry(known, next)) return;
    this.#entries.set(node, next);
    this.#isStale = true;
  }

  /** The resource is no longer known. */
  forget(node: ResourceNode): void {
    this.#holds.delete(node);
    this.#waiting.delete(node);
    if (this.#entries.delete(node)) this.#isStale = true;
  }

  /** It is about to be built, if only after what runs was removed. */
  building(node: ResourceNode): void {
    const needs = node.validation?.hardware;
    const hold = this.#holds.get(node);
    if (needs?.claims === undefined || (hold?.needs === needs && hold.version === node.version)) return;
    this.#lastHold += 1;
    this.#holds.set(node, { needs, version: node.version, since: this.#lastHold, isFirm: false });
    this.note(node);
  }

  built(node: ResourceNode): void {
    const hold = this.#holds.get(node);
    if (hold !== undefined && node.instance !== undefined) {
      this.#holds.set(node, { ...hold, isFirm: true });
      this.#instancesSince.set(node.instance, hold.since);
    }
    this.note(node);
  }

  /** The attempt to build it came to nothing. */
  notBuilt(node: ResourceNode): void {
    if (this.#holds.get(node)?.isFirm === false) this.#holds.delete(node);
    this.note(node);
  }

  /** Brings decisions up to date and has those looked at that they concern. */
  settle(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#keys = new ItemKeys(this.#boardPins(), this.#canonicalPort);
    const before = this.#refusals;
    this.#refusals = refuseClaims(this.#claimants(), this.#keys);
    for (const [node, { wanted, present }] of this.#entries) {
      const { name } = node;
      const isOutdated = present !== undefined && present !== wanted;
      if (isOutdated || !isSameRefusal(before.get(name), this.#refusals.get(name))) this.#touch(node);
    }
    for (const node of this.#waiting) this.#touch(node);
    this.#waiting.clear();
  }

  /** Why it may not be built; undefined when it may. */
  refusal(node: ResourceNode): string | undefined {
    if (!this.#entries.has(node)) return undefined;
    this.settle();
    const refusal = this.#refusals.get(node.name);
    return refusal === undefined ? undefined : describeRefusal(refusal);
  }

  /** What it has is another one's. */
  isDisplaced(node: ResourceNode): boolean {
    const entry = this.#entries.get(node);
    if (entry?.present === undefined || entry.present !== entry.wanted) return false;
    this.settle();
    return this.#refusals.has(node.name);
  }

  /** Something that it still has from an earlier config was granted to another. */
  mustLetGo(node: ResourceNode): boolean {
    const entry = this.#entries.get(node);
    if (entry?.present?.claims === undefined || entry.present === entry.wanted) return false;
    this.settle();
    if (this.#refusals.has(node.name)) return false;
    const { name } = node;
    const { claims } = entry.present;
    for (const [other, { wanted }] of this.#entries) {
      if (other === node || wanted?.claims === undefined || this.#refusals.has(other.name)) continue;
      if (conflicts({ name: other.name, claims: wanted.claims }, { name, claims }, this.#keys)) return true;
    }
    return false;
  }

  /** Those that still have something that was granted to it, or are just being built with it. It is looked at again when that changes. */
  holdersOf(node: ResourceNode): readonly ResourceNode[] {
    const claims = this.#entries.get(node)?.wanted?.claims;
    if (claims === undefined) return [];
    this.settle();
    const holders = [...this.#entries].flatMap(([other, { present, inFlight }]) => {
      if (other === node) return [];
      const isTaken = (needs: HardwareNeeds | undefined): boolean =>
        needs?.claims !== undefined && conflicts({ name: node.name, claims }, { name: other.name, claims: needs.claims }, this.#keys);
      return isTaken(present) || isTaken(inFlight) ? [other] : [];
    });
    if (holders.length > 0) this.#waiting.add(node);
    return holders;
  }

  /** What stands behind the pin of a board, where the board has said so. */
  meaningOf(board: string, pin: string): PinMeaning | undefined {
    this.settle();
    return this.#keys.meaningOf(board, pin);
  }

  statuses(): readonly LeaseStatus[] {
    this.settle();
    const nodes = [...this.#entries.keys()].toSorted((a, b) => a.order - b.order);
    return nodes.flatMap((node) => {
      const refusal = this.#refusals.get(node.name);
      const status = (claim: HardwareClaim, isRefused: boolean): LeaseStatus => ({
        owner: node.name,
        claim,
        item: describeItem(claim),
        key: this.#keys.keyOf(claim),
        ...(isRefused && refusal !== undefined && { refusal: describeRefusal(refusal) }),
      });
      const entry = this.#entries.get(node);
      const wanted = entry?.wanted?.claims ?? NO_CLAIMS;
      const present = entry?.present === entry?.wanted ? NO_CLAIMS : (entry?.present?.claims ?? NO_CLAIMS);
      return [...wanted.map((claim) => status(claim, true)), ...present.map((claim) => status(claim, false))];
    });
  }

  #entryOf(node: ResourceNode): Entry | undefined {
    const { config, validation, instance, version, order } = node;
    // What could not be removed may still have it.
    const left = instance === undefined && node.remainder !== undefined ? this.#entries.get(node)?.present : undefined;
    const present = left ?? instance?.validation.hardware;
    const answered = validation?.version === version ? validation : instance?.version === version ? instance.validation : undefined;
    // Its new config was refused by its module: what runs goes on.
    const isKept = answered === undefined && node.failure?.kind === "build" && node.failure.version === version;
    const wanted = config === undefined ? undefined : isKept ? present : answered?.hardware;
    const inFlight = node.call?.hardware === wanted ? undefined : node.call?.hardware;
    if (wanted === undefined && present === undefined && inFlight === undefined) return undefined;
    const hold = this.#holds.get(node);
    const isHeld = hold !== undefined && hold.needs === wanted && hold.version === version;
    const heldSince = isHeld ? hold.since : wanted === present ? this.#sinceOf(instance) : undefined;
    return { wanted, present, inFlight, instance, heldSince, order };
  }

  #sinceOf(instance: Instance | undefined): number | undefined {
    return instance === undefined ? undefined : this.#instancesSince.get(instance);
  }

  #claimants(): readonly Claimant[] {
    return [...this.#entries].flatMap(([{ name }, { wanted, present, instance, heldSince, order }]) => {
      if (wanted?.claims === undefined) return [];
      const fallback =
        present?.claims === undefined || present === wanted
          ? undefined
          : { claims: present.claims, heldSince: this.#sinceOf(instance) ?? 0 };
      return [{ name, claims: wanted.claims, heldSince, order, ...(fallback !== undefined && { fallback }) }];
    });
  }

  #boardPins(): BoardPins {
    const boards = new Map<string, readonly PinMeaning[]>();
    for (const [{ name }, { wanted, present }] of this.#entries) {
      const pins = wanted?.pins ?? present?.pins;
      if (pins !== undefined) boards.set(simpleNameOf(name), pins);
    }
    return boards;
  }
}

function isSameEntry(a: Entry, b: Entry): boolean {
  return (
    a.wanted === b.wanted &&
    a.present === b.present &&
    a.inFlight === b.inFlight &&
    a.instance === b.instance &&
    a.heldSince === b.heldSince &&
    a.order === b.order
  );
}

function isSameRefusal(a: Refusal | undefined, b: Refusal | undefined): boolean {
  return a?.claim === b?.claim && a?.owner === b?.owner && a?.ownersClaim === b?.ownersClaim;
}
