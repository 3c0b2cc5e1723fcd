import assert from "node:assert/strict";
import { test } from "node:test";
import { addOwnDescriptors, DescriptorIndex } from "../../src/proto/descriptor-index.js";
import { knownMethodOfPath, knownServiceNamed, knownServiceOfApi, knownServices } from "../../src/proto/known-services.js";

test("finds services by API and by name", () => {
  assert.equal(knownServiceOfApi("rdk:component:movement_sensor")?.service, "viam.component.movementsensor.v1.MovementSensorService");
  assert.equal(knownServiceNamed("viam.service.vision.v1.VisionService")?.api, "rdk:service:vision");
  assert.equal(knownServiceOfApi("acme:component:gizmo"), undefined);
});

test("knows the 19 safety-monitored methods", () => {
  const monitored = knownServices().flatMap(({ api, methods }) =>
    [...methods.values()].filter(({ isSafetyMonitored }) => isSafetyMonitored).map(({ name }) => `${api}/${name}`),
  );
  assert.equal(monitored.length, 19);
  assert.ok(monitored.includes("rdk:component:motor/SetRPM"));
  assert.ok(!monitored.includes("rdk:component:motor/Stop"));
});

test("knows which methods stream and where the name stands", () => {
  assert.equal(knownMethodOfPath("/viam.component.board.v1.BoardService/StreamTicks")?.kind, "server-stream");
  assert.equal(knownMethodOfPath("/viam.service.shell.v1.ShellService/Shell")?.kind, "bidi-stream");
  assert.equal(knownMethodOfPath("/viam.component.audioout.v1.AudioOutService/PlayStream")?.nameAt, "field-1.1");
  const nested = knownServices().flatMap(({ methods }) => [...methods.values()].filter(({ nameAt }) => nameAt === "field-1.1"));
  assert.deepEqual(nested.map(({ name }) => name).toSorted(), ["CopyFilesFromMachine", "CopyFilesToMachine", "PlayStream"]);
});

test("knows the actuators by their Stop method", () => {
  const actuators = knownServices()
    .filter(({ hasStop }) => hasStop)
    .map(({ api }) => api.split(":")[2]);
  assert.deepEqual(actuators.toSorted(), ["arm", "base", "gantry", "gripper", "motor", "servo"]);
});

test("agrees with the descriptors of the APIs that have .proto files here", async () => {
  const index = new DescriptorIndex();
  await addOwnDescriptors(index);
  let compared = 0;
  for (const { service, methods } of knownServices()) {
    const file = index.fileOfSymbol(service);
    if (file === undefined) continue;
    const described = file.symbols.filter((symbol) => symbol.startsWith(`${service}.`)).map((symbol) => symbol.slice(service.length + 1));
    assert.deepEqual(described.toSorted(), [...methods.keys()].toSorted(), service);
    compared += 1;
  }
  assert.equal(compared, 12);
});
