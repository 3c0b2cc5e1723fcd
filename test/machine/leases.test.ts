import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Claimant, conflicts, describeRefusal, ItemKeys, refuseClaims } from "../../src/machine/leases.js";
import type { HardwareClaim, PinMeaning } from "../../src/resource/hardware-needs.js";
import { parseResourceName, type ResourceName } from "../../src/resource/resource-name.js";

function named(text: string): ResourceName {
  const name = parseResourceName(text.includes("/") ? text : `rdk:component:motor/${text}`);
  if (name === undefined) throw new Error(text);
  return name;
}

const pin = (name: string, rest: Partial<HardwareClaim> = {}): HardwareClaim =>
  ({ kind: "pin", board: "local", pin: name, ...rest }) as HardwareClaim;
const line = (offset: number): HardwareClaim => ({ kind: "line", chip: "pinctrl-rp1", offset });
const i2c = (address: number, bus = 1): HardwareClaim => ({ kind: "i2c", bus, address });
const serial = (part?: string): HardwareClaim => ({ kind: "serial", port: "/dev/ttyUSB0", ...(part !== undefined && { part }) });

const meaning = (offset: number, ...names: readonly string[]): PinMeaning => ({ names, key: `pinctrl-rp1/${offset}`, low: [], high: [] });
const KNOWN = new ItemKeys(new Map([["local", [meaning(17, "11", "GPIO17", "io17"), meaning(27, "13", "GPIO27")]]]));
const UNKNOWN = new ItemKeys(new Map());

interface Row {
  readonly what: string;
  readonly a: HardwareClaim;
  readonly b: HardwareClaim;
  readonly isRefused: boolean;
  readonly owners?: readonly [string, string];
  readonly keys?: ItemKeys;
}

const ROWS: readonly Row[] = [
  { what: "the same pin", a: pin("11"), b: pin("11"), isRefused: true },
  { what: "the same pin in other letters", a: pin("gpio17"), b: pin("GPIO17"), isRefused: true, keys: UNKNOWN },
  { what: "another pin", a: pin("11"), b: pin("13"), isRefused: false },
  { what: "one pin by two names", a: pin("11"), b: pin("io17"), isRefused: true },
  { what: "one pin by two names of a board that said nothing", a: pin("11"), b: pin("io17"), isRefused: false, keys: UNKNOWN },
  { what: "a pin and its line", a: pin("GPIO17"), b: line(17), isRefused: true },
  { what: "a pin and another line", a: pin("GPIO17"), b: line(18), isRefused: false },
  { what: "a pin of a board named in full", a: pin("11"), b: pin("11", { board: "rdk:component:board/local" }), isRefused: true },
  { what: "the same pin of another board", a: pin("11"), b: pin("11", { board: "other" }), isRefused: false },
  { what: "the same address", a: i2c(0x40), b: i2c(0x40), isRefused: true },
  { what: "the same address on another bus", a: i2c(0x40), b: i2c(0x40, 0), isRefused: false },
  { what: "the same port", a: serial(), b: serial(), isRefused: true },
  { what: "two parts of a port", a: serial("id 1"), b: serial("id 2"), isRefused: false },
  { what: "the same part of a port", a: serial("id 1"), b: serial("id 1"), isRefused: true },
  { what: "a part of a port and all of it", a: serial("id 1"), b: serial(), isRefused: true },
  { what: "two that share", a: pin("11", { isShared: true }), b: pin("11", { isShared: true }), isRefused: false },
  { what: "one that shares and one that does not", a: pin("11", { isShared: true }), b: pin("11"), isRefused: true },
  { what: "the same 1-Wire device", a: { kind: "onewire", id: "28-00AB" }, b: { kind: "onewire", id: "28-00ab" }, isRefused: true },
  {
    what: "a board's own claim and a user of the pin",
    a: pin("11"),
    b: pin("11"),
    isRefused: false,
    owners: ["rdk:component:board/local", "e"],
  },
  {
    what: "a board's own line and a user of the pin",
    a: line(17),
    b: pin("11"),
    isRefused: false,
    owners: ["rdk:component:board/local", "e"],
  },
  {
    what: "a board's own line and a user of the line",
    a: line(17),
    b: line(17),
    isRefused: true,
    owners: ["rdk:component:board/local", "e"],
  },
  {
    what: "another board's claim and a user of the pin",
    a: pin("11"),
    b: pin("11"),
    isRefused: true,
    owners: ["rdk:component:board/other", "e"],
  },
];

