import assert from "node:assert/strict";
import test from "node:test";
import { eventually } from "../support/eventually.js";
import { fuzzConnections } from "./support/fuzz-run.js";
import { mutatedFrame, seeded } from "./support/fuzzer.js";
import { greet, startLegs } from "./support/legs.js";
import * as raw from "./support/raw-frames.js";

test("20,000 mutated frames: every connection ends by the rules or goes on, nothing is left over", async () => {
  const report = await fuzzConnections(20_000, 20_260);
  assert.deepEqual(report.mistakes, []);
  assert.equal(report.openStreams, 0);
});

test("mutated frames from clients and modules through the router leave a well-behaved client alone", async (t) => {
  const random = seeded(7);
  const legs = await startLegs(t, {
    module: (peer) => {
      greet(peer);
      peer.onFrame(({ type, id }) => {
        if (type === raw.HEADERS) for (let index = 0; index < 3; index += 1) peer.send(mutatedFrame(random, id, true));
      });
    },
  });
  const witness = await legs.client();
  for (let round = 0; round < 100; round += 1) {
    const peer = await legs.client();
    for (let index = 0; index < 30; index += 1) peer.send(mutatedFrame(random, 1 + 2 * random(20), false));
    if (round % 20 === 0) await witness.isAlive(String(round).padStart(8));
    peer.socket.end();
  }
  await witness.isAlive("the end.");
  await eventually("all calls have ended", () => legs.open() === 0);
});
