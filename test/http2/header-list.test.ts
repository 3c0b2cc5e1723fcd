import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { FactsOf } from "../../src/http2/facts-of.js";
import { type HeaderField, headerField, sensitiveField } from "../../src/http2/header-field.js";
import { type HeaderList, type SteadyFields, singleList, steadyList } from "../../src/http2/header-list.js";
import { ListBuilder } from "../../src/http2/list-builder.js";
import { contentLength, requestProblem, responseProblem, trailersProblem } from "../../src/http2/message-rules.js";
import { inOrder, type Pair, pairsOf } from "./support/header-blocks.js";
import { REQUEST as CALL } from "./support/raw-frames.js";

const TIMEOUT: Pair = ["grpc-timeout", "20S"];

const build = (pairs: readonly Pair[], builder: ListBuilder = new ListBuilder()): HeaderList =>
  builder.listOf(pairs.map(([name, value]) => headerField(name, value)));

const steadyPairs = ({ fields }: SteadyFields): readonly Pair[] => fields.map(({ name, value }): Pair => [name, value]);

test("equal steady fields in equal order are one object, others another, and no field is lost", () => {
  const field = fc.constantFrom<Pair>(
    [":path", "/"],
    ["x-a", "1"],
    ["x-a", "2"],
    ["x-b", "1"],
    ["grpc-timeout", "1S"],
    ["grpc-timeout", "2S"],
    ["authorization", "x"],
  );
  const list = fc.record({ pairs: fc.array(field, { maxLength: 5 }), which: fc.nat({ max: 1 }) });
  fc.assert(
    fc.property(fc.array(list, { maxLength: 30 }), (lists) => {
      const builders = [new ListBuilder(), new ListBuilder()];
      const known = new Map<string, SteadyFields>();
      for (const { pairs, which } of lists) {
        const built = build(pairs, builders[which]);
        assert.deepEqual(pairsOf(built), inOrder(pairs));
        for (const { about } of built.varying) assert.ok(about.isVarying || about.isPseudo);
        const key = JSON.stringify(steadyPairs(built.steady));
        const before = known.get(key);
        if (before === undefined) known.set(key, built.steady);
        else assert.equal(built.steady, before);
      }
    }),
  );
});

test("what varies changes nothing of the steady part: not its values, not its place, not whether it is there", () => {
  const { steady } = build(CALL);
  for (const pairs of [
    [...CALL, TIMEOUT],
    [...CALL, ["grpc-timeout", "1m"]],
    [...CALL, TIMEOUT, TIMEOUT],
    [...CALL.slice(0, 4), TIMEOUT, ...CALL.slice(4)],
    [...CALL, ["authorization", "secret"], TIMEOUT],
  ] satisfies readonly (readonly Pair[])[]) {
    assert.equal(build(pairs).steady, steady);
  }
  assert.notEqual(build([...CALL, ["x-more", "1"]]).steady, steady);
  assert.notEqual(build(CALL.toReversed()).steady, steady);
  assert.notEqual(build(CALL.slice(1)).steady, steady);
});

test("lists that have nothing else are one object as well", () => {
  assert.equal(build(CALL), build(CALL));
  assert.equal(build([]), build([]));
});

test("value finds the first under a name, in whichever part", () => {
  const pairs: readonly Pair[] = [...CALL, ["x-a", "1"], TIMEOUT, ["x-a", "2"], ["grpc-timeout", "1m"]];
  const fields = pairs.map(([name, value]) => headerField(name, value));
  for (const list of [build(pairs), singleList(fields), steadyList(fields.filter(({ about }) => !about.isVarying))]) {
    assert.equal(list.value(":path"), "/test.Service/Method");
    assert.equal(list.value("x-a"), "1");
    assert.equal(list.value("grpc-timeout"), list.varying.length === 0 ? undefined : "20S");
    assert.equal(list.value("x-b"), undefined);
    assert.equal(list.value("authorization"), undefined);
  }
});

test("a list is well formed when all fields of both parts are", () => {
  assert.equal(build([...CALL, TIMEOUT]).isWellFormed, true);
  assert.equal(build([...CALL, ["x-a", " 1"]]).isWellFormed, false);
  assert.equal(build([...CALL, ["grpc-timeout", "1S "]]).isWellFormed, false);
  assert.equal(build([...CALL, TIMEOUT]).isWellFormed, true);
});

for (const [title, pairs, problem] of [
  ["a whole request has none", [...CALL, TIMEOUT], undefined],
  ["a pseudo-field behind a varying one", [...CALL.slice(0, 2), TIMEOUT, ...CALL.slice(2)], /^:path is missing$/],
  ["a pseudo-field a second time behind a varying one", [...CALL, TIMEOUT, [":path", "/"]], /^:path after a regular field$/],
  ["nothing but pseudo-fields behind a varying one", [TIMEOUT, ...CALL], /is missing$/],
  ["an unknown pseudo-field behind a varying one", [...CALL.slice(0, 4), TIMEOUT, [":x", ""]], /^:x after a regular field$/],
  ["another te than trailers", [...CALL, TIMEOUT, ["te", "gzip"]], /^te is not/],
  ["a field of one connection", [...CALL, TIMEOUT, ["connection", "close"]], /^connection belongs/],
  ["a varying value with a blank before it", [...CALL, ["grpc-timeout", " 1S"]], /"grpc-timeout" is not well formed/],
  ["a varying value with a line end in it", [...CALL, ["authorization", "a\r\nb"]], /"authorization" is not well formed/],
  ["a name in upper case", [...CALL, ["Grpc-Timeout", "1S"]], /"Grpc-Timeout" is not well formed/],
] satisfies readonly (readonly [string, readonly Pair[], RegExp | undefined])[]) {
  test(`problems of a request: ${title}`, () => {
    // Asked twice, since the second answer is what was remembered of the first.
    for (const list of [build(pairs), build(pairs)]) {
      if (problem === undefined) assert.equal(requestProblem(list), undefined);
      else assert.match(requestProblem(list) ?? "none", problem);
    }
  });
}

