import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startDaemon } from "../support/start-daemon.js";
import { controlOf } from "./support/control.js";
import { machineOf, sensorsIn, startAgain, textWith } from "./support/machines.js";

const ROUNDS = 8;

test("a supervisor killed at any moment of a change has the old config or the new one, and what it acknowledged", async (t) => {
  let daemon = await startDaemon(t, { config: machineOf("s0") });
  await daemon.untilReady(["s0"]);
  let inForce = "s0";
  for (let round = 1; round <= ROUNDS; round += 1) {
    const wanted = `s${round}`;
    const request = { text: textWith(daemon, wanted), who: "", force: false, confirmWithinMs: 0n };
    const acknowledged = controlOf(t, daemon)
      .applyConfig(request, { timeout: 20_000 })
      .then(
        ({ generation }) => Number(generation),
        () => undefined, // killed before it could answer
      );
    // From before the first byte is written until after the answer.
    await delay((round - 1) * 4);
    await daemon.kill();
    const generation = await acknowledged;
    daemon = await startAgain(t, daemon);
    const [found = ""] = sensorsIn(readFileSync(daemon.configPath, "utf8"));
    assert.ok(found === wanted || (found === inForce && generation === undefined), `${found} after ${inForce} -> ${wanted}`);
    await daemon.untilReady([found]);
    if (generation !== undefined) {
      const entries = await controlOf(t, daemon).history();
      assert.ok(entries.some((entry) => Number(entry.generation) === generation && entry.sha256 !== ""));
    }
    inForce = found;
  }
  await daemon.stop();
});