for (const { what, a, b, isRefused, owners = ["a", "b"], keys = KNOWN } of ROWS) {
  test(`${what}: ${isRefused ? "refused" : "goes together"}, whoever comes first`, () => {
    const first = { name: named(owners[0]), claims: [a] };
    const second = { name: named(owners[1]), claims: [b] };
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const claimants = order.map((claimant, index): Claimant => ({ ...claimant, heldSince: undefined, order: index }));
      assert.deepEqual([...refuseClaims(claimants, keys).keys()], isRefused ? [order[1]?.name] : []);
    }
  });
}

test("what is built goes before the order of the config, and the longer built before the others", () => {
  const claimant = (name: string, order: number, heldSince?: number): Claimant => ({
    name: named(name),
    claims: [pin("11")],
    order,
    heldSince,
  });
  const refused = (...claimants: readonly Claimant[]): readonly string[] => [...refuseClaims(claimants, KNOWN).keys()];
  assert.deepEqual(refused(claimant("a", 0), claimant("b", 1)), [named("b")]);
  assert.deepEqual(refused(claimant("a", 0), claimant("b", 1, 5)), [named("a")]);
  assert.deepEqual(refused(claimant("a", 0, 6), claimant("b", 1, 5)), [named("a")]);
});

test("two pins are swapped in one change", () => {
  const claimants: readonly Claimant[] = [
    { name: named("a"), claims: [pin("13")], order: 0, heldSince: undefined, fallback: { claims: [pin("11")], heldSince: 1 } },
    { name: named("b"), claims: [pin("11")], order: 1, heldSince: undefined, fallback: { claims: [pin("13")], heldSince: 2 } },
  ];
  assert.deepEqual([...refuseClaims(claimants, KNOWN)], []);
});

test("one that does not get its new pin keeps its old one, and whoever wanted that goes without", () => {
  const claimants: readonly Claimant[] = [
    { name: named("a"), claims: [pin("13")], order: 0, heldSince: undefined },
    { name: named("b"), claims: [pin("11")], order: 1, heldSince: undefined, fallback: { claims: [pin("13")], heldSince: 2 } },
    { name: named("c"), claims: [pin("11")], order: 2, heldSince: 1 },
  ];
  const refusals = refuseClaims(claimants, KNOWN);
  assert.deepEqual(
    [...refusals].map(([name, { owner }]) => [name, owner]),
    [
      [named("a"), named("b")],
      [named("b"), named("c")],
    ],
  );
});

test("one that is refused because of what another has stands against nobody's new pin", () => {
  const claimants: readonly Claimant[] = [
    { name: named("a"), claims: [pin("13"), pin("11")], order: 0, heldSince: undefined },
    { name: named("b"), claims: [pin("13")], order: 1, heldSince: undefined, fallback: { claims: [pin("11")], heldSince: 1 } },
  ];
  assert.deepEqual([...refuseClaims(claimants, KNOWN)], [[named("a"), { claim: pin("13"), owner: named("b"), ownersClaim: pin("13") }]]);
});

test("one after the other goes on to what the one before it leaves", () => {
  const claimants: readonly Claimant[] = [
    { name: named("a"), claims: [pin("13"), line(5)], order: 0, heldSince: undefined },
    { name: named("b"), claims: [pin("11")], order: 1, heldSince: undefined, fallback: { claims: [pin("13")], heldSince: 1 } },
    { name: named("c"), claims: [line(5)], order: 2, heldSince: undefined, fallback: { claims: [pin("11")], heldSince: 2 } },
  ];
  assert.deepEqual([...refuseClaims(claimants, KNOWN).keys()], [named("a")]);
});

