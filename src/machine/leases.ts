/**
 * Who may have which line, pin, bus address, port. Pure: from what everybody claims to what is refused. A board's pin and the line behind it
 * are the same thing as soon as the board has said so.
 */
import type { HardwareClaim, HardwareItem, PinMeaning } from "../resource/hardware-needs.js";
import { apiTextOf, type ResourceName, simpleNameOf } from "../resource/resource-name.js";

/** What one resource claims. */
export interface Claimant {
  readonly name: ResourceName;
  readonly claims: readonly HardwareClaim[];
  /** Set for one that is built with these claims, or was and will be again: the smaller goes first, and before all others. */
  readonly heldSince: number | undefined;
  /** Place in the config: decides among those that are not built. */
  readonly order: number;
  /**
   * What an instance built from an earlier config has, which runs on should the new claims be refused, and since when. It then stands in
   * place of them.
   */
  readonly fallback?: { readonly claims: readonly HardwareClaim[]; readonly heldSince: number };
}

/** The first claim of a resource that another one's stands against. */
export interface Refusal {
  readonly claim: HardwareClaim;
  readonly owner: ResourceName;
  readonly ownersClaim: HardwareClaim;
}

/** Pins of the boards that are known, by the board's simple name. */
export type BoardPins = ReadonlyMap<string, readonly PinMeaning[]>;

export const BOARD_API = "rdk:component:board";

/** Makes one text of all that means the same thing. */
export class ItemKeys {
  readonly #meanings = new Map<string, PinMeaning>();
  readonly #ports = new Map<string, string>();
  readonly #canonicalPort: (port: string) => string;

  /** `canonicalPort`: the path that all links to a port lead to; asked once for each. */
  constructor(boards: BoardPins, canonicalPort: (port: string) => string = (port) => port) {
    this.#canonicalPort = canonicalPort;
    for (const [board, pins] of boards) {
      for (const meaning of pins) {
        for (const name of meaning.names) {
          const pin = pinKey(board, name);
          // Of two pins with one name the first counts.
          if (!this.#meanings.has(pin)) this.#meanings.set(pin, meaning);
        }
      }
    }
  }

  keyOf(item: HardwareItem): string {
    switch (item.kind) {
      case "line":
        return `${item.chip}/${item.offset}`;
      case "pin":
        return this.meaningOf(item.board, item.pin)?.key ?? pinKey(item.board, item.pin);
      case "i2c":
        return `i2c-${item.bus}/${hex(item.address)}`;
      case "serial":
        return this.#portKey(item.port);
      case "onewire":
        return item.id.toLowerCase();
    }
  }

  /** What stands behind the pin of a board, where the board has said so. */
  meaningOf(board: string, pin: string): PinMeaning | undefined {
    return this.#meanings.get(pinKey(board, pin));
  }

  #portKey(port: string): string {
    const known = this.#ports.get(port) ?? this.#canonicalPort(port);
    this.#ports.set(port, known);
    return known;
  }
}

/** Those that do not get what they claim. Everybody else gets all of it. */
export function refuseClaims(claimants: readonly Claimant[], keys: ItemKeys): ReadonlyMap<ResourceName, Refusal> {
  const fallenBack = new Set<ResourceName>();
  // Who goes back to what it has may take something from others; each round finds at least one more, or is the last.
  for (;;) {
    const { held, refused } = shareOut(claimants, fallenBack, keys);
    const more = claimants.filter(({ name, fallback }) => fallback !== undefined && refused.has(name) && !fallenBack.has(name));
    if (more.length === 0) {
      const waiting = claimants.filter(({ name }) => refused.has(name) || fallenBack.has(name));
      return grantFree(waiting.toSorted(byRight), held, keys);
    }
    for (const { name } of more) fallenBack.add(name);
  }
}

/** What stood against one of them may have been refused itself, or have gone back. Returns those that something still stands against. */
function grantFree(waiting: readonly Claimant[], held: Held, keys: ItemKeys): ReadonlyMap<ResourceName, Refusal> {
  const left = new Set(waiting);
  for (;;) {
    const refusals = new Map<ResourceName, Refusal>();
    for (const { name, claims } of left) {
      const refusal = findConflict(name, claims, held, keys);
      if (refusal !== undefined) refusals.set(name, refusal);
    }
    const free = [...left].find(({ name }) => !refusals.has(name));
    if (free === undefined) return refusals;
    left.delete(free);
    letGo(free.name, free.fallback?.claims ?? [], held, keys);
    hold(free.name, free.claims, held, keys);
  }
}

/** Whether both can have what they claim. */
function isCompatible(a: Holding, b: Holding): boolean {
  const { claim: one } = a;
  const { claim: other } = b;
  if (a.name === b.name) return true;
  if (one.isShared === true && other.isShared === true) return true;
  if (one.part !== undefined && other.part !== undefined && one.part !== other.part) return true;
  return isOwnPin(a, b) || isOwnPin(b, a);
}

