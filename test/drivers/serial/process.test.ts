/** The module as a supervisor starts it, on a machine without the devices. */
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

const folder = path.join(packageRoot(), "drivers/serial");

test("offers what meta.json says, names the port that is not there, and ends on SIGTERM with code 0", async (t) => {
  const address = path.join(tempFolder(t), "s.sock");
  const child = spawn(path.join(folder, "run.sh"), [address], { stdio: ["ignore", "inherit", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const channel = openChannel(address);
  t.after(() => channel.close());
  const module = createClient(ModuleServiceDefinition, channel);
  const request = { parentAddress: "", rawParentAddress: "", webrtcOffer: "" };
  const { handlermap } = await eventually("the module answers", async () => await module.ready(request, { timeout: 2000 }));
  const offered = (handlermap?.handlers ?? []).flatMap(({ subtype, models }) => {
    const { namespace, type, subtype: name } = subtype?.subtype ?? { namespace: "", type: "", subtype: "" };
    return models.map((model) => `${namespace}:${type}:${name} ${model}`);
  });
  const meta = JSON.parse(await readFile(path.join(folder, "meta.json"), "utf8"));
  assert.deepEqual(offered.toSorted(), meta.models.map(({ api, model }: Record<string, string>) => `${api} ${model}`).toSorted());

  const { models } = meta as { models: readonly Record<"api" | "model", string>[] };
  // Each settles by itself; the supervisor tries again later.
  for (const { api, model } of models) {
    const [namespace = "", , type = ""] = api.split(":");
    const rest = { dependsOn: [], serviceConfigs: [], attributes: attributesOf(model) };
    const config = { name: model, namespace, type, api, model, ...rest };
    await assert.rejects(
      module.addResource({ config, dependencies: [] }, { timeout: 5000 }),
      /attributes\.(serial_attributes\.)?serial_path: serial port \/dev\/pinion-none is not there/,
      model,
    );
  }

  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

function attributesOf(model: string): Record<string, unknown> {
  const serial_path = "/dev/pinion-none";
  if (model.includes("nmea")) return { connection_type: "serial", serial_attributes: { serial_path } };
  if (model.endsWith("roboclaw")) return { serial_path, motor_channel: 1 };
  return model.includes("wit") ? { serial_path } : { serial_path, id: 1 };
}