test("a bad varying value is not held against the next request of the kind", () => {
  for (const [timeout, isGood] of [
    ["1S", true],
    [" 1S", false],
    ["2S", true],
  ] as const) {
    assert.equal(requestProblem(build([...CALL, ["grpc-timeout", timeout]])) === undefined, isGood);
  }
});

test("responses and trailers are seen through as well", () => {
  const date: Pair = ["date", "today"];
  assert.equal(responseProblem(build([[":status", "200"], date])), undefined);
  assert.equal(responseProblem(build([date, [":status", "200"]])), ":status is missing");
  assert.equal(responseProblem(build([[":status", "200"], date, [":status", "200"]])), ":status after a regular field");
  assert.match(
    responseProblem(
      build([
        [":status", "200"],
        ["date", "\0"],
      ]),
    ) ?? "none",
    /not well formed/,
  );
  assert.equal(trailersProblem(build([["grpc-status", "0"], date])), undefined);
  assert.equal(trailersProblem(build([["grpc-status", "0"], date, [":status", "200"]])), ":status after a regular field");
});

for (const [values, expected] of [
  [[], -1],
  [["0"], 0],
  [["10"], 10],
  [["10", "10"], 10],
  [["10", "11"], undefined],
  [["10", ""], undefined],
  [["-1"], undefined],
  [["1e3"], undefined],
  [["1".repeat(16)], undefined],
] satisfies readonly (readonly [readonly string[], number | undefined])[]) {
  test(`content-length ${JSON.stringify(values)} promises ${expected}`, () => {
    assert.equal(contentLength(build([...CALL, ...values.map((value): Pair => ["content-length", value])])), expected);
  });
}

test("facts are found once for the same steady fields", () => {
  let found = 0;
  const facts = new FactsOf(({ fields }) => {
    found += 1;
    return { count: fields.length };
  });
  const lists: readonly (readonly Pair[])[] = [CALL, CALL.slice(1), [...CALL, TIMEOUT], CALL.slice(1), CALL];
  assert.deepEqual(
    lists.map((pairs) => facts.of(build(pairs).steady).count),
    [6, 5, 6, 5, 6],
  );
  assert.equal(found, 2);
});

test("many thousand lists that come once do no harm to those that come again, nor to one that is half built", () => {
  const fields = CALL.map(([name, value]) => headerField(name, value));
  const before = new ListBuilder().listOf(fields).steady;
  const half = new ListBuilder();
  half.begin();
  for (const field of fields.slice(0, 3)) half.add(field);
  const flood = new ListBuilder();
  for (let index = 0; index < 20_000; index += 1) {
    const once: Pair = ["x-once", `value ${index}`];
    assert.deepEqual(pairsOf(build([...CALL.slice(0, 2), once], flood)), [...CALL.slice(0, 2), once]);
  }
  for (const field of fields.slice(3)) half.add(field);
  assert.deepEqual(pairsOf(half.list()), CALL);
  const { steady } = new ListBuilder().listOf(fields);
  assert.deepEqual(steadyPairs(steady), CALL);
  assert.notEqual(steady, before, "all were forgotten in between");
  for (const builder of [half, flood, new ListBuilder()]) assert.equal(builder.listOf(fields).steady, steady);
});

const LONG = "v".repeat(1000);
for (const [title, fields] of [
  ["one marked as a secret", () => [headerField("x-a", "1"), sensitiveField("x-key", "secret"), headerField("x-b", "2")]],
  ["a long one", () => [headerField("x-a", "1"), headerField("x-long", LONG), headerField("x-b", "2")]],
  ["too many", () => Array.from({ length: 100 }, (_, index) => headerField(`x-${index}`, "1"))],
] satisfies readonly (readonly [string, () => readonly HeaderField[]])[]) {
  test(`lists with fields that are not kept are whole and new each time: ${title}`, () => {
    const builder = new ListBuilder();
    const before = builder.listOf(fields()).steady;
    const given = fields();
    const list = builder.listOf([...given.slice(0, 2), headerField("grpc-timeout", "1S"), ...given.slice(2)]);
    assert.deepEqual(list.steady.fields, given);
    assert.equal(list.value("grpc-timeout"), "1S");
    assert.equal(list.value(given.at(-1)?.name ?? ""), given.at(-1)?.value);
    assert.notEqual(list.steady, before);
    assert.equal(list.steady.isShared, false);
    // Nothing of it stays in the builder.
    assert.equal(build(CALL, builder), build(CALL));
    assert.equal(build(CALL).steady.isShared, true);
  });
}

test("rules are kept by lists with fields that are not kept, too", () => {
  const problemWith = (...more: readonly Pair[]): string | undefined => requestProblem(build([...CALL, ["x-long", LONG], ...more]));
  assert.equal(problemWith(), undefined);
  assert.equal(problemWith(["te", "gzip"]), 'te is not "trailers"');
  assert.equal(problemWith([":path", "/"]), ":path after a regular field");
  assert.equal(problemWith(TIMEOUT, [":path", "/"]), ":path after a regular field");
  assert.equal(problemWith(), undefined);
});
