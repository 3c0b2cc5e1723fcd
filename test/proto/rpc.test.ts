/** The promise clients and async handlers over a real socket. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { type Client, ServerCredentials } from "@grpc/grpc-js";
import { createServer, grpcTarget, openChannel } from "../../src/proto/channel.js";
import { callRaw, createClient } from "../../src/proto/client.js";
import { RobotServiceDefinition, TunnelResponse } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { addService } from "../../src/proto/serve.js";
import type { ServiceHandlers } from "../../src/proto/service.js";
import { isRpcError, RpcError, Status } from "../../src/proto/status-code.js";
import { eventually } from "../support/eventually.js";

async function serve(t: TestContext, handlers: ServiceHandlers<RobotServiceDefinition>): Promise<Client> {
  const folder = await mkdtemp(path.join(tmpdir(), "pinion-rpc-"));
  const server = createServer();
  addService(server, RobotServiceDefinition, handlers);
  const socket = path.join(folder, "s");
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(grpcTarget(socket), ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)));
  });
  const channel = openChannel(socket);
  t.after(async () => {
    channel.close();
    server.forceShutdown();
    await rm(folder, { recursive: true, force: true });
  });
  return channel;
}

test("a handler's status, text and trailers reach the caller", async (t) => {
  const channel = await serve(t, {
    getVersion: () => {
      throw new RpcError(Status.NOT_FOUND, "no such thing", { trailers: { "x-hint": "look" } });
    },
    shutdown: () => Promise.reject(new TypeError("plain")),
  });
  const robot = createClient(RobotServiceDefinition, channel);
  await assert.rejects(robot.getVersion({}), (error) => {
    assert.ok(isRpcError(error, Status.NOT_FOUND));
    assert.equal(error.message, "no such thing");
    assert.equal(error.trailers["x-hint"], "look");
    return true;
  });
  await assert.rejects(robot.shutdown({}), (error) => isRpcError(error, Status.UNKNOWN) && error.message === "plain");
  await assert.rejects(robot.listTunnels({}), (error) => isRpcError(error, Status.UNIMPLEMENTED));
});

test("metadata and deadline travel, and a signal cancels on both sides", async (t) => {
  let isAborted = false;
  const channel = await serve(t, {
    getVersion: (_request, context) => ({
      platform: context.metadata["viam-sid"] ?? "",
      version: `${context.timeout !== undefined}`,
      apiVersion: "",
    }),
    shutdown: async (_request, context) => {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      isAborted = true;
      return {};
    },
  });
  const robot = createClient(RobotServiceDefinition, channel);
  const answer = await robot.getVersion({}, { timeout: 5000, metadata: { "viam-sid": "7" } });
  assert.deepEqual(answer, { platform: "7", version: "true", apiVersion: "" });
  const controller = new AbortController();
  const call = robot.shutdown({}, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(call, (error) => isRpcError(error, Status.CANCELLED));
  await assert.rejects(robot.shutdown({}, { timeout: 30 }), (error) => isRpcError(error, Status.DEADLINE_EXCEEDED));
  await eventually("the handler saw it", () => isAborted);
});

test("streams run both ways, and leaving the loop ends the call at the server", async (t) => {
  let isEnded = false;
  const channel = await serve(t, {
    tunnel: async function* (requests) {
      for await (const { data } of requests) yield { data };
    },
    streamStatus: async function* (_request, context) {
      context.signal.addEventListener("abort", () => {
        isEnded = true;
      });
      yield { status: [] };
      await new Promise(() => {}); // never again
    },
  });
  const robot = createClient(RobotServiceDefinition, channel);
  async function* requests(): AsyncGenerator<{ destinationPort: number; data: Uint8Array }> {
    for (let value = 0; value < 500; value += 1) yield { destinationPort: 1, data: new Uint8Array(1000).fill(value % 251) };
  }
  let count = 0;
  for await (const { data } of robot.tunnel(requests(), { timeout: 10_000 })) {
    assert.equal(data[0], count % 251);
    count += 1;
  }
  assert.equal(count, 500);
  for await (const message of robot.streamStatus({ resourceNames: [] }, { timeout: 10_000 })) {
    assert.deepEqual(message.status, []);
    break;
  }
  await eventually("the server saw the end", () => isEnded);
});

test("32 MiB less its frame pass as bytes", async (t) => {
  const channel = await serve(t, { transformPCD: ({ pointCloudPcd }) => ({ pointCloudPcd }) });
  const request = TunnelResponse.encode({ data: new Uint8Array(32 * 1024 * 1024 - 64).fill(7) }).finish();
  const answer = await callRaw(channel, "/viam.robot.v1.RobotService/TransformPCD", request, { timeout: 20_000 });
  assert.ok(answer.equals(request));
});

test("addresses become targets of gRPC", () => {
  assert.equal(grpcTarget("/tmp/x.sock"), "unix:/tmp/x.sock");
  assert.equal(grpcTarget("127.0.0.1:80"), "ipv4:127.0.0.1:80");
  assert.equal(grpcTarget("[::1]:80"), "ipv6:[::1]:80");
  assert.equal(grpcTarget("localhost:80"), "dns:localhost:80");
  assert.equal(grpcTarget("unix:/x"), "unix:/x");
});
