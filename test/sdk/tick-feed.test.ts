/** The feed of ticks that authors of boards have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Tick, TickFeed } from "pinion/sdk";

function tick(time: number): Tick {
  return { pin: "button", isHigh: true, time: BigInt(time) };
}

async function timesOf(feed: TickFeed): Promise<readonly bigint[]> {
  const times: bigint[] = [];
  for await (const { time } of feed) times.push(time);
  return times;
}

test("tells ticks in their order, those that came before its end too", async () => {
  let ends = 0;
  const feed = new TickFeed({ onEnd: () => ends++ });
  const first = feed.next();
  const second = feed.next();
  for (const time of [1, 2, 3, 4]) feed.push(tick(time));
  assert.deepEqual([(await first).value, (await second).value], [tick(1), tick(2)]);
  feed.end();
  feed.push(tick(5));
  assert.deepEqual(await timesOf(feed), [3n, 4n]);
  assert.equal(ends, 1);
});

test("ends with the caller's signal, or when its reader goes", async () => {
  const ended: string[] = [];
  const caller = new AbortController();
  const aborted = new TickFeed({ signal: caller.signal, onEnd: () => ended.push("aborted") });
  const waiting = aborted.next();
  caller.abort();
  assert.equal((await waiting).done, true);
  const left = new TickFeed({ onEnd: () => ended.push("left") });
  left.push(tick(1));
  left.push(tick(2));
  for await (const { time } of left) {
    assert.equal(time, 1n);
    break;
  }
  assert.deepEqual(await timesOf(left), [], "nothing is kept for a reader that has gone");
  assert.deepEqual(ended, ["aborted", "left"]);
  assert.throws(() => new TickFeed({ signal: caller.signal, onEnd: () => ended.push("never") }), { name: "AbortError" });
  assert.deepEqual(ended, ["aborted", "left"]);
});

test("a reader that is too slow loses the oldest ticks, and its board hears of it once", async () => {
  let warnings = 0;
  const feed = new TickFeed({ onEnd: () => undefined, onSlow: () => warnings++ });
  for (let time = 1; time <= 10_000; time++) feed.push(tick(time));
  feed.end();
  const times = await timesOf(feed);
  assert.equal(times.at(-1), 10_000n);
  assert.ok(times.length >= 2048 && times.length <= 4096);
  assert.ok(times.every((time, index) => time === (times[0] ?? 0n) + BigInt(index)));
  assert.equal(warnings, 1);
});
