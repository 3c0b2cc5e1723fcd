import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LinkedList, type Member } from "../../src/base/linked-list.js";

class Numbered implements Member {
  readonly number: number;
  before: Member | undefined;
  after: Member | undefined;

  constructor(number: number) {
    this.number = number;
  }
}

const numbersOf = (members: Iterable<Numbered>): readonly number[] => Array.from(members, ({ number }) => number);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "add" } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("delete", "move to the end"), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("walk"), drop: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }) } as const) },
);

test("members come and go as in an array, also the one at hand", () => {
  fc.assert(
    fc.property(fc.array(step, { size: "max", maxLength: 100 }), (steps) => {
      const list = new LinkedList<Numbered>();
      let model: Numbered[] = [];
      for (const [number, one] of steps.entries()) {
        if (one.kind === "add") {
          const member = new Numbered(number);
          list.add(member);
          model.push(member);
        } else if (one.kind === "walk") {
          const walked: Numbered[] = [];
          for (const member of list) {
            if (one.drop[walked.length % one.drop.length] === true) list.delete(member);
            walked.push(member);
          }
          assert.deepEqual(numbersOf(walked), numbersOf(model));
          model = model.filter((_, index) => one.drop[index % one.drop.length] !== true);
        } else {
          const member = model[one.at % model.length];
          if (member === undefined) continue;
          list.delete(member);
          model = model.filter((other) => other !== member);
          if (one.kind === "move to the end") {
            list.add(member);
            model.push(member);
          }
        }
        assert.equal(list.isEmpty, model.length === 0);
        assert.deepEqual(numbersOf(list), numbersOf(model));
      }
    }),
  );
});

test("who is out holds on to none of the others", () => {
  const list = new LinkedList<Numbered>();
  const members = [1, 2, 3].map((number) => new Numbered(number));
  for (const member of members) list.add(member);
  for (const member of members) {
    list.delete(member);
    assert.deepEqual([member.before, member.after], [undefined, undefined]);
  }
  assert.equal(list.isEmpty, true);
});

test("who comes while the list is walked is met as well", () => {
  const list = new LinkedList<Numbered>();
  for (const number of [1, 2]) list.add(new Numbered(number));
  const met: number[] = [];
  for (const { number } of list) {
    met.push(number);
    if (number === 1) list.add(new Numbered(3));
  }
  assert.deepEqual(met, [1, 2, 3]);
});
