import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { eventually } from "../support/eventually.js";
import { fixtureProgram, type Harness, moduleConfig, moduleHarness } from "./module-harness.js";

function archive(harness: Harness, name: string, meta: object, fill: (folder: string) => void = () => undefined): string {
  const folder = path.join(harness.home, `${name}-content`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "meta.json"), JSON.stringify(meta));
  fixtureProgram(path.join(folder, "bin"), "well-behaved");
  fill(folder);
  const file = path.join(harness.home, `${name}.tar.gz`);
  execFileSync("tar", ["-czf", file, "-C", folder, "."]);
  return file;
}

test("unpacks a module that is an archive, and again when the archive changed", async (t) => {
  const harness = moduleHarness(t);
  const config = moduleConfig("m", archive(harness, "m", { entrypoint: "bin/run.sh" }));
  harness.apply(config);
  await harness.reaches("m", "ready");
  const folder = path.join(harness.home, "packages-local", "data", "module");
  const before = readdirSync(folder);
  assert.match(before.join(), /^synthetic-m-[0-9a-f]{16}$/);
  archive(harness, "m", { entrypoint: "bin/run.sh", version: "2" });
  await harness.manager.restart("m");
  await eventually("ready again", () => harness.manager.status("m")?.state === "ready");
  assert.equal(readdirSync(folder).length, 1);
  assert.notDeepEqual(readdirSync(folder), before);
});

test("refuses an archive without entrypoint, one with links that lead out, and what is no archive", async (t) => {
  const harness = moduleHarness(t);
  const plain = archive(harness, "plain", {});
  const links = archive(harness, "links", { entrypoint: "bin/run.sh" }, (folder) => symlinkSync("../../../etc", path.join(folder, "out")));
  const broken = path.join(harness.home, "broken.tgz");
  writeFileSync(broken, "no archive");
  harness.apply(moduleConfig("plain", plain), moduleConfig("links", links), moduleConfig("broken", broken));
  const message = async (name: string): Promise<string> => (await harness.reaches(name, "backoff")).lastFailure?.message ?? "";
  assert.equal(await message("plain"), `module "plain": expected a meta.json with an "entrypoint" in ${plain}, found none`);
  assert.match(await message("links"), /expected links that stay inside, got out -> \.\.\/\.\.\/\.\.\/etc/);
  assert.match(await message("broken"), /broken\.tgz could not be unpacked: tar: /);
});
