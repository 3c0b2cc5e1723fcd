/** The module protocol, seen from a supervisor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import {
  defineModel,
  encoder,
  type GenericComponent,
  genericComponent,
  isRpcError,
  motor,
  type ResourceContext,
  RpcError,
  Status,
  sensor,
} from "../../src/sdk/index.js";
import { startTestModule } from "../../src/sdk/testing.js";
import { eventually } from "../support/eventually.js";

const thermo = defineModel({
  api: sensor,
  model: "acme:demo:thermo",
  attributes: v.object({ offset: v.optional(v.number(), 0), pins: v.optional(v.array(v.number()), []) }),
  create: ({ attributes }) => ({ getReadings: async () => ({ celsius: 20 + attributes.offset, none: undefined }) }),
});

const code = (status: number, text?: RegExp) => (error: unknown) =>
  isRpcError(error, status) && (text === undefined || text.test(error.message) || assert.fail(error.message));

test("serves a resource from add to remove", async (t) => {
  const module = await startTestModule({ models: [thermo] }, t);
  const client = await module.add({ api: sensor, model: "acme:demo:thermo", name: "s", attributes: { offset: 1.5 } });
  assert.deepEqual(await client.getReadings(), { celsius: 21.5 });
  assert.deepEqual(await client.getStatus(), {});
  assert.deepEqual(await client.getGeometries(), []);
  await assert.rejects(client.doCommand({}), code(Status.UNIMPLEMENTED));
  await module.remove(sensor, "s");
  await assert.rejects(client.getReadings(), code(Status.NOT_FOUND, /rdk:component:sensor\/s/));
  await assert.rejects(module.remove(sensor, "s"), code(Status.NOT_FOUND));
});

test("answers Ready as often as it is asked, each API once", async (t) => {
  const other = defineModel({ api: sensor, model: "acme:demo:other", create: () => ({ getReadings: async () => ({}) }) });
  const module = await startTestModule({ models: [thermo, other] }, t);
  for (let round = 0; round < 3; round += 1) {
    const { ready, handlermap, webrtcAnswer } = await module.protocol.ready({
      parentAddress: "/x",
      webrtcOffer: "offer",
      rawParentAddress: "",
    });
    assert.equal(ready, true);
    assert.equal(webrtcAnswer, "");
    assert.equal(handlermap?.handlers.length, 1);
    assert.deepEqual(handlermap?.handlers[0]?.models, ["acme:demo:thermo", "acme:demo:other"]);
    assert.equal(handlermap?.handlers[0]?.subtype?.protoService, "viam.component.sensor.v1.SensorService");
  }
});

test("names every wrong attribute by its path", async (t) => {
  const module = await startTestModule({ models: [thermo] }, t);
  const resource = { api: sensor, model: "acme:demo:thermo", name: "s", attributes: { offset: "warm", pins: [1, "two"] } };
  await assert.rejects(module.validate(resource), code(Status.INVALID_ARGUMENT, /attributes\.offset: .*attributes\.pins\[1\]: /));
  await assert.rejects(module.add(resource), code(Status.INVALID_ARGUMENT));
  await assert.rejects(module.validate({ ...resource, model: "acme:demo:nothing" }), code(Status.NOT_FOUND, /acme:demo:thermo/));
});

test("validate names dependencies or says what is wrong", async (t) => {
  const model = defineModel({
    api: sensor,
    model: "acme:demo:wired",
    validate: (attributes) => {
      if (attributes["motor"] === undefined) throw new Error("attributes.motor: expected a name");
      return { required: [String(attributes["motor"])], optional: ["maybe"] };
    },
    create: () => ({ getReadings: async () => ({}) }),
  });
  const module = await startTestModule({ models: [model] }, t);
  const resource = { api: sensor, model: "acme:demo:wired", name: "s" };
  assert.deepEqual(await module.validate({ ...resource, attributes: { motor: "m" } }), { required: ["m"], optional: ["maybe"] });
  await assert.rejects(module.validate(resource), code(Status.INVALID_ARGUMENT, /attributes\.motor/));
});

test("calls dependencies of the same module directly and others through the supervisor", async (t) => {
  const calls: string[] = [];
  const ticker = defineModel({
    api: encoder,
    model: "acme:demo:ticker",
    create: () => ({
      getPosition: async (unit, options) => {
        calls.push(`${unit} ${JSON.stringify(options?.extra)}`);
        return { value: 5, unit: unit ?? "ticks" };
      },
      resetPosition: async () => {},
      getProperties: async () => ({ ticksSupported: true, degreesSupported: false }),
    }),
  });
  const reader = defineModel({
    api: sensor,
    model: "acme:demo:reader",
    validate: () => ({ required: ["e", "rdk:component:motor/left"], optional: ["gone"] }),
    create: ({ dependencies }) => {
      const own = dependencies.get(encoder, "e");
      const left = dependencies.get(motor, "left");
      assert.equal(dependencies.find(motor, "gone"), undefined);
      assert.throws(() => dependencies.get(motor, "gone"), code(Status.NOT_FOUND, /no dependency rdk:component:motor\/gone/));
      return {
        getReadings: async () => ({
          ticks: (await own.getPosition("degrees", { extra: { a: 1 } })).value,
          status: await own.getStatus(),
          turns: await left.getPosition({ timeout: 1000 }),
        }),
      };
    },
  });
  const left = { getPosition: async () => 2.5, stop: async () => {} };
  const module = await startTestModule({ models: [ticker, reader], dependencies: { "rdk:component:motor/left": left } }, t);
  await module.add({ api: encoder, model: "acme:demo:ticker", name: "e" });
  const client = await module.add({ api: sensor, model: "acme:demo:reader", name: "r" });
  assert.deepEqual(await client.getReadings(), { ticks: 5, status: {}, turns: 2.5 });
  assert.deepEqual(calls, ['degrees {"a":1}']);
});

/** Tells what happens to it. */
function recorder(life: string[], reconfigure?: (context: ResourceContext<{ mode?: unknown }>) => "rebuild" | undefined) {
  let count = 0;
  return defineModel({
    api: genericComponent,
    model: "acme:demo:recorder",
    create: (context): GenericComponent & { close(): void; stop(): Promise<void> } => {
      const me = ++count;
      life.push(`create ${me}`);
      return {
        doCommand: async () => ({ me }),
        stop: async () => void life.push(`stop ${me}`),
        close: () => void life.push(`close ${me}`),
        ...(reconfigure && {
          reconfigure: (next: typeof context) => {
            life.push(`reconfigure ${me}`);
            return reconfigure(next);
          },
        }),
      };
    },
  });
}

