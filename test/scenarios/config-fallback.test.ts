import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../support/eventually.js";
import { startDaemon } from "../support/start-daemon.js";
import { controlOf } from "./support/control.js";
import { machineOf, startAgain, textWith } from "./support/machines.js";

test("a file that is broken at the start is replaced by the last good config until it is mended, and stays as it is", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("good") });
  await daemon.stop();
  const good = readFileSync(daemon.configPath, "utf8");
  writeFileSync(daemon.configPath, "{ nonsense");
  const again = await startAgain(t, daemon);
  await again.untilReady(["good"]);
  const { config } = await again.report();
  assert.equal(config?.source, "last-known-good");
  assert.match(config?.reason ?? "", /the file cannot be used: line 1/);
  assert.equal(readFileSync(daemon.configPath, "utf8"), "{ nonsense");
  await eventually("the event", async () => (await controlOf(t, again).kinds()).includes("config-fallback"));
  writeFileSync(daemon.configPath, good);
  await eventually("the file's config", async () => (await again.report()).config?.source === "file");
  await again.stop();
});

test("a config with which the supervisor ends three times soon after its start is given up for the last good one", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("good") });
  await daemon.stop();
  const text = textWith(daemon, "deadly");
  writeFileSync(daemon.configPath, text);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const tried = await startAgain(t, daemon);
    await tried.untilReady(["deadly"]);
    await tried.kill();
  }
  const again = await startAgain(t, daemon);
  await again.untilReady(["good"]);
  const { config } = await again.report();
  assert.equal(config?.source, "last-known-good");
  assert.match(config?.reason ?? "", /ended 3 times without order/);
  assert.equal(readFileSync(daemon.configPath, "utf8"), text, "the file is the user's");
  const control = controlOf(t, again);
  const kinds = await control.kinds();
  assert.ok(kinds.includes("supervisor-unclean-end") && kinds.includes("config-fallback"));
  await again.stop();

  const still = await startAgain(t, daemon);
  await still.untilReady(["good"]);
  await controlOf(t, still).reload({ who: "" }, { timeout: 10_000 });
  await still.untilReady(["deadly"]);
  assert.equal((await still.report()).config?.source, "file");
  await still.stop();
});

test("power cuts do not take back a config that was good before", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("older") });
  daemon.writeConfig(machineOf("good"));
  await daemon.untilReady(["good"]);
  await daemon.stop();
  for (let cut = 1; cut <= 4; cut += 1) {
    const again = await startAgain(t, daemon);
    await again.untilReady(["good"]);
    await again.kill();
  }
});

test("an edit by hand that breaks a resource is shown and not undone, at no start", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a", "b") });
  const broken = textWith(daemon, "a", "b").replace('"pinion:simulated:sensor"', '"acme:no:such"');
  writeFileSync(daemon.configPath, broken);
  await eventually("the edit's effect", async () => (await daemon.report()).resources.some(({ notice }) => notice !== ""));
  await daemon.stop();
  for (let start = 1; start <= 2; start += 1) {
    const again = await startAgain(t, daemon);
    await again.untilReady(["b"]);
    assert.equal((await again.report()).config?.source, "file");
    await again.stop();
  }
  assert.equal(readFileSync(daemon.configPath, "utf8"), broken);
});
