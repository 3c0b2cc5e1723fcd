import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { millis } from "../../src/base/millis.js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { AuthServiceDefinition } from "../../src/proto/gen/proto/rpc/v1/auth.js";
import {
  GetMachineStatusResponse_State,
  ModuleStatus_State,
  ResourceStatus_State,
  RobotServiceDefinition,
} from "../../src/proto/gen/viam/robot/v1/robot.js";
import type { ServiceClient } from "../../src/proto/service.js";
import { eventually } from "../support/eventually.js";
import { answerOf, named, rawClient } from "./support/raw-client.js";
import { echo, failWith, hang, startRawModuleAt } from "./support/raw-module.js";
import { ECHO_API, ECHO_SERVICE, startServer, type TestServer } from "./support/start-server.js";

const MOTOR_API = "rdk:component:motor";
const MOTOR_SERVICE = "viam.component.motor.v1.MotorService";
const SERVO_API = "rdk:component:servo";
const SERVO_SERVICE = "viam.component.servo.v1.ServoService";

type Robot = ServiceClient<typeof RobotServiceDefinition>;

function robot(t: test.TestContext, target: string): Robot {
  const channel = openChannel(target);
  t.after(() => channel.close());
  return createClient(RobotServiceDefinition, channel);
}

function codeOf(code: number, message: RegExp | string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && "code" in error);
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

test("names come in the order of the machine, APIs once each", async (t) => {
  const machine = await startServer(t);
  machine.machine.addModule("m", "/nowhere", { [MOTOR_API]: MOTOR_SERVICE, [ECHO_API]: ECHO_SERVICE });
  machine.machine.addResource(MOTOR_API, "left", "m");
  machine.machine.addResource(ECHO_API, "e", "m");
  machine.machine.addResource(MOTOR_API, "right", "m");
  const client = robot(t, machine.target);
  const { resources } = await client.resourceNames({});
  assert.deepEqual(
    resources.map(({ namespace, type, subtype, name }) => `${namespace}:${type}:${subtype}/${name}`),
    ["rdk:component:motor/left", "acme:component:echo/e", "rdk:component:motor/right"],
  );
  const { resourceRpcSubtypes } = await client.resourceRPCSubtypes({});
  assert.deepEqual(
    resourceRpcSubtypes.map(({ subtype, protoService }) => [subtype?.subtype, subtype?.name, protoService]),
    [
      ["motor", "", MOTOR_SERVICE],
      ["echo", "", ECHO_SERVICE],
    ],
  );
});

test("the machine's status, version and models are told", async (t) => {
  const machine = await startServer(t);
  const module = machine.machine.addModule("m", "/nowhere", { [MOTOR_API]: MOTOR_SERVICE });
  const full = machine.machine.addResource(MOTOR_API, "left", "m");
  machine.machine.resources.set(full, { module: "m", isReady: false });
  const client = robot(t, machine.target);
  const models = await client.getModelsFromModules({});
  assert.deepEqual(models.models, [{ moduleName: "m", model: "acme:test:one", api: MOTOR_API, fromLocalModule: true }]);
  module.state = "backoff";
  const status = await client.getMachineStatus({});
  assert.equal(status.state, GetMachineStatusResponse_State.RUNNING);
  assert.equal(status.config?.revision, "r1");
  assert.equal(status.config?.lastUpdated?.getTime(), machine.machine.since.getTime());
  assert.equal(status.resources[0]?.state, ResourceStatus_State.UNHEALTHY);
  assert.equal(status.resources[0]?.error, "no device");
  assert.equal(status.modules[0]?.state, ModuleStatus_State.UNHEALTHY);
  assert.equal(status.modules[0]?.error, "it exited with code 3");
  assert.equal(status.modules[0]?.consecutiveFailures, 2);
  assert.deepEqual((await client.getModelsFromModules({})).models, []);
  const version = await client.getVersion({});
  assert.deepEqual([version.platform, version.version], ["rdk", "1.2.3"]);
  assert.match(version.apiVersion, /^v\d+\.\d+\.\d+$/);
});

test("what needs a cloud, or is no longer offered, says so with the documented codes", async (t) => {
  const client = robot(t, (await startServer(t)).target);
  await assert.rejects(client.getCloudMetadata({}), codeOf(Status.UNKNOWN, "cloud metadata not available"));
  await assert.rejects(client.getStatus({ resourceNames: [] }), codeOf(Status.UNIMPLEMENTED, /GetStatus/));
  await assert.rejects(
    client.uploadDataFromPath({ path: "/x", uploadMetadata: new Uint8Array(0) }),
    codeOf(Status.UNIMPLEMENTED, /UploadDataFromPath/),
  );
  assert.deepEqual(await client.sendTraces({ resourceSpans: [] }), {});
});