test("reconfigures in place, rebuilds where the object asks for it or cannot, stops before closing", async (t) => {
  const resource = { api: genericComponent, model: "acme:demo:recorder", name: "g" };
  const life: string[] = [];
  const inPlace = await startTestModule(
    { models: [recorder(life, ({ attributes }) => (attributes.mode === "hard" ? "rebuild" : undefined))] },
    t,
  );
  await inPlace.add(resource);
  await inPlace.reconfigure({ ...resource, attributes: { mode: "soft" } });
  assert.deepEqual(await inPlace.client(genericComponent, "g").doCommand({}), { me: 1 });
  await inPlace.reconfigure({ ...resource, attributes: { mode: "hard" } });
  assert.deepEqual(await inPlace.client(genericComponent, "g").doCommand({}), { me: 2 });
  assert.deepEqual(life.splice(0), ["create 1", "reconfigure 1", "reconfigure 1", "stop 1", "close 1", "create 2"]);

  const rebuilt = await startTestModule({ models: [recorder(life)] }, t);
  await rebuilt.add(resource);
  await rebuilt.reconfigure(resource);
  await rebuilt.remove(genericComponent, "g");
  assert.deepEqual(life, ["create 1", "stop 1", "close 1", "create 2", "stop 2", "close 2"]);
  await assert.rejects(rebuilt.reconfigure(resource), code(Status.NOT_FOUND));
});

