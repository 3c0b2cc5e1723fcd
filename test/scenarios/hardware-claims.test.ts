import assert from "node:assert/strict";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "../../src/base/json.js";
import type { ResourceReport } from "../../src/proto/gen/pinion/control/v1/control.js";
import { fixtureProgram } from "../module/module-harness.js";
import { eventually } from "../support/eventually.js";
import { runCli } from "../support/run-cli.js";
import { type Daemon, startDaemon } from "../support/start-daemon.js";
import { tempFolder } from "../support/temp-folder.js";

const pin = (name: string): JsonObject => ({ claims: [{ kind: "pin", board: "local", pin: name }] });

function sensor(name: string, module: string, hardware: JsonObject): JsonObject {
  return { name, api: "rdk:component:sensor", model: `acme:demo:${module}`, attributes: { hardware } };
}

function modules(t: TestContext, ...names: readonly string[]): readonly JsonObject[] {
  const programs = tempFolder(t);
  return names.map((name) => ({
    name,
    type: "local",
    executable_path: fixtureProgram(path.join(programs, name), "claims-hardware"),
    env: { FIXTURE_MODEL: `acme:demo:${name}` },
  }));
}

async function resource(daemon: Daemon, name: string): Promise<ResourceReport> {
  const found = (await daemon.report()).resources.find((candidate) => candidate.name.endsWith(`/${name}`));
  assert.ok(found, name);
  return found;
}

test("a pin that two resources of two modules claim: one has it, the other says whose it is, and is built when it is free", async (t) => {
  const two = modules(t, "one", "two");
  const left = sensor("left", "one", pin("11"));
  const right = sensor("right", "two", pin("11"));
  const daemon = await startDaemon(t, { config: { modules: two, components: [left] } });
  await daemon.untilReady(["left"]);
  daemon.writeConfig({ modules: two, components: [right, left] });
  const refused = await eventually("the refusal", async () => {
    const report = await resource(daemon, "right");
    return report.error === "" ? false : report;
  });
  assert.equal(refused.state, "unhealthy");
  assert.match(refused.error, /^needs pin "11" of board "local", but rdk:component:sensor\/left has it; give one of the two another/);
  assert.equal((await resource(daemon, "left")).state, "ready");
  const why = await runCli(["status", "--why", "right", "--home", daemon.home]);
  assert.match(why.out, /right \(rdk:component:sensor\) is unhealthy .*: needs pin "11" .* rdk:component:sensor\/left has it/);
  const listing = JSON.parse((await runCli(["hardware", "--json", "--home", daemon.home])).out);
  assert.deepEqual(
    listing.claimed.map(({ item, owner }: { item: string; owner: unknown }) => [item, owner]),
    [['pin "11" of board "local"', { resource: "rdk:component:sensor/left" }]],
  );
  assert.equal(listing.refused[0].owner.resource, "rdk:component:sensor/right");
  daemon.writeConfig({ modules: two, components: [right] });
  await daemon.untilReady(["right"]);
  assert.equal(await daemon.stop(), 0);
});

test("two resources swap pins in one change of the config", async (t) => {
  const two = modules(t, "one", "two");
  const config = (a: string, b: string): JsonObject => ({
    modules: two,
    components: [sensor("a", "one", pin(a)), sensor("b", "two", pin(b))],
  });
  const daemon = await startDaemon(t, { config: config("11", "13") });
  await daemon.untilReady(["a", "b"]);
  daemon.writeConfig(config("13", "11"));
  await eventually("both with the other's pin", async () => {
    const { out } = await runCli(["hardware", "--json", "--home", daemon.home]);
    const claimed: readonly { item: string; owner: { resource: string } }[] = JSON.parse(out).claimed;
    const owner = (item: string): string | undefined => claimed.find((claim) => claim.item.includes(item))?.owner.resource;
    return owner('"13"')?.endsWith("/a") === true && owner('"11"')?.endsWith("/b") === true;
  });
  await daemon.untilReady(["a", "b"]);
  assert.doesNotMatch(daemon.logs(), /resource (failed|waits)/);
  assert.equal(await daemon.stop(), 0);
});

test("what a module says of hardware is checked: nonsense is refused with its place", async (t) => {
  const [one] = modules(t, "one");
  assert.ok(one);
  const bad = sensor("bad", "one", { claims: [{ kind: "i2c", bus: 1, address: 200 }] });
  const daemon = await startDaemon(t, { config: { modules: [one], components: [bad] } });
  const { error } = await eventually("the refusal", async () => {
    const report = await resource(daemon, "bad");
    return report.error === "" ? false : report;
  });
  assert.match(error, /module "one" on rdk:component:sensor\/bad: .*hardware\.claims\[0\]\.address: expected 7 bits, got 0xc8/);
  await daemon.stop();
});
