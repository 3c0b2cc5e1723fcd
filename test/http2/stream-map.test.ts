import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { StreamMap } from "../../src/http2/stream-map.js";

interface Numbered {
  readonly id: number;
}

/** Both do the same; after each step they are asked the same. */
class Pair {
  readonly map = new StreamMap<Numbered>();
  readonly model = new Map<number, Numbered>();

  add(id: number): void {
    const stream = { id };
    this.map.add(stream);
    this.model.set(id, stream);
  }

  delete(id: number): void {
    this.map.delete(id);
    this.model.delete(id);
  }

  check(id: number): void {
    assert.equal(this.map.size, this.model.size);
    assert.equal(this.map.get(id), this.model.get(id));
  }

  checkAll(): void {
    // Numbers only grow, so the order of adding is that of the numbers.
    assert.deepEqual(this.map.all(), [...this.model.values()]);
    for (const [id, stream] of this.model) assert.equal(this.map.get(id), stream);
  }
}

// A step of 64 numbers, or a multiple, comes to the same place of the smallest table.
const skip = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(63, 127, 255), fc.nat({ max: 300 }));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ skip }) },
  { weight: 2, arbitrary: fc.record({ old: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ young: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ unknown: fc.nat({ max: 2000 }) }) },
);

test("streams come and go as in a Map, the oldest ones staying or not", () => {
  fc.assert(
    fc.property(fc.array(step, { size: "max", maxLength: 400 }), (steps) => {
      const pair = new Pair();
      let next = 1;
      for (const one of steps) {
        const ids = [...pair.model.keys()];
        let id = next;
        if ("skip" in one) {
          id += one.skip * 2;
          next = id + 2;
          pair.add(id);
        } else {
          if ("old" in one) id = ids[one.old % ids.length] ?? next;
          else if ("young" in one) id = ids.at(-1 - one.young) ?? next;
          else id = one.unknown * 2 + 1;
          pair.delete(id);
        }
        pair.check(id);
        pair.check(next);
      }
      pair.checkAll();
    }),
  );
});

test("a number that is not there is not found, and taking it out changes nothing", () => {
  const pair = new Pair();
  for (const id of [1, 3, 129, 257]) pair.add(id);
  for (const id of [5, 385, 0x7fffffff]) {
    assert.equal(pair.map.get(id), undefined);
    pair.map.delete(id);
  }
  assert.equal(pair.map.size, 4);
  pair.checkAll();
});

test("thousands of streams are held, in whatever order they end", () => {
  const ids = Array.from({ length: 5000 }, (_, index) => index * 2 + 1);
  const order = fc.shuffledSubarray(ids, { minLength: ids.length });
  fc.assert(
    fc.property(order, (endings) => {
      const pair = new Pair();
      for (const id of ids) pair.add(id);
      pair.checkAll();
      for (const [index, id] of endings.entries()) {
        pair.delete(id);
        pair.check(id);
        if (index % 1000 === 0) pair.checkAll();
      }
      assert.deepEqual(pair.map.all(), []);
      pair.add(10_001);
      pair.checkAll();
    }),
    { numRuns: 5 },
  );
});
