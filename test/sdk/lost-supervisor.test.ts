/** What moves stops the moment the supervisor is gone, before anybody knows whether it will be back, and not when it only renews a connection. */
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { Client } from "@grpc/grpc-js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { ModuleServiceDefinition } from "../../src/proto/gen/viam/module/v1/module.js";
import type { ServiceClient } from "../../src/proto/service.js";
import { defineModel, type GenericComponent, genericComponent, ModuleServer } from "../../src/sdk/index.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

const LIMIT = { timeout: 10_000 };

interface Moving {
  readonly stopped: string[];
  connect(): { readonly channel: Client; readonly module: ServiceClient<ModuleServiceDefinition> };
  readonly server: ModuleServer;
}

/** Resources `hangs` and `fails` do so when they are stopped for the first time; `still` cannot be stopped. */
async function start(t: TestContext, names: readonly string[], hasParent = true): Promise<Moving> {
  const stopped: string[] = [];
  let hasHung = false;
  const mover = defineModel({
    api: genericComponent,
    model: "acme:demo:mover",
    create: ({ name }): GenericComponent & { stop?(): Promise<void> } => {
      const doCommand = async (): Promise<Record<string, unknown>> => ({});
      if (name === "still") return { doCommand };
      return {
        doCommand,
        stop: async () => {
          stopped.push(name);
          if (name === "hangs" && !hasHung) {
            hasHung = true;
            await new Promise(() => {});
          }
          if (name === "fails") throw new Error("the wire is broken");
        },
      };
    },
  });
  const server = new ModuleServer({ models: [mover], hasParent });
  const address = await server.listen(path.join(tempFolder(t), "module.sock"));
  t.after(() => server.close());
  const connect = (): ReturnType<Moving["connect"]> => {
    const channel = openChannel(address);
    t.after(() => channel.close());
    return { channel, module: createClient(ModuleServiceDefinition, channel) };
  };
  const { channel, module } = connect();
  for (const name of names) {
    const api = "rdk:component:generic";
    const config = {
      name,
      namespace: "rdk",
      type: "generic",
      api,
      model: "acme:demo:mover",
      dependsOn: [],
      serviceConfigs: [],
      attributes: {},
    };
    await module.addResource({ config, dependencies: [] }, LIMIT);
  }
  channel.close();
  return { stopped, connect, server };
}

async function ready(module: ServiceClient<ModuleServiceDefinition>, parentAddress = ""): Promise<void> {
  await module.ready({ parentAddress, rawParentAddress: parentAddress, webrtcOffer: "" }, LIMIT);
}

interface FakeParent {
  readonly address: string;
  /** Connections that came and went. */
  readonly looks: () => number;
  close(): void;
}

/** Accepts connections, and keeps them unless it is about to end. */
async function listenAsParent(t: TestContext, isEnding = false): Promise<FakeParent> {
  const address = path.join(tempFolder(t), "parent.sock");
  const sockets = new Set<Socket>();
  let looks = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined).resume();
    sockets.add(socket);
    socket.once("close", () => {
      looks += 1;
    });
    if (isEnding) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(address, resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(close);
  return { address, looks: () => looks, close };
}

test("all that can be stopped is stopped, whatever one of them does, and stays", async (t) => {
  const { stopped, connect, server } = await start(t, ["a", "hangs", "fails", "still", "b"]);
  const { channel, module } = connect();
  await ready(module);
  assert.deepEqual(stopped, []);
  channel.close();
  await eventually("every one was stopped", () => stopped.length === 4);
  assert.deepEqual(stopped.toSorted(), ["a", "b", "fails", "hangs"]);
  assert.equal(server.resourceNames.length, 5);
});

