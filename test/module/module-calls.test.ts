import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { millis, seconds } from "../../src/base/millis.js";
import type { ResourceConfig } from "../../src/config/machine-config.js";
import type { ModuleCalls } from "../../src/module/module-host.js";
import type { ResourceName } from "../../src/resource/resource-name.js";
import { eventually } from "../support/eventually.js";
import { type Harness, moduleHarness, sensorConfig } from "./module-harness.js";

async function callsOf(
  t: TestContext,
  fixture: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Harness & { calls_: ModuleCalls; pid: number }> {
  const harness = moduleHarness(t);
  harness.apply(harness.module("m", fixture, { env }));
  const { pid = 0 } = await harness.reaches("m", "ready");
  const calls_ = harness.manager.calls("m");
  assert.ok(calls_);
  return { ...harness, calls_, pid };
}

const limit = seconds(5);
const named = (name: string): ResourceName => `rdk:component:sensor/${name}` as ResourceName; // a well-formed full name

test("validates, and tells required from optional dependencies without the frame system", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  const attributes = { required: ["a", "framesystem", "$framesystem"], optional: ["b", "rdk-internal:service:frame_system/$framesystem"] };
  assert.deepEqual(await calls_.validate(sensorConfig("s", attributes)), { required: ["a"], optional: ["b"] });
});

test("names resource and module when a config is invalid, without the class that Python prints", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  await assert.rejects(calls_.validate(sensorConfig("s", { invalid: "<class 'ValueError'>: pin is missing: 100 % wrong ä" })), {
    code: "RESOURCE_INVALID",
    message: 'module "m" finds the config of rdk:component:sensor/s invalid: pin is missing: 100 % wrong ä',
  });
});

test("takes a module without ValidateConfig as content with everything", async (t) => {
  const { calls_ } = await callsOf(t, "bare");
  assert.deepEqual(await calls_.validate(sensorConfig("s")), { required: [], optional: [] });
});

test("adds and removes; what is unknown counts as removed", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  await calls_.add(sensorConfig("s"), [], limit);
  await assert.rejects(calls_.add(sensorConfig("s"), [], limit), {
    code: "RESOURCE_BUILD_FAILED",
    message: 'module "m" could not build rdk:component:sensor/s: rdk:component:sensor/s is there already',
  });
  await calls_.remove(named("s"), limit);
  await calls_.remove(named("s"), limit);
  await calls_.add(sensorConfig("s"), [], limit);
});

test("a module that answers UNAVAILABLE is there: what it says of its device is the reason", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  await assert.rejects(calls_.add(sensorConfig("s", { refuse: "serial port /dev/ttyUSB0 is not there", code: 14 }), [], limit), {
    code: "RESOURCE_BUILD_FAILED",
    message: 'module "m" could not build rdk:component:sensor/s: serial port /dev/ttyUSB0 is not there',
  });
});

test("sends the whole config, with the fields that older modules read", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  const config: ResourceConfig = {
    ...sensorConfig("s", { echo: true, pin: 4, nested: { list: [1, "two", null, false] } }),
    dependsOn: ["board"],
    logLevel: "warn",
    associatedConfigs: [{ api: "rdk:service:data_manager", attributes: { capture: true } }],
    frame: {
      parent: "world",
      translation: { x: 1, y: 2, z: 3 },
      orientation: { type: "ov_degrees", value: { th: 90, x: 0, y: 0, z: 1 } },
      geometry: { type: "box", x: 10, y: 20, z: 30, translation: { z: 5 } },
    },
  };
  const error = await calls_.add(config, [named("a")], limit).catch((reason: unknown) => reason);
  const text = error instanceof Error ? error.message : "";
  const seen = JSON.parse(text.slice(text.indexOf("{")));
  assert.deepEqual(seen, {
    config: {
      name: "s",
      namespace: "rdk",
      type: "sensor",
      api: "rdk:component:sensor",
      model: "acme:demo:thing",
      attributes: { echo: true, pin: 4, nested: { list: [1, "two", null, false] } },
      dependsOn: ["board"],
      serviceConfigs: [{ type: "rdk:service:data_manager", attributes: { capture: true } }],
      logConfiguration: { level: "warn" },
      frame: {
        parent: "world",
        translation: { x: 1, y: 2, z: 3 },
        orientation: { type: { $case: "vectorDegrees", value: { theta: 90, x: 0, y: 0, z: 1 } } },
        geometry: {
          center: { x: 0, y: 0, z: 5, oX: 0, oY: 0, oZ: 1, theta: 0 },
          geometryType: { $case: "box", value: { dimsMm: { x: 10, y: 20, z: 30 } } },
          label: "",
        },
      },
    },
    dependencies: ["rdk:component:sensor/a"],
  });
});

