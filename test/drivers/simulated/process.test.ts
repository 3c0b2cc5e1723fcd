/** The module as a supervisor starts it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { packageRoot } from "../../../src/base/package-root.js";
import { openChannel } from "../../../src/proto/channel.js";
import { createClient } from "../../../src/proto/client.js";
import { ModuleServiceDefinition, type ReadyResponse } from "../../../src/proto/gen/viam/module/v1/module.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";

const folder = path.join(packageRoot(), "drivers/simulated");

function start(t: TestContext, script: string, address: string, cwd: string): ChildProcess {
  const child = spawn(script, [address, "--log-level=info"], { cwd, stdio: ["ignore", "inherit", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function handshake(t: TestContext, address: string): Promise<ReadyResponse> {
  const channel = openChannel(address);
  t.after(() => channel.close());
  const module = createClient(ModuleServiceDefinition, channel);
  const request = { parentAddress: "", rawParentAddress: "", webrtcOffer: "" };
  return await eventually("the module answers", async () => await module.ready(request, { timeout: 2000 }));
}

test("starts through a symlink from any folder, offers what meta.json says, and ends on SIGTERM with code 0", async (t) => {
  const temp = tempFolder(t);
  await symlink(path.join(folder, "run.sh"), path.join(temp, "absolute"));
  await symlink("absolute", path.join(temp, "relative"));
  const child = start(t, path.join(temp, "relative"), path.join(temp, "s.sock"), "/");
  const { ready, handlermap } = await handshake(t, path.join(temp, "s.sock"));
  assert.equal(ready, true);
  const offered = (handlermap?.handlers ?? []).flatMap(({ subtype, models }) => {
    const { namespace, type, subtype: name } = subtype?.subtype ?? { namespace: "", type: "", subtype: "" };
    return models.map((model) => `${namespace}:${type}:${name} ${model}`);
  });
  const meta = JSON.parse(await readFile(path.join(folder, "meta.json"), "utf8"));
  assert.deepEqual(offered.toSorted(), meta.models.map(({ api, model }: Record<string, string>) => `${api} ${model}`).toSorted());
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("the bundle is what run.sh starts, through a code cache that was made under the same flags", async (t) => {
  const cache = path.join(packageRoot(), `dist/drivers/simulated/module.${process.version}.cache`);
  if (!existsSync(cache)) return t.skip(`the build was made by another Node.js than ${process.version}`);
  const text = await readFile(path.join(folder, "run.sh"), "utf8");
  const flags = /^exec node (.*) "\$main"/m.exec(text)?.[1]?.split(" ") ?? [];
  const bundle = path.join(packageRoot(), "dist/drivers/simulated/module.cjs");
  const code = `process.argv[2] = process.argv[1]; console.log(require(${JSON.stringify(bundle)}).script.cachedDataRejected); process.exit();`;
  const child = spawn(process.execPath, [...flags, "-e", code, path.join(tempFolder(t), "s.sock")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  await once(child, "close");
  assert.equal(output, "false\n");
});

test("a packed bundle needs nothing but its folder", async (t) => {
  const temp = tempFolder(t);
  for (const file of ["module.cjs", "module.bundle.cjs", "proto"])
    await cp(path.join(packageRoot(), "dist/drivers/simulated", file), path.join(temp, file), { recursive: true });
  await cp(path.join(folder, "run.sh"), path.join(temp, "run.sh"));
  start(t, path.join(temp, "run.sh"), path.join(temp, "s.sock"), "/");
  await handshake(t, path.join(temp, "s.sock"));
  const channel = openChannel(path.join(temp, "s.sock"));
  t.after(() => channel.close());
  const module = createClient(ModuleServiceDefinition, channel);
  const config = {
    name: "a",
    namespace: "rdk",
    type: "arm",
    api: "rdk:component:arm",
    model: "rdk:builtin:fake",
    dependsOn: [],
    serviceConfigs: [],
  };
  await module.addResource({ config, dependencies: [] }, { timeout: 5000 });
});

test("prefers the main.js beside run.sh: a packed module", async (t) => {
  const temp = tempFolder(t);
  await cp(path.join(folder, "run.sh"), path.join(temp, "run.sh"));
  await writeFile(path.join(temp, "main.js"), "process.stderr.write('packed ' + process.argv.slice(2).join(' '));");
  const child = start(t, path.join(temp, "run.sh"), "/some where/x.sock", "/");
  let text = "";
  child.stderr?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  await once(child, "close");
  assert.equal(text, "packed /some where/x.sock --log-level=info");
});

test("says what to do when nothing is built", async (t) => {
  const temp = tempFolder(t);
  await cp(path.join(folder, "run.sh"), path.join(temp, "run.sh"));
  const child = start(t, path.join(temp, "run.sh"), "x.sock", "/");
  let text = "";
  child.stderr?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  assert.deepEqual(await once(child, "close"), [1, null]);
  assert.match(text, /npm run build/);
});
