import assert from "node:assert/strict";
import { test } from "node:test";
import { EagerPoll } from "../../../src/server/frame-level/eager-poll.js";

/** A poll on a clock of its own; `look` runs what waits for the next look at the sockets. */
function setUp(cores: number): {
  poll: EagerPoll;
  call: (milliseconds: number) => void;
  pass: (milliseconds: number) => void;
  look: () => void;
} {
  let now = 1000;
  let waiting: (() => void) | undefined;
  const poll = new EagerPoll({
    now: () => now,
    afterLook: (action) => {
      waiting = action;
    },
    cores,
  });
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  const call = (milliseconds: number): void => {
    pass(milliseconds);
    poll.began();
    pass(milliseconds);
    poll.ended();
  };
  const look = (): void => {
    const action = waiting;
    waiting = undefined;
    action?.();
  };
  return { poll, call, pass, look };
}

test("calls that follow each other quickly are waited for awake, but not for long", () => {
  const { poll, call, pass, look } = setUp(4);
  for (let index = 0; index < 5; index += 1) call(0.1);
  assert.equal(poll.isPolling, false, "a few quick calls prove nothing");
  for (let index = 0; index < 20; index += 1) call(0.1);
  assert.equal(poll.isPolling, true);
  look();
  assert.equal(poll.isPolling, true);
  pass(0.5);
  look();
  assert.equal(poll.isPolling, false, "nothing came in time");
});

test("calls now and then are never waited for awake", () => {
  const { poll, call } = setUp(4);
  for (let index = 0; index < 200; index += 1) {
    call(5);
    assert.equal(poll.isPolling, false);
  }
});

test("a quick answer to a rare call is not enough", () => {
  const { poll, pass } = setUp(4);
  for (let index = 0; index < 200; index += 1) {
    pass(10);
    poll.began();
    pass(0.1);
    poll.ended();
    assert.equal(poll.isPolling, false);
  }
});

test("with many calls in flight nothing has to be waited for", () => {
  const { poll, pass } = setUp(4);
  for (let index = 0; index < 3; index += 1) poll.began();
  for (let index = 0; index < 100; index += 1) {
    pass(0.05);
    poll.began();
    pass(0.05);
    poll.ended();
    assert.equal(poll.isPolling, false);
  }
});

for (const cores of [1, 2]) {
  test(`with ${cores} core${cores === 1 ? "" : "s"}, who is waited for needs them`, () => {
    const { poll, call } = setUp(cores);
    for (let index = 0; index < 100; index += 1) call(0.1);
    assert.equal(poll.isPolling, false);
  });
}