test("tells a module that cannot reconfigure from one that refuses to", async (t) => {
  const { calls_, apply, module, reaches, manager } = await callsOf(t, "well-behaved");
  await assert.rejects(calls_.reconfigure(sensorConfig("s"), [], limit), { code: "METHOD_UNIMPLEMENTED" });
  apply(module("m2", "reconfigures"));
  await reaches("m2", "ready");
  await manager.calls("m2")?.reconfigure(sensorConfig("s"), [], limit);
  await assert.rejects(manager.calls("m2")?.reconfigure(sensorConfig("s", { refuse: "busy" }), [], limit) ?? Promise.resolve(), {
    code: "RESOURCE_BUILD_FAILED",
    message: 'module "m2" could not reconfigure rdk:component:sensor/s: busy',
  });
});

test("removes what a module built too late", async (t) => {
  const { calls_, lines } = await callsOf(t, "late-constructor");
  await assert.rejects(calls_.add(sensorConfig("s"), [], millis(100)), {
    code: "DEADLINE_EXCEEDED",
    message: 'module "m" did not finish AddResource of rdk:component:sensor/s within 100ms',
  });
  await eventually("a removal", () => lines("modmanager.m.StdOut").some((line) => line.startsWith("removed")));
});

test("limits every call to a module that hangs, and lets other calls pass", async (t) => {
  const { calls_ } = await callsOf(t, "hangs", { FIXTURE_HANGS: "addResource" });
  const hanging = calls_.add(sensorConfig("s"), [], millis(400));
  assert.deepEqual(await calls_.validate(sensorConfig("s")), { required: [], optional: [] });
  await assert.rejects(hanging, { code: "DEADLINE_EXCEEDED" });
});

test("ends calls in flight with the reason when the module dies, and counts its resources as removed", async (t) => {
  const { calls_, pid, manager } = await callsOf(t, "hangs", { FIXTURE_HANGS: "addResource,validateConfig" });
  const hanging = calls_.add(sensorConfig("s"), [], limit);
  const other = calls_.validate(sensorConfig("s"));
  setImmediate(() => process.kill(pid, "SIGKILL"));
  const gone = { code: "MODULE_NOT_READY", message: /module "m" (is not ready: its process was ended by SIGKILL|cannot be reached)/ };
  await assert.rejects(hanging, gone);
  await assert.rejects(other, gone);
  await assert.rejects(calls_.reconfigure(sensorConfig("s"), [], limit), gone);
  await calls_.remove(named("s"), limit);
  await eventually("ready again", () => manager.calls("m") !== undefined && manager.calls("m") !== calls_);
});

test("restarts a module that ends in the middle of a call", async (t) => {
  const { calls_, manager } = await callsOf(t, "crashes-on-call");
  await assert.rejects(calls_.add(sensorConfig("s"), [], limit), { code: "MODULE_NOT_READY" });
  await eventually("ready again", () => manager.status("m")?.state === "ready" && manager.status("m")?.incarnation === 2);
});

test("takes hundreds of calls at once", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  const names = Array.from({ length: 300 }, (_, index) => `s${index}`);
  await Promise.all(names.map((name) => calls_.add(sensorConfig(name), [], seconds(20))));
  await Promise.all(names.map((name) => calls_.remove(named(name), seconds(20))));
});

test("carries attributes of many megabytes", async (t) => {
  const { calls_ } = await callsOf(t, "well-behaved");
  await calls_.add(sensorConfig("s", { text: "x".repeat(20_000_000) }), [], seconds(20));
});
