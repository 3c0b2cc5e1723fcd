/** The guide for module authors, src/sdk/README.md: its code is what lies in test/fixtures/sdk/guide, and what it says to type works. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/base/package-root.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ModuleServiceDefinition } from "../../src/proto/gen/viam/module/v1/module.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

const root = packageRoot();
const fixtures = path.join(root, "test/fixtures/sdk/guide");
const readme = await readFile(path.join(root, "src/sdk/README.md"), "utf8");

/** Code blocks with a file name above them. */
const files = new Map(
  [...readme.matchAll(/^\*\*([\w./-]+)\*\*.*\n\n```\w+\n([\s\S]*?)^```/gm)].map(([, name = "", text = ""]) => [name, text]),
);

test("the guide shows the files that are compiled and tested", async () => {
  for (const name of await readdir(fixtures)) {
    const shown = files.get(name.endsWith(".ts") ? `src/${name}` : name);
    assert.equal(shown, await readFile(path.join(fixtures, name), "utf8"), `${name} in src/sdk/README.md`);
  }
  const code = [...readme.matchAll(/^```ts/gm)].length;
  assert.equal(
    code,
    [...files.keys()].filter((name) => name.endsWith(".ts")).length,
    "every block of TypeScript has its file's name above it",
  );
});

test("the custom API of the guide works in all four kinds of calls", async (t) => {
  await cp(path.join(fixtures, "melody.proto"), path.join(import.meta.dirname, "../fixtures/sdk/melody.proto"));
  const { startTestModule } = await import("pinion/sdk/testing");
  const { melody } = await import("../fixtures/sdk/guide/melody.js");
  const { singer } = await import("../fixtures/sdk/guide/singer.js");
  const module = await startTestModule({ models: [singer] }, t);
  const tenor = await module.add({ api: melody, model: "acme:demo:singer", name: "tenor" });
  const notes = [440, 880].map((frequencyHz) => ({ frequencyHz, durationNs: 2n ** 60n }));
  async function* requests() {
    for (const note of notes) yield { note };
  }
  assert.deepEqual(await tenor.play({ notes }), { durationNs: 2n ** 61n });
  assert.deepEqual(await collect(tenor.listen({})), notes);
  assert.deepEqual(await tenor.record(requests()), { count: 2 });
  assert.deepEqual(await collect(tenor.echo(requests())), notes);
});

test("the guide's command makes one file that runs without node_modules, by the guide's script", async (t) => {
  const temp = tempFolder(t);
  const command = /^npx esbuild (.*)$/m.exec(readme)?.[1]?.replace("src/main.ts", path.join(fixtures, "main.ts")) ?? "";
  execFileSync("/bin/sh", ["-c", `${path.join(root, "node_modules/.bin/esbuild")} ${command} --log-level=error`], { cwd: temp });
  await cp(path.join(fixtures, "melody.proto"), path.join(temp, "melody.proto"));
  await cp(path.join(root, "src/proto/viam/common/v1"), path.join(temp, "viam/common/v1"), { recursive: true });
  await writeFile(path.join(temp, "package.json"), '{ "type": "module" }');
  await writeFile(path.join(temp, "run.sh"), files.get("run.sh") ?? "", { mode: 0o755 });
  const socket = path.join(temp, "module.sock");
  const child = spawn(path.join(temp, "run.sh"), [socket], { stdio: ["ignore", "ignore", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const channel = openChannel(socket);
  t.after(() => channel.close());
  const module = createClient(ModuleServiceDefinition, channel);
  const request = { parentAddress: "", rawParentAddress: "", webrtcOffer: "" };
  const { handlermap } = await eventually("the module answers", async () => await module.ready(request, { timeout: 2000 }));
  const models = handlermap?.handlers.flatMap((handler) => handler.models) ?? [];
  const meta = JSON.parse(files.get("meta.json") ?? "");
  assert.deepEqual(models.toSorted(), meta.models.map(({ model }: Record<string, string>) => model).toSorted());
  for (const { api, model } of meta.models) {
    if (model === "acme:demo:fan") continue; // needs a motor
    const config = { name: "r", namespace: "", type: "", api, model, dependsOn: [], serviceConfigs: [] };
    await module.addResource({ config, dependencies: [] }, { timeout: 5000 });
  }
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
