import assert from "node:assert/strict";
import test from "node:test";
import { millis } from "../../src/base/millis.js";
import { type NewOperation, Operations, RunningOperation } from "../../src/server/operations.js";
import { FakeClock, settle } from "../support/fake-clock.js";

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ID = "0123abcd-0123-4abc-8abc-0123456789ab";
const OTHER_ID = "00000000-0000-0000-0000-00000000000a";

interface Set {
  readonly clock: FakeClock;
  readonly operations: Operations;
  /** Methods that were cancelled. */
  readonly cancelled: readonly string[];
  begin(method: string, wantedId?: string): RunningOperation | string;
  /** One that did not run so far. */
  beginNew(method: string, wantedId?: string): RunningOperation;
}

function setUp(): Set {
  const clock = new FakeClock();
  const operations = new Operations(clock);
  const cancelled: string[] = [];
  const begin = (method: string, wantedId?: string): RunningOperation | string => {
    const operation: NewOperation = { method, wantedId, sessionId: undefined, handle: { cancel: () => void cancelled.push(method) } };
    return operations.begin(operation);
  };
  const beginNew = (method: string, wantedId?: string): RunningOperation => {
    const begun = begin(method, wantedId);
    assert.ok(begun instanceof RunningOperation);
    return begun;
  };
  return { clock, operations, cancelled, begin, beginNew };
}

const methodsOf = (operations: Operations, exceptId?: string): readonly string[] => operations.list(exceptId).map(({ method }) => method);

test("ids are UUIDs of version 4, no two the same", () => {
  const { beginNew } = setUp();
  const ids = Array.from({ length: 1000 }, () => beginNew("/a").id);
  for (const id of ids) assert.match(id, VERSION_4);
  assert.equal(new Set(ids).size, 1000);
  assert.ok(!ids.includes(setUp().beginNew("/a").id), "another supervisor's ids are others");
});

test("an id that the caller wants is taken in lower case, if it is one", () => {
  const { beginNew } = setUp();
  assert.equal(beginNew("/a", ID.toUpperCase()).id, ID);
  assert.equal(beginNew("/b", OTHER_ID).id, OTHER_ID);
  for (const wanted of ["", "mine", `${ID}0`, ` ${ID}`, `${ID}\n`, ID.replaceAll("-", "")])
    assert.match(beginNew("/c", wanted).id, VERSION_4);
});

test("an id that runs already stays one operation, until it has ended", () => {
  const { operations, begin, beginNew, cancelled } = setUp();
  const first = beginNew("/first", ID);
  assert.equal(begin("/second", ID.toUpperCase()), ID);
  const given = beginNew("/third");
  assert.equal(begin("/fourth", given.id), given.id);
  assert.deepEqual(methodsOf(operations), ["/first", "/third"]);
  operations.cancel(ID, "enough");
  assert.deepEqual(cancelled, ["/first"]);
  operations.end(first);
  assert.equal(beginNew("/again", ID).id, ID);
  assert.deepEqual(methodsOf(operations), ["/third", "/again"]);
});

test("operations are listed oldest first with the time of their beginning, the caller's own left out", async () => {
  const { clock, operations, begin, beginNew } = setUp();
  const started = [clock.wall()];
  const first = beginNew("/first");
  await clock.advance(millis(1500));
  started.push(clock.wall());
  operations.begin({ method: "/second", wantedId: ID, sessionId: "session", handle: { cancel: () => undefined } });
  await clock.advance(millis(60_000));
  started.push(clock.wall());
  begin("/third");
  await clock.advance(millis(1));
  const listed = operations.list(undefined);
  assert.deepEqual(
    listed.map((operation) => operation.started),
    started,
  );
  assert.deepEqual(listed[1], { id: ID, method: "/second", started: started[1], sessionId: "session" });
  assert.deepEqual(methodsOf(operations, first.id), ["/second", "/third"]);
  operations.end(first);
  assert.deepEqual(methodsOf(operations, ID), ["/third"]);
});

test("one operation is cancelled by its id, or all but one; ids that are unknown are no error", () => {
  const { operations, beginNew, cancelled } = setUp();
  beginNew("/first", ID);
  const second = beginNew("/second");
  beginNew("/third");
  operations.cancel(OTHER_ID, "unknown");
  assert.deepEqual(cancelled, []);
  operations.cancel(ID.toUpperCase(), "one");
  assert.deepEqual(cancelled, ["/first"]);
  operations.cancelOthers(second.id, "all");
  assert.deepEqual(cancelled, ["/first", "/first", "/third"]);
});

test("a cancelled operation that takes another one with it does not keep the rest from being cancelled", () => {
  const operations = new Operations(new FakeClock());
  const running: RunningOperation[] = [];
  const cancelled: number[] = [];
  const end = (index: number): void => {
    const operation = running[index];
    if (operation !== undefined) operations.end(operation);
    cancelled.push(index);
  };
  for (let index = 0; index < 6; index += 1) {
    // Each one called the one behind it.
    const cancel = (): void => [index, index + 1].filter((other) => other < 6 && !cancelled.includes(other)).forEach(end);
    const operation = operations.begin({ method: `/${index}`, wantedId: undefined, sessionId: undefined, handle: { cancel } });
    assert.ok(operation instanceof RunningOperation);
    running.push(operation);
  }
  operations.cancelOthers(undefined, "all");
  assert.deepEqual(methodsOf(operations), []);
  assert.deepEqual(cancelled, [0, 1, 2, 3, 4, 5]);
});

test("who waits for an operation hears of its end, and of no other's", async () => {
  const { operations, beginNew } = setUp();
  const [waited, other] = [beginNew("/waited", ID), beginNew("/other")];
  const { signal } = new AbortController();
  const over: string[] = [];
  const waits = ["first", "second"].map(async (who) => {
    await operations.whenOver(who === "first" ? ID : ID.toUpperCase(), signal);
    over.push(who);
  });
  operations.end(other);
  await settle();
  assert.deepEqual(over, []);
  operations.end(waited);
  await Promise.all(waits);
  assert.deepEqual(over, ["first", "second"]);
});

test("nobody waits for what is over or unknown, or with a signal that is aborted", async () => {
  const { operations, beginNew } = setUp();
  operations.end(beginNew("/over", ID));
  await operations.whenOver(ID, new AbortController().signal);
  await operations.whenOver("nonsense", new AbortController().signal);
  await operations.whenOver(beginNew("/runs").id, AbortSignal.abort());
});

test("who gives up waiting is let go, the others wait on", async () => {
  const { operations, beginNew } = setUp();
  const operation = beginNew("/waited");
  const giving = new AbortController();
  const over: string[] = [];
  const impatient = operations.whenOver(operation.id, giving.signal);
  const patient = operations.whenOver(operation.id, new AbortController().signal).then(() => over.push("patient"));
  giving.abort();
  await impatient;
  await settle();
  assert.deepEqual(over, []);
  operations.end(operation);
  await patient;
});

test("an id of ours that is to be given yet, or is over, makes no two operations the same", () => {
  const { operations, beginNew } = setUp();
  const first = beginNew("/first");
  const second = `${first.id.slice(0, -1)}2`;
  const guess = beginNew("/guess", second);
  const running = [guess, beginNew("/next"), beginNew("/one more")];
  assert.equal(new Set(running.map(({ id }) => id)).size, running.length);
  operations.end(first);
  assert.notEqual(beginNew("/late", first.id).id, first.id);
});