test("refuses a second resource of the same name and keeps the first", async (t) => {
  const life: string[] = [];
  const module = await startTestModule({ models: [recorder(life)] }, t);
  const resource = { api: genericComponent, model: "acme:demo:recorder", name: "g" };
  await module.add(resource);
  await assert.rejects(module.add(resource), code(Status.ALREADY_EXISTS));
  assert.deepEqual(life, ["create 1"]);
});

test("a resource finished after its deadline is closed, and its name is free again", async (t) => {
  let finish: () => void = () => {};
  let closed = 0;
  let created = 0;
  const slow = defineModel({
    api: genericComponent,
    model: "acme:demo:slow",
    create: async () => {
      created += 1;
      if (created === 1) await new Promise<void>((resolve) => (finish = resolve));
      return {
        doCommand: async () => ({}),
        close: () => {
          closed += 1;
        },
      };
    },
  });
  const module = await startTestModule({ models: [slow] }, t);
  const resource = { api: genericComponent, model: "acme:demo:slow", name: "g" };
  await assert.rejects(module.add(resource, { timeout: 100 }), code(Status.DEADLINE_EXCEEDED));
  await eventually("a second attempt", async () => {
    await module.add(resource);
    return true;
  });
  finish();
  await eventually("the late one closed", () => closed === 1);
  assert.deepEqual(await module.client(genericComponent, "g").doCommand({}), {});
});

test("errors keep their status, others are UNKNOWN with their text, and a bad reading names its place", async (t) => {
  const moody = defineModel({
    api: genericComponent,
    model: "acme:demo:moody",
    create: () => ({
      doCommand: async ({ how }) => {
        if (how === "status") throw new RpcError(Status.FAILED_PRECONDITION, "not now");
        if (how === "plain") throw new TypeError("oops");
        return { deep: [Number.NaN] };
      },
    }),
  });
  const module = await startTestModule({ models: [moody] }, t);
  const client = await module.add({ api: genericComponent, model: "acme:demo:moody", name: "g" });
  await assert.rejects(client.doCommand({ how: "status" }), code(Status.FAILED_PRECONDITION, /^not now$/));
  await assert.rejects(client.doCommand({ how: "plain" }), code(Status.UNKNOWN, /^oops$/));
  await assert.rejects(client.doCommand({}), code(Status.UNKNOWN, /result\.deep\[0\]/));
});

test("log lines reach the supervisor under the resource's name, filtered by its level", async (t) => {
  const chatty = defineModel({
    api: genericComponent,
    model: "acme:demo:chatty",
    create: ({ logger }) => ({
      doCommand: async () => {
        logger.debug("hidden");
        logger.info("shown", { count: 3, text: "x", bad: Number.NaN, error: new Error("why", { cause: new Error("root") }) });
        return {};
      },
    }),
  });
  const module = await startTestModule({ models: [chatty] }, t);
  const client = await module.add({ api: genericComponent, model: "acme:demo:chatty", name: "g", logLevel: "info" });
  await client.doCommand({});
  const line = await eventually("the line", () => module.logs.find(({ message }) => message === "shown"));
  assert.equal(line.level, "info");
  assert.equal(line.loggerName, "rdk:component:generic/g");
  assert.match(line.stack, /Error: why/);
  const fields = Object.fromEntries(line.fields.map((field) => [field["Key"], field["String"] || field["Interface"]]));
  assert.deepEqual(fields, { count: 3, text: "x", bad: "NaN", error: "why; cause: root" });
  assert.ok(!module.logs.some(({ message }) => message === "hidden"));
});

test("closing closes every resource, the youngest first", async (t) => {
  const life: string[] = [];
  const module = await startTestModule({ models: [recorder(life)] }, t);
  for (const name of ["a", "b"]) await module.add({ api: genericComponent, model: "acme:demo:recorder", name });
  await module.close();
  assert.deepEqual(life, ["create 1", "create 2", "stop 2", "close 2", "stop 1", "close 1"]);
});
