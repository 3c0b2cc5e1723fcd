import assert from "node:assert/strict";
import test from "node:test";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import type { ServiceClient } from "../../src/proto/service.js";
import { eventually } from "../support/eventually.js";
import { named, rawClient } from "./support/raw-client.js";
import { echo, type RawHandler, startRawModuleAt } from "./support/raw-module.js";
import { startServer, type TestServer } from "./support/start-server.js";

const MOTOR_API = "rdk:component:motor";
const MOTOR_SERVICE = "viam.component.motor.v1.MotorService";
const SET_POWER = `/${MOTOR_SERVICE}/SetPower`;

interface Set {
  readonly machine: TestServer;
  readonly stopped: string[];
  readonly handlers: Readonly<Record<string, RawHandler>>;
  readonly robot: ServiceClient<typeof RobotServiceDefinition>;
  /** The status of SetPower on a motor, with the session if one is given. */
  setPower(name: string, session?: string, target?: string): Promise<{ readonly code: number; readonly details: string }>;
}

async function setUp(t: test.TestContext, window: number): Promise<Set> {
  const machine = await startServer(t);
  machine.window = window;
  const stopped: string[] = [];
  const handlers: Readonly<Record<string, RawHandler>> = {
    SetPower: echo,
    GetPosition: echo,
    Stop: (call) => {
      call.on("data", (message: Buffer) => {
        stopped.push(message.toString("utf8", 2));
        call.write(Buffer.alloc(0));
      });
      call.on("end", () => call.end());
    },
  };
  await startRawModuleAt(t, `${machine.folder}/motors.sock`, { [MOTOR_SERVICE]: handlers });
  machine.machine.addModule("motors", `${machine.folder}/motors.sock`, { [MOTOR_API]: MOTOR_SERVICE });
  machine.machine.addResource(MOTOR_API, "left", "motors");
  machine.machine.addResource(MOTOR_API, "right", "motors");
  const channel = openChannel(machine.target);
  t.after(() => channel.close());
  const client = rawClient(t, machine.target);
  return {
    machine,
    stopped,
    handlers,
    robot: createClient(RobotServiceDefinition, channel),
    async setPower(name, session, target) {
      const metadata = new Metadata();
      if (session !== undefined) metadata.set("viam-sid", session);
      const caller = target === undefined ? client : rawClient(t, target);
      const { status } = await caller.call(SET_POWER, [named(name)], { metadata });
      return status;
    },
  };
}

test("what a lost client commanded last is stopped when its session expires", async (t) => {
  const { robot, setPower, stopped } = await setUp(t, 150);
  const { id, heartbeatWindow } = await robot.startSession({ resume: "" });
  assert.equal(heartbeatWindow?.nanos, 150_000_000);
  assert.equal((await setPower("left", id)).code, Status.OK);
  const { sessions } = await robot.getSessions({});
  assert.equal(sessions[0]?.id, id);
  assert.match(sessions[0]?.peerConnectionInfo?.remoteAddress ?? "", /^127\.0\.0\.1:\d+$/);
  await eventually("the motor is stopped", () => stopped.length > 0);
  assert.deepEqual(stopped, ["left"]);
  assert.deepEqual((await robot.getSessions({})).sessions, []);
});

test("heartbeats and commands keep a session alive", async (t) => {
  const { robot, setPower, stopped } = await setUp(t, 400);
  const { id } = await robot.startSession({ resume: "" });
  await setPower("left", id);
  const end = performance.now() + 1000;
  while (performance.now() < end) {
    await robot.sendSessionHeartbeat({ id });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(stopped, []);
  assert.equal((await robot.startSession({ resume: id })).id, id);
});

test("an unknown, expired or foreign session is refused with exactly SESSION_EXPIRED", async (t) => {
  const { machine, robot, setPower } = await setUp(t, 60);
  const expired = { code: Status.INVALID_ARGUMENT, message: "SESSION_EXPIRED" };
  await assert.rejects(robot.sendSessionHeartbeat({ id: "01234567-89ab-cdef-0123-456789abcdef" }), expired);
  const { id } = await robot.startSession({ resume: "" });
  await eventually("the session expires", async () => (await robot.getSessions({})).sessions.length === 0);
  await assert.rejects(robot.sendSessionHeartbeat({ id }), expired);
  const refused = await setPower("left", id);
  assert.deepEqual([refused.code, refused.details], [Status.INVALID_ARGUMENT, "SESSION_EXPIRED"]);
  machine.window = 10_000;
  const { unix } = await machine.server.openParent("other");
  const channel = openChannel(unix ?? "");
  t.after(() => channel.close());
  const foreign = await createClient(RobotServiceDefinition, channel).startSession({ resume: "" });
  await assert.rejects(robot.sendSessionHeartbeat({ id: foreign.id }), expired);
  await assert.rejects(robot.startSession({ resume: "nonsense" }), { code: Status.INVALID_ARGUMENT });
  assert.notEqual((await robot.startSession({ resume: id })).id, id);
});

test("a command without a session, or of another session, takes the resource over", async (t) => {
  const { robot, setPower, stopped } = await setUp(t, 200);
  const first = await robot.startSession({ resume: "" });
  await setPower("left", first.id);
  await setPower("right", first.id);
  await setPower("left");
  await eventually("the first session expires", () => stopped.length > 0);
  assert.deepEqual(stopped, ["right"]);
});

test("methods that move nothing look at no session", async (t) => {
  const { machine } = await setUp(t, 1000);
  const metadata = new Metadata();
  metadata.set("viam-sid", "01234567-89ab-cdef-0123-456789abcdef");
  const { status } = await rawClient(t, machine.target).call(`/${MOTOR_SERVICE}/GetPosition`, [named("left")], { metadata });
  assert.equal(status.code, Status.OK);
});

test("on a parent socket a session can be started but nothing is attached to it", async (t) => {
  const { machine, setPower, stopped } = await setUp(t, 100);
  const { unix } = await machine.server.openParent("motors");
  const channel = openChannel(unix ?? "");
  t.after(() => channel.close());
  const robot = createClient(RobotServiceDefinition, channel);
  const { id } = await robot.startSession({ resume: "" });
  assert.equal((await setPower("left", id, unix)).code, Status.OK);
  await eventually("the session expires", async () => (await robot.getSessions({})).sessions.length === 0);
  assert.equal((await setPower("left", id, unix)).code, Status.OK);
  assert.deepEqual(stopped, []);
});

test("a resource whose module restarts just then is stopped when it is back", async (t) => {
  const { machine, robot, setPower, stopped, handlers } = await setUp(t, 200);
  const { id } = await robot.startSession({ resume: "" });
  await setPower("left", id);
  const module = machine.machine.modules.get("motors");
  assert.ok(module);
  module.state = "backoff";
  machine.server.dropModule("motors", 1);
  await eventually("the session expires", async () => (await robot.getSessions({})).sessions.length === 0);
  assert.deepEqual(stopped, []);
  await startRawModuleAt(t, `${machine.folder}/motors2.sock`, { [MOTOR_SERVICE]: handlers });
  module.address = `${machine.folder}/motors2.sock`;
  module.incarnation = 2;
  module.state = "ready";
  await eventually("the motor is stopped", () => stopped.length > 0);
  assert.deepEqual(stopped, ["left"]);
});