interface Holding {
  readonly name: ResourceName;
  readonly claim: HardwareClaim;
}

/** Who has what, by the key of the item. */
type Held = Map<string, Holding[]>;

/** A board has the pin too that another resource uses through it. */
function isOwnPin(board: Holding, user: Holding): boolean {
  if (apiTextOf(board.name) !== BOARD_API || user.claim.kind !== "pin") return false;
  const { kind } = board.claim;
  if (kind !== "pin" && kind !== "line") return false;
  return (
    boardName(user.claim.board) === simpleNameOf(board.name) &&
    (kind === "line" || boardName(board.claim.board) === simpleNameOf(board.name))
  );
}

interface Share {
  readonly held: Held;
  readonly refused: ReadonlySet<ResourceName>;
}

function shareOut(claimants: readonly Claimant[], fallenBack: ReadonlySet<ResourceName>, keys: ItemKeys): Share {
  const standing = claimants.map((claimant) =>
    claimant.fallback !== undefined && fallenBack.has(claimant.name) ? { ...claimant, ...claimant.fallback } : claimant,
  );
  const held: Held = new Map();
  const refused = new Set<ResourceName>();
  for (const { name, claims } of standing.toSorted(byRight)) {
    if (findConflict(name, claims, held, keys) === undefined) hold(name, claims, held, keys);
    else refused.add(name);
  }
  return { held, refused };
}

function hold(name: ResourceName, claims: readonly HardwareClaim[], held: Held, keys: ItemKeys): void {
  for (const claim of claims) {
    const key = keys.keyOf(claim);
    const holdings = held.get(key);
    if (holdings === undefined) held.set(key, [{ name, claim }]);
    else holdings.push({ name, claim });
  }
}

function letGo(name: ResourceName, claims: readonly HardwareClaim[], held: Held, keys: ItemKeys): void {
  for (const claim of claims) {
    const key = keys.keyOf(claim);
    const others = held.get(key)?.filter((holding) => holding.name !== name);
    if (others !== undefined) held.set(key, others);
  }
}

function byRight(a: Claimant, b: Claimant): number {
  if (a.heldSince !== undefined || b.heldSince !== undefined) {
    return (a.heldSince ?? Number.POSITIVE_INFINITY) - (b.heldSince ?? Number.POSITIVE_INFINITY);
  }
  return a.order - b.order || (a.name < b.name ? -1 : 1);
}

/** What another one has that stands against one of the claims. */
function findConflict(name: ResourceName, claims: readonly HardwareClaim[], held: Held, keys: ItemKeys): Refusal | undefined {
  for (const claim of claims) {
    for (const holding of held.get(keys.keyOf(claim)) ?? []) {
      if (!isCompatible({ name, claim }, holding)) return { claim, owner: holding.name, ownersClaim: holding.claim };
    }
  }
  return undefined;
}

/** Whether one of the claims stands against one of another resource's. */
export function conflicts(
  a: { readonly name: ResourceName; readonly claims: readonly HardwareClaim[] },
  b: { readonly name: ResourceName; readonly claims: readonly HardwareClaim[] },
  keys: ItemKeys,
): boolean {
  const held: Held = new Map();
  hold(b.name, b.claims, held, keys);
  return findConflict(a.name, a.claims, held, keys) !== undefined;
}

/** As the config says it, for people. */
export function describeItem(item: HardwareItem): string {
  switch (item.kind) {
    case "line":
      return `line ${item.offset} of GPIO chip "${item.chip}"`;
    case "pin":
      return `pin "${item.pin}" of board "${boardName(item.board)}"`;
    case "i2c":
      return `address ${hex(item.address)} of I2C bus ${item.bus}`;
    case "serial":
      return `serial port ${item.port}`;
    case "onewire":
      return `1-Wire device ${item.id}`;
  }
}

/** Why a resource is not built, whose it is, and what to do. */
export function describeRefusal({ claim, owner, ownersClaim }: Refusal): string {
  const item = describeItem(claim);
  const others = describeItem(ownersClaim);
  const also = item === others ? "" : ` as ${others}`;
  const part = claim.part !== undefined && claim.part === ownersClaim.part ? ` (${claim.part})` : "";
  return `needs ${item}${part}, but ${owner} has it${also}; give one of the two another, or take one out of the config: this one is built as soon as it is free`;
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(2, "0")}`;
}

function pinKey(board: string, pin: string): string {
  return `pin ${pin.toLowerCase()} of ${boardName(board)}`;
}

/** Boards are named as in depends_on: simple, or full. */
export function boardName(written: string): string {
  return written.slice(written.lastIndexOf("/") + 1);
}
