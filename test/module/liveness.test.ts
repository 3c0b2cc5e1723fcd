import assert from "node:assert/strict";
import { test } from "node:test";
import { type Millis, millis } from "../../src/base/millis.js";
import { Liveness, type ProbeResult } from "../../src/module/liveness.js";
import { FakeClock } from "../support/fake-clock.js";

// Nothing of this machine is at work under it, so only probes and calls count.
const NO_PROCESS = 2 ** 22 + 1;

class Module {
  readonly clock = new FakeClock();
  readonly hung: string[] = [];
  probes = 0;
  answer: ProbeResult | "never" = "answered";
  /** When the call in flight began. */
  callAt: number | undefined;
  #release: (() => void)[] = [];
  readonly liveness = new Liveness({
    pid: NO_PROCESS,
    clock: this.clock,
    probe: () => {
      this.probes += 1;
      const { answer } = this;
      if (answer !== "never") return Promise.resolve(answer);
      return new Promise((resolve) => this.#release.push(() => resolve("answered")));
    },
    isBusySince: (at: Millis) => this.callAt !== undefined && this.callAt <= at,
    onHung: (why) => this.hung.push(why),
  });

  comeBack(): void {
    for (const release of this.#release) release();
    this.answer = "answered";
  }
}

test("asks a module that answers once a second, for ever", async () => {
  const module = new Module();
  await module.clock.advance(60_000);
  assert.equal(module.probes, 60);
  assert.deepEqual(module.hung, []);
  module.liveness.end();
  assert.equal(module.clock.timers, 0);
});

test("finds a module that does not answer hung within three seconds, and says so once", async () => {
  const module = new Module();
  await module.clock.advance(5000);
  module.answer = "never";
  await module.clock.advance(3000);
  assert.equal(module.hung.length, 1);
  assert.match(module.hung[0] ?? "", /^it did not answer for /);
  await module.clock.advance(60_000);
  assert.equal(module.hung.length, 1);
  assert.equal(module.clock.timers, 0);
});

test("excuses the silence as long as a call is in flight that began before it, and for a moment after", async () => {
  const module = new Module();
  module.callAt = module.clock.now();
  module.answer = "never";
  await module.clock.advance(60_000);
  assert.deepEqual(module.hung, []);
  module.callAt = undefined;
  await module.clock.advance(1000);
  assert.deepEqual(module.hung, []);
  module.comeBack();
  await module.clock.advance(60_000);
  assert.deepEqual(module.hung, []);
});

test("does not excuse the silence by calls that began after it", async () => {
  const module = new Module();
  await module.clock.advance(5000);
  module.answer = "never";
  await module.clock.advance(1500);
  module.callAt = millis(module.clock.now());
  await module.clock.advance(1500);
  assert.equal(module.hung.length, 1);
});

test("finds a module hung that takes no connections for a second", async () => {
  const module = new Module();
  await module.clock.advance(5000);
  module.answer = "unreachable";
  await module.clock.advance(1100);
  assert.deepEqual(module.hung, []);
  await module.clock.advance(1500);
  assert.deepEqual(module.hung, ["its process lives but takes no connections any more"]);
});