test("a client that is not the supervisor may come and go", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const supervisor = connect();
  await ready(supervisor.module);
  const guest = connect();
  await guest.module.validateConfig({}, LIMIT).catch(() => undefined);
  guest.channel.close();
  for (let round = 0; round < 5; round += 1) await supervisor.module.validateConfig({}, LIMIT).catch(() => undefined);
  assert.deepEqual(stopped, []);
  const stays = connect();
  await stays.module.validateConfig({}, LIMIT).catch(() => undefined);
  supervisor.channel.close();
  await eventually("stopped although a guest is there", () => stopped.length === 1);
});

test("the last connection of the supervisor counts", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const [first, second] = [connect(), connect()];
  await ready(first.module);
  await ready(second.module);
  first.channel.close();
  for (let round = 0; round < 5; round += 1) await second.module.validateConfig({}, LIMIT).catch(() => undefined);
  assert.deepEqual(stopped, []);
  second.channel.close();
  await eventually("stopped", () => stopped.length === 1);
});

test("each loss stops again: the supervisor may have been back in between", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  for (let round = 1; round <= 3; round += 1) {
    const { channel, module } = connect();
    await ready(module);
    channel.close();
    await eventually(`stopped for the ${round}. time`, () => stopped.length === round);
  }
});

test("closing the module stops once, by itself", async (t) => {
  const { stopped, connect, server } = await start(t, ["a"]);
  const { module } = connect();
  await ready(module);
  await server.close();
  assert.deepEqual(stopped, ["a"]);
});

test("without a supervisor nobody is lost", async (t) => {
  const { stopped, connect } = await start(t, ["a"], false);
  const { channel, module } = connect();
  await ready(module);
  channel.close();
  const other = connect();
  for (let round = 0; round < 5; round += 1) await other.module.validateConfig({}, LIMIT).catch(() => undefined);
  assert.deepEqual(stopped, []);
});

test("a supervisor that lives and only renews its connection stops nothing, and its end is noticed all the same", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const parent = await listenAsParent(t);
  const control = connect();
  await ready(control.module, parent.address);
  const router = connect();
  await router.module.validateConfig({}, LIMIT).catch(() => undefined);
  router.channel.close();
  const nextRouter = connect();
  await nextRouter.module.validateConfig({}, LIMIT).catch(() => undefined);
  // Its own connection goes, the one for its clients' calls stays.
  control.channel.close();
  await eventually("the module looked for it and saw enough", () => parent.looks() === 1);
  const nextControl = connect();
  await nextControl.module.validateConfig({}, LIMIT).catch(() => undefined);
  assert.deepEqual(stopped, []);
  parent.close();
  nextRouter.channel.close();
  nextControl.channel.close();
  await eventually("stopped", () => stopped.length === 1);
});

test("a supervisor with one connection for everything may renew it as often as it likes", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const parent = await listenAsParent(t);
  const first = connect();
  await ready(first.module, parent.address);
  first.channel.close();
  await eventually("the module looked for it", () => parent.looks() >= 1);
  for (let round = 0; round < 3; round += 1) {
    const looks = parent.looks();
    const next = connect();
    await next.module.validateConfig({}, LIMIT).catch(() => undefined);
    next.channel.close();
    await eventually("the module looked for it again", () => parent.looks() > looks);
  }
  assert.deepEqual(stopped, []);
});

test("a supervisor that accepts once more while it ends is gone", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const parent = await listenAsParent(t, true);
  const { channel, module } = connect();
  await ready(module, parent.address);
  channel.close();
  await eventually("stopped", () => stopped.length === 1);
});

test("an address that is none is nobody's", async (t) => {
  const { stopped, connect } = await start(t, ["a"]);
  const { channel, module } = connect();
  await ready(module, "127.0.0.1:99999");
  channel.close();
  await eventually("stopped", () => stopped.length === 1);
});

test("what hangs when the module is closed keeps nothing else moving", async (t) => {
  const { stopped, connect, server } = await start(t, ["a", "b", "hangs"]);
  const { module } = connect();
  await ready(module);
  await server.close();
  assert.deepEqual(stopped, ["hangs", "a", "b", "b", "a"], "all at once, and again in their turn");
});
