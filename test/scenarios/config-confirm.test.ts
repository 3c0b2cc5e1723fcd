import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../support/eventually.js";
import { runCli } from "../support/run-cli.js";
import { startDaemon } from "../support/start-daemon.js";
import { controlOf } from "./support/control.js";
import { machineOf, sensorsIn, startAgain, textWith } from "./support/machines.js";

const LATER = 600_000n;

test("a config applied with a time for its confirmation goes back by itself", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("old") });
  const control = controlOf(t, daemon);
  const before = readFileSync(daemon.configPath, "utf8");
  const answer = await control.applyConfig(
    { text: textWith(daemon, "new"), who: "ann", force: false, confirmWithinMs: 1000n },
    { timeout: 20_000 },
  );
  assert.equal(answer.applied, true);
  assert.match(answer.summary, /added new; removed old/);
  assert.deepEqual(sensorsIn(readFileSync(daemon.configPath, "utf8")), ["new"]);
  await daemon.untilReady(["old"]);
  assert.equal(readFileSync(daemon.configPath, "utf8"), before);
  assert.ok((await control.kinds()).includes("config-went-back"));
  assert.deepEqual(
    (
      await eventually("three generations", async () => {
        const entries = await control.history();
        return entries.length === 3 && entries;
      })
    ).map(({ via, who }) => `${via} ${who}`),
    ["start ", "apply ann", "unconfirmed "],
  );
  await daemon.stop();
});

test("a confirmed config stays, and no config can be confirmed twice", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("old") });
  const control = controlOf(t, daemon);
  await control.applyConfig({ text: textWith(daemon, "new"), who: "", force: false, confirmWithinMs: LATER }, { timeout: 20_000 });
  assert.ok(((await daemon.report()).config?.confirmRemainingMs ?? 0n) > 0n);
  assert.equal((await control.confirmConfig({ who: "ann" }, { timeout: 5000 })).generation, 2n);
  assert.equal((await daemon.report()).config?.confirmRemainingMs, 0n);
  await assert.rejects(control.confirmConfig({ who: "" }, { timeout: 5000 }), /no config waits for a confirmation/);
  await daemon.stop();
  const again = await startAgain(t, daemon);
  await again.untilReady(["new"]);
  await again.stop();
});

test("a supervisor killed before the confirmation goes on waiting for it after its restart", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("old") });
  await controlOf(t, daemon).applyConfig(
    { text: textWith(daemon, "new"), who: "", force: false, confirmWithinMs: LATER },
    { timeout: 20_000 },
  );
  await daemon.kill();
  const again = await startAgain(t, daemon);
  await again.untilReady(["new"]);
  const remaining = (await again.report()).config?.confirmRemainingMs ?? 0n;
  assert.ok(remaining > 0n && remaining < LATER);
  await controlOf(t, again).confirmConfig({ who: "" }, { timeout: 5000 });
  await again.stop();
});

test("a supervisor killed before the confirmation is back with the old config when the time is over", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("old") });
  const before = readFileSync(daemon.configPath, "utf8");
  await controlOf(t, daemon).applyConfig(
    { text: textWith(daemon, "new"), who: "", force: false, confirmWithinMs: 1000n },
    { timeout: 20_000 },
  );
  await daemon.kill();
  const again = await startAgain(t, daemon);
  await again.untilReady(["old"]);
  assert.equal(readFileSync(daemon.configPath, "utf8"), before);
  await eventually("the event", async () => (await controlOf(t, again).kinds()).includes("config-went-back"));
  await again.stop();
});

test("an edit by hand settles the question: nothing is taken back", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("old") });
  const control = controlOf(t, daemon);
  await control.applyConfig({ text: textWith(daemon, "new"), who: "", force: false, confirmWithinMs: LATER }, { timeout: 20_000 });
  daemon.writeConfig(machineOf("mine"));
  await daemon.untilReady(["mine"]);
  assert.equal((await daemon.report()).config?.confirmRemainingMs, 0n);
  assert.ok((await control.kinds()).includes("config-confirmation-void"));
  await daemon.stop();
});

test("the command line refuses a config with errors, applies it with --force, and tells what got worse", async (t) => {
  const daemon = await startDaemon(t, { config: machineOf("a", "b") });
  const { home } = daemon;
  const broken = textWith(daemon, "a", "b").replace('"pinion:simulated:sensor"', "7");
  const refused = await runCli(["config", "apply", "-", "--home", home], { input: broken });
  assert.equal(refused.exitCode, 1);
  assert.match(refused.out, /^-:\d+:\d+: error: components\[0\]\.model: /m);
  assert.match(refused.err, /not applied: 1 error/);
  const forced = await runCli(["config", "apply", "-", "--force", "--home", home], { input: broken, env: { USER: "ann" } });
  assert.equal(forced.exitCode, 0, forced.err);
  assert.match((await runCli(["config", "history", "--home", home])).out, /pinion config apply +ann/);
  const lost = textWith(daemon, "a", "c")
    .replace('"pinion:simulated:sensor"', '"acme:no:such"')
    .replace('"c"', '"c", "depends_on": ["nobody"]');
  const worse = await runCli(["config", "apply", "-", "--confirm-within", "10m", "--home", home], { input: lost });
  assert.match(worse.out, /sensor\/c is \w+: .*nobody/);
  assert.match(worse.out, /goes back in 10m unless confirmed/);
  const rolled = await runCli(["config", "rollback", "1", "--home", home]);
  assert.match(rolled.out, /generation 4 is in force/);
  await daemon.untilReady(["a", "b"]);
  assert.match((await runCli(["config", "diff", "3", "--home", home])).out, /^\+.*"pinion:simulated:sensor"/m);
  assert.deepEqual(sensorsIn((await runCli(["config", "show", "3", "--home", home])).out), ["a", "c"]);
  assert.match((await runCli(["config", "rollback", "99", "--home", home])).err, /generation 99/);
  await daemon.stop();
});
