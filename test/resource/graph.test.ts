import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DependencyGraph } from "../../src/resource/graph.js";
import { parseResourceName, type ResourceName } from "../../src/resource/resource-name.js";

function name(simple: string): ResourceName {
  const parsed = parseResourceName(`rdk:component:sensor/${simple}`);
  assert.ok(parsed);
  return parsed;
}

/** `a: ["b"]` means that a requires b; names after a "?" are optional. */
function graphOf(edges: Readonly<Record<string, readonly string[]>>): DependencyGraph {
  const graph = new DependencyGraph();
  for (const [from, to] of Object.entries(edges)) {
    const required = to.filter((item) => !item.startsWith("?")).map(name);
    graph.set(name(from), { required, optional: to.filter((item) => item.startsWith("?")).map((item) => name(item.slice(1))) });
  }
  return graph;
}

const simple = (names: Iterable<ResourceName>): string => [...names].map((item) => item.slice(item.indexOf("/") + 1)).join(" ");

test("levels depend on earlier levels only; optional edges do not order", () => {
  const graph = graphOf({ d: ["b", "c"], b: ["a"], c: ["a", "?d"], a: [], e: ["?d"] });
  assert.deepEqual(graph.levels().map(simple), ["a e", "b c", "d"]);
});

test("a dependency that does not exist bars nobody from a level", () => {
  assert.deepEqual(
    graphOf({ a: ["ghost"] })
      .levels()
      .map(simple),
    ["a"],
  );
});

test("dependents are known before what they depend on exists, and after it is gone", () => {
  const graph = graphOf({ b: ["a"], c: ["?a"] });
  assert.equal(simple(graph.dependentsOf(name("a"))), "b");
  assert.equal(simple(graph.optionalDependentsOf(name("a"))), "c");
  graph.set(name("a"), { required: [], optional: [] });
  graph.delete(name("a"));
  assert.equal(simple(graph.dependentsOf(name("a"))), "b");
  graph.delete(name("b"));
  assert.equal(simple(graph.dependentsOf(name("a"))), "");
});

test("names the shortest cycle in full, from the node to itself", () => {
  const graph = graphOf({ a: ["b"], b: ["c"], c: ["d", "a"], d: ["a"], e: ["a"] });
  assert.equal(simple(graph.cycleThrough(name("a")) ?? []), "a b c a");
  assert.equal(simple(graph.cycleThrough(name("d")) ?? []), "d a b c d");
  assert.equal(graph.cycleThrough(name("e")), undefined);
  assert.equal(simple([...graph.cycleMembers(name("a"))].toSorted()), "a b c d");
  assert.equal(graph.cycleMembers(name("e")).size, 0);
});

test("optional edges make no cycle, but are followed when asked who reaches whom", () => {
  const graph = graphOf({ a: ["?b"], b: ["a"] });
  assert.equal(graph.cycleThrough(name("a")), undefined);
  assert.ok(graph.reaches(name("a"), name("a")));
  assert.ok(!graphOf({ a: ["b"], b: [] }).reaches(name("b"), name("a")));
});

test("transitive dependents and the order in which to remove them", () => {
  const graph = graphOf({ a: [], b: ["a"], c: ["b"], d: ["a", "c"], e: [] });
  assert.equal(simple([...graph.transitiveDependents([name("b")])].toSorted()), "c d");
  assert.equal(simple(graph.removalOrder([name("a"), name("b"), name("c"), name("d")])), "d c b a");
  assert.equal(simple(graph.removalOrder([name("a"), name("c")])), "a c");
});

const NAMES = ["a", "b", "c", "d", "e", "f", "g"];
const edges = fc.dictionary(fc.constantFrom(...NAMES), fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }), { maxKeys: 7 });

test("changed edge by edge or made at once, a graph is the same", () => {
  fc.assert(
    fc.property(fc.array(edges, { maxLength: 4 }), edges, (before, last) => {
      const worn = new DependencyGraph();
      for (const state of [...before, last]) {
        for (const item of NAMES) {
          const required = state[item];
          if (required === undefined) worn.delete(name(item));
          else worn.set(name(item), { required: required.map(name), optional: [] });
        }
      }
      const fresh = graphOf(last);
      for (const item of NAMES.map(name)) {
        assert.deepEqual(new Set(worn.dependentsOf(item)), new Set(fresh.dependentsOf(item)));
        assert.deepEqual(worn.cycleMembers(item), new Set(NAMES.map(name).filter((other) => isOnOneCycle(fresh, item, other))));
      }
    }),
  );
});

function isOnOneCycle(graph: DependencyGraph, a: ResourceName, b: ResourceName): boolean {
  return graph.transitiveDependents([a]).has(b) && graph.transitiveDependents([b]).has(a);
}

test("in a removal order nobody comes after what it requires, unless they are on a cycle", () => {
  fc.assert(
    fc.property(edges, (state) => {
      const graph = graphOf(state);
      const order = graph.removalOrder(NAMES.map(name));
      assert.equal(new Set(order).size, NAMES.length);
      const cyclic = new Set(NAMES.map(name).filter((item) => graph.cycleMembers(item).size > 0));
      if (cyclic.size > 0) return;
      for (const [index, item] of order.entries()) {
        for (const required of graph.edgesOf(item).required) assert.ok(order.indexOf(required) > index);
      }
    }),
  );
});
