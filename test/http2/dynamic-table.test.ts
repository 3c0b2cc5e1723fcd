import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { DynamicTable } from "../../src/http2/dynamic-table.js";
import { type HeaderField, sensitiveField } from "../../src/http2/header-field.js";

/** A new object each time; 32 bytes is the smallest there is. */
const fieldOf = (size: number): HeaderField => sensitiveField("", "v".repeat(size - 32));

/** RFC 7541 section 4 as it is written. */
class Model {
  limit: number;
  /** Newest first. */
  entries: HeaderField[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  insert(field: HeaderField): void {
    this.entries.unshift(field);
    this.evict();
  }

  evict(): void {
    while (this.entries.reduce((sum, { size }) => sum + size, 0) > this.limit) this.entries.pop();
  }
}

const LARGEST = [0, 31, 32, 33, 64, 100, 256, 1000, 4096];
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ size: fc.oneof(fc.constant(32), fc.integer({ min: 32, max: 80 }), fc.integer({ min: 32, max: 5000 })) }),
  },
  { weight: 1, arbitrary: fc.record({ limit: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);

test("entries come, move up and are evicted as in a list", () => {
  fc.assert(
    fc.property(fc.constantFrom(...LARGEST), fc.array(step, { size: "max", maxLength: 300 }), (largest, steps) => {
      const table = new DynamicTable(largest);
      const model = new Model(largest);
      const inserted: { readonly field: HeaderField; readonly number: number }[] = [];
      for (const one of steps) {
        if ("size" in one) {
          const field = fieldOf(one.size);
          model.insert(field);
          inserted.push({ field, number: table.insert(field) });
        } else {
          model.limit = Math.floor(one.limit * largest);
          model.evict();
          table.resize(model.limit);
        }
        assert.equal(table.limit, model.limit);
        assert.equal(table.length, model.entries.length);
        assert.equal(table.at(0), model.entries[0]);
        assert.equal(table.at(table.length - 1), model.entries.at(-1));
        assert.equal(table.at(table.length), undefined);
      }
      for (const [position, field] of model.entries.entries()) assert.equal(table.at(position), field);
      for (const { field, number } of inserted) assert.equal(table.positionOf(number), model.entries.indexOf(field));
    }),
  );
});

test("as many of the smallest entries fit as the RFC says", () => {
  const table = new DynamicTable(4096);
  const fields = Array.from({ length: 300 }, () => fieldOf(32));
  const numbers = fields.map((field) => table.insert(field));
  assert.equal(table.length, 128);
  assert.equal(table.at(127), fields[172]);
  assert.equal(table.positionOf(numbers[172] ?? -1), 127);
  assert.equal(table.positionOf(numbers[171] ?? -1), -1);
});

test("an entry larger than the table empties it and is in it nowhere", () => {
  const table = new DynamicTable(100);
  const first = table.insert(fieldOf(50));
  const tooLarge = table.insert(fieldOf(101));
  assert.deepEqual([table.length, table.at(0), table.positionOf(first), table.positionOf(tooLarge)], [0, undefined, -1, -1]);
  const whole = fieldOf(100);
  assert.equal(table.positionOf(table.insert(whole)), 0);
  assert.equal(table.at(0), whole);
});

test("whatever changes the table shows in its generation", () => {
  const table = new DynamicTable(100);
  const seen = [table.generation];
  for (const change of [() => table.insert(fieldOf(60)), () => table.insert(fieldOf(60)), () => table.insert(fieldOf(200))]) {
    change();
    seen.push(table.generation);
  }
  table.resize(50);
  seen.push(table.generation);
  table.at(0);
  table.positionOf(0);
  assert.equal(new Set(seen).size, 5);
  assert.equal(table.generation, seen.at(-1));
});
