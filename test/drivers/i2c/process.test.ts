/** The module as a supervisor starts it, on a machine without the hardware. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../src/base/package-root.js";
import { openChannel } from "../../../src/proto/channel.js";
import { createClient } from "../../../src/proto/client.js";
import { ModuleServiceDefinition } from "../../../src/proto/gen/viam/module/v1/module.js";
import { eventually } from "../../support/eventually.js";
import { tempFolder } from "../../support/temp-folder.js";

const folder = path.join(packageRoot(), "drivers/i2c");

test("offers what meta.json says, names the bus that is not there, and ends on SIGTERM with code 0", async (t) => {
  const address = path.join(tempFolder(t), "s.sock");
  const child = spawn(path.join(folder, "run.sh"), [address], { stdio: ["ignore", "inherit", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const channel = openChannel(address);
  t.after(() => channel.close());
  const module = createClient(ModuleServiceDefinition, channel);
  const request = { parentAddress: "", rawParentAddress: "", webrtcOffer: "" };
  const { handlermap } = await eventually("the module answers", async () => await module.ready(request, { timeout: 2000 }));
  const offered = (handlermap?.handlers ?? []).flatMap(({ models }) => models);
  const meta = JSON.parse(await readFile(path.join(folder, "meta.json"), "utf8"));
  assert.deepEqual(offered.toSorted(), meta.models.map(({ model }: Record<string, string>) => model).toSorted());

  const { models } = meta as { models: readonly Record<"api" | "model", string>[] };
  // Each settles by itself; the supervisor tries again later.
  for (const { api, model } of models) {
    const [namespace = "", , type = ""] = api.split(":");
    const rest = { dependsOn: [], serviceConfigs: [], attributes: attributesOf(model) };
    const config = { name: model, namespace, type, api, model, ...rest };
    const expected = model.endsWith("ds18b20") ? /1-Wire device 28-000005e2fdc3/ : /^\S+ on i2c-250 address 0x\d\d: there is no such bus/;
    await assert.rejects(module.addResource({ config, dependencies: [] }, { timeout: 5000 }), messageLike(expected), model);
  }

  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

function attributesOf(model: string): Record<string, unknown> {
  if (model.endsWith("ds18b20")) return { unique_id: "28-000005e2fdc3" };
  if (model.toLowerCase().endsWith("as5048")) return { connection_type: "i2c", i2c_attributes: { i2c_bus: 250, i2c_addr: 0x40 } };
  return { i2c_bus: "250", ...(model.endsWith("servo") && { channel: 1 }) };
}

function messageLike(expected: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Error && expected.test(error.message);
}