test("modules are restarted by name; an unknown one is NOT_FOUND and the known ones are named", async (t) => {
  const machine = await startServer(t);
  machine.machine.addModule("m", "/nowhere", {});
  const client = robot(t, machine.target);
  await client.restartModule({ idOrName: { $case: "moduleName", value: "m" } });
  assert.deepEqual(machine.machine.restarted, ["m"]);
  await assert.rejects(
    client.restartModule({ idOrName: { $case: "moduleId", value: "a:b" } }),
    codeOf(Status.NOT_FOUND, /no module "a:b" in the config; there are m/),
  );
  await assert.rejects(client.restartModule({}), codeOf(Status.INVALID_ARGUMENT, /module_id or module_name/));
});

test("shutdown is answered and then done", async (t) => {
  const machine = await startServer(t);
  await robot(t, machine.target).shutdown({});
  await eventually("the daemon is asked", () => machine.shutdowns.length === 1);
});

test("a module's log line reaches the log as its own, with every spelling of a level", async (t) => {
  const machine = await startServer(t);
  const { unix } = await machine.server.openParent("thermo");
  const client = robot(t, unix ?? "");
  const entry = {
    host: "h",
    loggerName: "rdk:component:sensor/s1",
    message: "m",
    stack: "",
    fields: [{ Key: "n", Type: 11, Integer: 5, String: "" }, { a: "b" }],
  };
  const levels = ["DEBUG", "trace", "Info", "warning", "CRITICAL", "fatal"];
  for (const level of levels) await client.log({ logs: [{ ...entry, level }] });
  assert.deepEqual(
    machine.logged.map((line) => line.entry.level),
    ["debug", "debug", "info", "warn", "error", "error"],
  );
  assert.deepEqual(machine.logged[0]?.caller, { kind: "module", module: "thermo" });
  assert.deepEqual(machine.logged[0]?.entry.fields, { n: 5, a: "b" });
  await assert.rejects(client.log({ logs: [] }), codeOf(Status.UNKNOWN, /exactly one/));
  await assert.rejects(client.log({ logs: [{ ...entry, level: "loud" }] }), codeOf(Status.UNKNOWN, /"loud"/));
});

test("running operations are listed without the caller's own, cancelled, and waited for", async (t) => {
  const machine = await startServer(t);
  const module = await machine.module("one", { Echo: hang });
  const client = robot(t, machine.target);
  const call = rawClient(t, machine.target).open(`/${ECHO_SERVICE}/Echo`);
  const answer = answerOf(call);
  call.write(named("one"));
  await eventually("the call is there", () => module.calls.length === 1);
  const { operations } = await client.getOperations({});
  assert.deepEqual(
    operations.map(({ method }) => method),
    [`/${ECHO_SERVICE}/Echo`],
  );
  const id = operations[0]?.id ?? "";
  assert.ok(operations[0]?.started instanceof Date);
  const blocked = client.blockForOperation({ id });
  await client.cancelOperation({ id });
  await blocked;
  assert.equal((await answer).status.code, Status.CANCELLED);
  await eventually("the module is told", () => module.calls[0]?.isCancelled);
  assert.deepEqual((await client.getOperations({})).operations, []);
  await client.cancelOperation({ id });
  await client.blockForOperation({ id });
});

test("an operation id that a caller brings is kept, a malformed one replaced", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: echo });
  const client = rawClient(t, machine.target);
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  const withId = async (opid: string): Promise<unknown> => {
    const metadata = new Metadata();
    metadata.set("opid", opid);
    return (await client.call(`/${ECHO_SERVICE}/Echo`, [named("one")], { metadata })).headers?.get("opid");
  };
  assert.deepEqual(await withId(id), [id]);
  assert.notDeepEqual(await withId("nonsense"), ["nonsense"]);
});

interface Stops {
  readonly names: string[];
}

