/** A custom API from its .proto file, and what reflection says about it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { DescriptorIndex } from "../../src/proto/descriptor-index.js";
import { type ServerReflectionRequest, ServerReflectionDefinition as V1 } from "../../src/proto/gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionDefinition as V1Alpha } from "../../src/proto/gen/grpc/reflection/v1alpha/reflection.js";
import { defineModel, isRpcError, Status, sensor } from "../../src/sdk/index.js";
import { startTestModule } from "../../src/sdk/testing.js";
import { type Gizmo, gizmo } from "../fixtures/sdk/gizmo.js";

const maker = defineModel({
  api: gizmo,
  model: "acme:demo:gizmo",
  create: (): Gizmo => ({
    doOne: async ({ arg, big = 0n, extra }) => ({
      ret: `${arg} ${JSON.stringify(extra)}`,
      mood: "MOOD_GOOD",
      big: big + 1n,
      safePlaces: { home: { x: 1.5 } },
    }),
    doAside: async ({ place, strengthPct, noteText }) => ({ seen: `${place?.x} ${strengthPct} "${noteText}"` }),
    async *doMany({ arg }) {
      for (const letter of arg) yield { ret: letter };
    },
    doSum: async (requests) => {
      let sum = 0;
      for await (const { value } of requests) sum += value;
      return { sum };
    },
    async *doChat(requests) {
      let sum = 0;
      for await (const { value } of requests) {
        sum += value;
        yield { sum };
      }
    },
    doCommand: async (command) => ({ got: command }),
  }),
});

async function* values(...all: readonly number[]): AsyncGenerator<{ value: number }> {
  for (const value of all) yield { value };
}

test("serves and calls every kind of method", async (t) => {
  const module = await startTestModule({ models: [maker] }, t);
  const client = await module.add({ api: gizmo, model: "acme:demo:gizmo", name: "g" });
  const one = await client.doOne({ arg: "a", big: 2n ** 60n, extra: { deep: { list: [1, "x", null, true] } } });
  assert.equal(one.ret, 'a {"deep":{"list":[1,"x",null,true]}}');
  assert.equal(one.mood, "MOOD_GOOD");
  assert.equal(one.big, 2n ** 60n + 1n);
  assert.equal(one.safePlaces["home"]?.x, 1.5);
  const letters: string[] = [];
  for await (const { ret } of client.doMany({ arg: "abc" })) letters.push(ret);
  assert.deepEqual(letters, ["a", "b", "c"]);
  assert.deepEqual(await client.doSum(values(1, 2, 3)), { sum: 6 });
  const sums: number[] = [];
  for await (const { sum } of client.doChat(values(1, 2, 3))) sums.push(sum);
  assert.deepEqual(sums, [1, 3, 6]);
  assert.deepEqual(await client.doCommand({ x: 1 }), { got: { x: 1 } });
  await module.remove(gizmo, "g");
  await assert.rejects(client.doOne({ arg: "" }), (error) => isRpcError(error, Status.NOT_FOUND));
  await assert.rejects(client.doSum(values(1)), (error) => isRpcError(error, Status.NOT_FOUND));
});

test("takes the resource's name from field 1 whatever it is called, and leaves messages and optional fields undefined that were not sent", async (t) => {
  const module = await startTestModule({ models: [maker] }, t);
  const client = await module.add({ api: gizmo, model: "acme:demo:gizmo", name: "g" });
  assert.deepEqual(await client.doAside({}), { seen: 'undefined undefined ""' });
  assert.deepEqual(await client.doAside({ place: { x: 1 }, strengthPct: 0, noteText: "n" }), { seen: '1 0 "n"' });
});

test("a resource of another module may be called through a custom API", async (t) => {
  const user = defineModel({
    api: sensor,
    model: "acme:demo:user",
    validate: () => ({ required: ["far"] }),
    create: ({ dependencies }) => ({ getReadings: async () => await dependencies.get(gizmo, "far").doSum(values(4, 5)) }),
  });
  const far = {
    doSum: async (requests: AsyncIterable<{ value: number }>) => {
      let sum = 0;
      for await (const { value } of requests) sum += value;
      return { sum };
    },
  };
  const module = await startTestModule({ models: [user], apis: [gizmo], dependencies: { "acme:component:gizmo/far": far } }, t);
  const client = await module.add({ api: sensor, model: "acme:demo:user", name: "s" });
  assert.deepEqual(await client.getReadings(), { sum: 9 });
});

for (const definition of [V1, V1Alpha]) {
  test(`${definition.fullName} describes custom and standard services completely`, async (t) => {
    const simple = defineModel({ api: sensor, model: "acme:demo:s", create: () => ({ getReadings: async () => ({}) }) });
    const module = await startTestModule({ models: [maker, simple] }, t);
    const channel = openChannel(module.address);
    t.after(() => channel.close());
    const ask = async (question: NonNullable<ServerReflectionRequest["messageRequest"]>) => {
      async function* requests(): AsyncGenerator<ServerReflectionRequest> {
        yield { host: "", messageRequest: question };
      }
      for await (const { messageResponse } of createClient(definition, channel).serverReflectionInfo(requests(), { timeout: 5000 }))
        return messageResponse;
      return undefined;
    };
    const services = await ask({ $case: "listServices", value: "" });
    assert.ok(services?.$case === "listServicesResponse");
    const names = services.value.service.map(({ name }) => name);
    assert.ok(names.includes("acme.component.gizmo.v1.GizmoService") && names.includes("viam.component.sensor.v1.SensorService"));
    for (const symbol of [...names, "viam.component.sensor.v1.SensorService.GetReadings"]) {
      const files = await ask({ $case: "fileContainingSymbol", value: symbol });
      assert.ok(files?.$case === "fileDescriptorResponse", symbol);
      const index = new DescriptorIndex();
      const described = files.value.fileDescriptorProto.map((bytes) => index.addFile(bytes));
      assert.equal(described[0], index.fileOfSymbol(symbol), "the file itself comes first");
      for (const file of described) for (const name of file.imports) assert.ok(index.file(name), `${file.name} imports ${name}`);
    }
    const gizmoFile = await ask({ $case: "fileByFilename", value: "gizmo.proto" });
    assert.ok(gizmoFile?.$case === "fileDescriptorResponse");
    const symbols = gizmoFile.value.fileDescriptorProto.flatMap((bytes) => new DescriptorIndex().addFile(bytes).symbols);
    assert.ok(symbols.includes("acme.component.gizmo.v1.DoOneResponse.SafePlacesEntry"), "map entries have the name compilers give them");
    const protos = gizmoFile.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const aside = protos.flatMap(({ messageType }) => messageType).find(({ name }) => name === "DoAsideRequest");
    assert.deepEqual(
      aside?.field.map(({ name, jsonName, proto3Optional }) => [name, jsonName, proto3Optional]),
      [
        ["gizmo", "gizmo", false],
        ["place", "place", false],
        ["strength_pct", "strengthPct", true],
        ["note_text", "noteText", false],
      ],
    );
    const missing = await ask({ $case: "fileContainingSymbol", value: "no.Such" });
    assert.ok(missing?.$case === "errorResponse" && missing.value.errorCode === Status.NOT_FOUND);
  });
}