test("the refusal names item, owner, and what the owner calls it", () => {
  const refusals = refuseClaims(
    [
      { name: named("left"), claims: [pin("GPIO17")], order: 0, heldSince: undefined },
      { name: named("right"), claims: [pin("13"), pin("11")], order: 1, heldSince: undefined },
    ],
    KNOWN,
  );
  const [refusal] = refusals.values();
  assert.ok(refusal);
  assert.match(
    describeRefusal(refusal),
    /^needs pin "11" of board "local", but rdk:component:motor\/left has it as pin "GPIO17" of board "local"; give /,
  );
});

const claim: fc.Arbitrary<HardwareClaim> = fc.oneof(
  fc.constantFrom("11", "GPIO17", "13", "x").map((name) => pin(name)),
  fc.constantFrom(17, 27, 5).map(line),
  fc.constantFrom(0x40, 0x41).map((address) => i2c(address)),
  fc.constantFrom(undefined, "1", "2").map(serial),
  fc.constant(pin("11", { isShared: true })),
);
const claims = fc.array(claim, { minLength: 1, maxLength: 3 });

interface Draft {
  readonly claims: readonly HardwareClaim[];
  readonly built: readonly HardwareClaim[] | undefined;
  readonly isHeld: boolean;
}

const draft: fc.Arbitrary<Draft> = fc.record({ claims, built: fc.option(claims, { nil: undefined }), isHeld: fc.boolean() });

/** What two instances have at the same time goes together. */
function claimantsOf(drafts: readonly Draft[]): readonly Claimant[] {
  const own = drafts.map(({ claims: wanted, isHeld }, order) => ({
    name: named(`r${order}`),
    claims: wanted,
    order,
    heldSince: isHeld ? order : undefined,
  }));
  const present = own.filter(({ heldSince }) => heldSince !== undefined).map(({ name, claims: held }) => ({ name, claims: held }));
  return own.map((claimant, index): Claimant => {
    const built = drafts[index]?.built;
    if (built === undefined || claimant.heldSince !== undefined) return claimant;
    const instance = { name: claimant.name, claims: built };
    if (present.some((other) => conflicts(instance, other, KNOWN))) return claimant;
    present.push(instance);
    return { ...claimant, fallback: { claims: built, heldSince: index } };
  });
}

test("any claims: those granted go together, those refused do not, and no order of arrival matters", () => {
  fc.assert(
    fc.property(fc.array(draft, { maxLength: 7 }), (drafts) => {
      const claimants = claimantsOf(drafts);
      const refusals = refuseClaims(claimants, KNOWN);
      const holders = claimants.flatMap(({ name, claims: granted, fallback }) => {
        const held = refusals.has(name) ? fallback?.claims : granted;
        return held === undefined ? [] : [{ name, claims: held }];
      });
      for (const a of holders) for (const b of holders) if (a !== b) assert.ok(!conflicts(a, b, KNOWN), `${a.name} and ${b.name}`);
      for (const [name, { claim: refused, owner, ownersClaim }] of refusals) {
        assert.ok(claimants.find((claimant) => claimant.name === name)?.claims.includes(refused));
        assert.ok(
          holders.find((holder) => holder.name === owner)?.claims.includes(ownersClaim),
          `${name} is refused for nothing (${owner})`,
        );
        assert.ok(conflicts({ name, claims: [refused] }, { name: owner, claims: [ownersClaim] }, KNOWN));
      }
      assert.deepEqual([...refuseClaims(claimants.toReversed(), KNOWN).keys()].toSorted(), [...refusals.keys()].toSorted());
    }),
    { numRuns: 500 },
  );
});