async function withActuators(t: test.TestContext, machine: TestServer): Promise<Stops> {
  const names: string[] = [];
  const stop = (call: Parameters<typeof echo>[0]): void => {
    call.on("data", (message: Buffer) => {
      names.push(message.toString("utf8", 2, 2 + (message[1] ?? 0)));
      call.write(Buffer.alloc(0));
    });
    call.on("end", () => call.end());
  };
  const address = `${machine.folder}/actuators.sock`;
  await startRawModuleAt(t, address, {
    [MOTOR_SERVICE]: { Stop: stop, SetPower: echo, GoFor: hang },
    [SERVO_SERVICE]: { Stop: failWith(Status.INTERNAL, "stuck"), Move: echo },
  });
  machine.machine.addModule("actuators", address, { [MOTOR_API]: MOTOR_SERVICE, [SERVO_API]: SERVO_SERVICE });
  machine.machine.addResource(MOTOR_API, "left", "actuators");
  machine.machine.addResource(MOTOR_API, "right", "actuators");
  return { names };
}

test("StopAll cancels other operations and stops every actuator that is ready", async (t) => {
  const machine = await startServer(t);
  const stops = await withActuators(t, machine);
  machine.machine.resources.set(machine.machine.addResource(MOTOR_API, "broken", "actuators"), { module: "actuators", isReady: false });
  const moving = rawClient(t, machine.target).call(`/${MOTOR_SERVICE}/GoFor`, [named("left")]);
  const client = robot(t, machine.target);
  await eventually("the motor moves", async () => (await client.getOperations({})).operations.length === 1);
  await client.stopAll({ extra: [] });
  assert.equal((await moving).status.code, Status.CANCELLED);
  assert.deepEqual(stops.names.toSorted(), ["left", "right"]);
});

test("StopAll stops the others when one fails, and names the one", async (t) => {
  const machine = await startServer(t);
  const stops = await withActuators(t, machine);
  machine.machine.addResource(SERVO_API, "arm", "actuators");
  await assert.rejects(robot(t, machine.target).stopAll({ extra: [] }), codeOf(Status.UNKNOWN, /rdk:component:servo\/arm: stuck/));
  assert.deepEqual(stops.names.toSorted(), ["left", "right"]);
});

test("StopAll from a module that is being stopped is ignored, from another it counts", async (t) => {
  const machine = await startServer(t);
  const stops = await withActuators(t, machine);
  const leaving = machine.machine.addModule("leaving", "/nowhere", {});
  const client = robot(t, (await machine.server.openParent("leaving")).unix ?? "");
  leaving.state = "stopping";
  await client.stopAll({ extra: [] });
  assert.deepEqual(stops.names, []);
  leaving.state = "ready";
  await client.stopAll({ extra: [] });
  assert.deepEqual(stops.names.toSorted(), ["left", "right"]);
});

test("authentication without configured keys answers with a token, and the token is not looked at", async (t) => {
  const machine = await startServer(t);
  const channel = openChannel(machine.target);
  t.after(() => channel.close());
  const { accessToken } = await createClient(AuthServiceDefinition, channel).authenticate({
    entity: "me",
    credentials: { type: "api-key", payload: "x" },
  });
  assert.ok(accessToken.length > 20);
  await robot(t, machine.target).resourceNames({}, { metadata: { authorization: `Bearer ${accessToken}` } });
  await robot(t, machine.target).resourceNames({}, { metadata: { authorization: "nonsense" } });
});

test("a tunnel reaches the ports that the config allows and no others", async (t) => {
  const machine = await startServer(t);
  const peer = net.createServer((socket) => socket.on("data", (data) => socket.end(`got ${String(data)}`)));
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  t.after(() => peer.close());
  const address = peer.address();
  assert.ok(typeof address === "object" && address !== null);
  machine.tunnels.push({ port: address.port, connectionTimeout: millis(1000) });
  const client = robot(t, machine.target);
  const send = async function* (destinationPort: number) {
    yield { destinationPort, data: new Uint8Array(0) };
    yield { destinationPort: 0, data: Buffer.from("hello") };
  };
  const received: string[] = [];
  for await (const { data } of client.tunnel(send(address.port))) received.push(Buffer.from(data).toString());
  assert.equal(received.join(""), "got hello");
  const { tunnels } = await client.listTunnels({});
  assert.deepEqual(tunnels, [{ port: address.port, connectionTimeout: { seconds: 1n, nanos: 0 } }]);
  const refused = async (): Promise<void> => {
    for await (const _ of client.tunnel(send(1))) assert.fail("nothing is to come");
  };
  await assert.rejects(refused, codeOf(Status.UNKNOWN, /not available at port 1/));
});
