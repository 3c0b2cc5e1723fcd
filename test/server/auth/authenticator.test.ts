/** Keys, tokens, roles and attempts, through a real server with a client of grpc-js. */
import assert from "node:assert/strict";
import net from "node:net";
import test, { type TestContext } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { millis } from "../../../src/base/millis.js";
import { openChannel } from "../../../src/proto/channel.js";
import { createClient } from "../../../src/proto/client.js";
import { AuthenticateRequest, AuthenticateResponse } from "../../../src/proto/gen/proto/rpc/v1/auth.js";
import { RobotServiceDefinition } from "../../../src/proto/gen/viam/robot/v1/robot.js";
import { frameMessage } from "../../../src/proto/grpc-message.js";
import { Status } from "../../../src/proto/status-code.js";
import type { AccessPort, KeyRecord } from "../../../src/server/auth/access-port.js";
import { MAX_ATTEMPTS } from "../../../src/server/auth/attempts.js";
import { isAllowed } from "../../../src/server/auth/roles.js";
import { digestOf, Tokens } from "../../../src/server/auth/tokens.js";
import * as raw from "../../http2/support/raw-frames.js";
import { rawClientPeer } from "../../http2/support/raw-peer.js";
import { eventually } from "../../support/eventually.js";
import { manualClock } from "../../support/manual-clock.js";
import { named, type RawAnswer, type RawClient, rawClient } from "../support/raw-client.js";
import { echo } from "../support/raw-module.js";
import { ECHO_SERVICE, startServer, type TestServer } from "../support/start-server.js";

const AUTHENTICATE = "/proto.rpc.v1.AuthService/Authenticate";
const ECHO = `/${ECHO_SERVICE}/Echo`;
const NAMES = "/viam.robot.v1.RobotService/ResourceNames";
const STOP_ALL = "/viam.robot.v1.RobotService/StopAll";

interface Keys {
  isRequired: boolean;
  config: { id: string; key: string }[];
  secrets: string[];
  readonly stored: Map<string, KeyRecord>;
}

async function startGuarded(t: TestContext): Promise<{ server: TestServer; keys: Keys; client: RawClient }> {
  const viewer: KeyRecord = { id: "watcher", role: "viewer", secretSha256: digestOf("look").toString("hex") };
  const keys: Keys = { isRequired: true, config: [{ id: "id-1", key: "right" }], secrets: [], stored: new Map([["watcher", viewer]]) };
  const access: AccessPort = {
    isRequired: () => keys.isRequired,
    configKeys: () => keys.config,
    machineSecrets: () => keys.secrets,
    findKey: async (id) => keys.stored.get(id),
  };
  const server = await startServer(t, { access });
  await server.module("echo", { Echo: echo });
  return { server, keys, client: rawClient(t, server.target) };
}

function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", token);
  return metadata;
}

function login(client: RawClient, entity: string, payload: string, type = "api-key"): Promise<RawAnswer> {
  const request = AuthenticateRequest.encode({ entity, credentials: { type, payload } }).finish();
  return client.call(AUTHENTICATE, [Buffer.from(request)]);
}

async function tokenOf(client: RawClient, entity: string, payload: string, type?: string): Promise<Metadata> {
  const { status, messages } = await login(client, entity, payload, type);
  assert.equal(status.code, Status.OK, status.details);
  return bearer(`Bearer ${AuthenticateResponse.decode(messages[0] ?? Buffer.alloc(0)).accessToken}`);
}

function assertStatus({ status }: RawAnswer, code: Status, details: string | RegExp = ""): void {
  assert.equal(status.code, code, status.details);
  if (code === Status.OK) return;
  if (typeof details === "string") assert.equal(status.details, details);
  else assert.match(status.details, details);
}

test("statuses are those that clients know", async (t) => {
  const { client } = await startGuarded(t);
  const message = [named("echo")];
  for (const path of [ECHO, NAMES, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/no.Service/Method"]) {
    assertStatus(await client.call(path, message), Status.UNAUTHENTICATED, "authentication required");
  }
  const basic = { metadata: bearer("Basic eDp5") };
  assertStatus(await client.call(ECHO, message, basic), Status.UNAUTHENTICATED, "expected authorization header with prefix: Bearer ");
  for (const wrong of ["Bearer x", `Bearer ${"A".repeat(55)}`]) {
    assertStatus(await client.call(ECHO, message, { metadata: bearer(wrong) }), Status.UNAUTHENTICATED, /^unauthenticated: /);
  }
  assertStatus(await login(client, "id-1", "wrong"), Status.UNAUTHENTICATED, "invalid credentials");
  assertStatus(await login(client, "nobody", "right"), Status.UNAUTHENTICATED, "invalid credentials");
  assertStatus(await login(client, "id-1", "right", "ldap"), Status.INVALID_ARGUMENT, 'do not know how to handle credential type "ldap"');
  const bare = Buffer.from(AuthenticateRequest.encode({ entity: "id-1" }).finish());
  assertStatus(await client.call(AUTHENTICATE, [bare]), Status.INVALID_ARGUMENT, "credentials required");
  const twice = { metadata: bearer("Bearer x") };
  assertStatus(await client.call(AUTHENTICATE, [bare], twice), Status.INVALID_ARGUMENT, "already authenticated; cannot re-authenticate");
});

test("a key gives a token, and the token lets its bearer in", async (t) => {
  const { client } = await startGuarded(t);
  const metadata = await tokenOf(client, "id-1", "right");
  assertStatus(await client.call(ECHO, [named("echo")], { metadata }), Status.OK);
  assertStatus(await client.call(NAMES, [Buffer.alloc(0)], { metadata }), Status.OK);
});

test("of two authorization headers none counts, over HTTP/2 and HTTP/1.1", async (t) => {
  const { client, server } = await startGuarded(t);
  const token = String((await tokenOf(client, "id-1", "right")).get("authorization")[0]);
  const peer = await rawClientPeer(t, server.port);
  const call = (id: number, ...tokens: readonly string[]): Buffer =>
    Buffer.concat([
      raw.frame(
        raw.HEADERS,
        raw.END_HEADERS,
        id,
        raw.request(
          { ":path": ECHO },
          tokens.map((one) => ["authorization", one] as const),
        ),
      ),
      raw.frame(raw.DATA, raw.END_STREAM, id, frameMessage(named("echo"))),
    ]);
  peer.send(
    raw.PREFACE,
    raw.settings([1, 0]),
    call(1, token),
    call(3, token, token),
    call(5, token, "Bearer other"),
    call(7, "Bearer other", token),
  );
  const answers = new Map<number, string>();
  peer.onFrame(({ type, id, payload }) => {
    if (type === raw.HEADERS) answers.set(id, `${answers.get(id) ?? ""}${payload.toString("latin1")}`);
  });
  await eventually("four answers", () => [1, 3, 5, 7].every((id) => /grpc-status/.test(answers.get(id) ?? "")));
  assert.match(answers.get(1) ?? "", /grpc-status.0/);
  for (const id of [3, 5, 7]) assert.match(answers.get(id) ?? "", /grpc-status.16.*authentication required/);

  const overHttp1 = (...tokens: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = net.connect(server.port, "127.0.0.1");
      t.after(() => socket.destroy());
      const body = frameMessage(named("echo"));
      const lines = ["content-type: application/grpc-web+proto", "host: x", "connection: close", `content-length: ${body.length}`];
      for (const one of tokens) lines.push(`authorization: ${one}`);
      socket.write(Buffer.concat([Buffer.from(`POST ${ECHO} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), body]));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.once("end", () => resolve(text)).once("error", reject);
    });
  assert.match(await overHttp1(token), /grpc-status: ?0/);
  assert.match(await overHttp1(token, token), /grpc-status: ?16/);
});

test("the token does not reach the module", async (t) => {
  const { client, server } = await startGuarded(t);
  const module = await server.module("other", { Echo: echo }, "acme:component:other", "acme.other.v1.OtherService");
  const metadata = await tokenOf(client, "id-1", "right");
  await client.call("/acme.other.v1.OtherService/Echo", [named("other")], { metadata });
  assert.equal(module.calls[0]?.metadata.get("authorization").length, 0);
});

test("modules and the command line need no key", async (t) => {
  const { server } = await startGuarded(t);
  const { unix = "" } = await server.server.openParent("echo");
  assertStatus(await rawClient(t, unix).call(NAMES, [Buffer.alloc(0)]), Status.OK);
  const control = `${server.folder}/control.sock`;
  await server.server.listenControl(control);
  assertStatus(await rawClient(t, control).call(NAMES, [Buffer.alloc(0)]), Status.OK);
});

test("without keys every credential is good and no call is checked", async (t) => {
  const { client, keys } = await startGuarded(t);
  keys.isRequired = false;
  await tokenOf(client, "anybody", "anything", "whatever");
  assertStatus(await client.call(ECHO, [named("echo")]), Status.OK);
  assertStatus(await client.call(ECHO, [named("echo")], { metadata: bearer("Bearer old") }), Status.OK);
});

test("a viewer reads and moves nothing", async (t) => {
  const { client } = await startGuarded(t);
  const metadata = await tokenOf(client, "watcher", "look");
  assertStatus(await client.call(NAMES, [Buffer.alloc(0)], { metadata }), Status.OK);
  for (const path of [STOP_ALL, ECHO]) {
    assertStatus(await client.call(path, [named("echo")], { metadata }), Status.PERMISSION_DENIED, /"watcher" has the role viewer/);
  }
});

test("roles by method", () => {
  const reads = ["sensor.v1.SensorService/GetReadings", "motor.v1.MotorService/IsPowered", "board.v1.BoardService/ReadAnalogReader"];
  const acts = [
    "sensor.v1.SensorService/DoCommand",
    "motor.v1.MotorService/SetPower",
    "board.v1.BoardService/SetGPIO",
    "motor.v1.MotorService/Stop",
  ];
  for (const path of reads) assert.equal(isAllowed("viewer", `/viam.component.${path}`), true, path);
  for (const path of acts) {
    assert.equal(isAllowed("viewer", `/viam.component.${path}`), false, path);
    assert.equal(isAllowed("operator", `/viam.component.${path}`), true, path);
  }
  for (const method of ["Shutdown", "RestartModule", "CancelOperation", "Log", "Tunnel"]) {
    assert.equal(isAllowed("viewer", `/viam.robot.v1.RobotService/${method}`), false, method);
  }
  assert.equal(isAllowed("viewer", "/acme.custom.v1.GaugeService/GetValue"), false);
  assert.equal(isAllowed("viewer", "/viam.component.motor.v1.MotorService/GetNothingKnown"), false);
});

test("a host that offers many wrong keys must wait, even with the right one", async (t) => {
  const { client } = await startGuarded(t);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) await login(client, "id-1", `wrong ${attempt}`);
  assertStatus(
    await login(client, "id-1", "right"),
    Status.RESOURCE_EXHAUSTED,
    /^too many wrong keys from 127\.0\.0\.1: try again in \d+s$/,
  );
});

test("right keys are never too many", async (t) => {
  const { client } = await startGuarded(t);
  for (let attempt = 0; attempt < 3 * MAX_ATTEMPTS; attempt += 1) await tokenOf(client, "id-1", "right");
});

test("tokens end with their key", async (t) => {
  const { client, keys, server } = await startGuarded(t);
  const fromConfig = await tokenOf(client, "id-1", "right");
  const stored = await tokenOf(client, "watcher", "look");
  const read = (metadata: Metadata): Promise<RawAnswer> => client.call(NAMES, [Buffer.alloc(0)], { metadata });
  keys.config = [{ id: "id-1", key: "right" }];
  assertStatus(await read(fromConfig), Status.OK);
  keys.config = [{ id: "id-1", key: "changed" }];
  assertStatus(await read(fromConfig), Status.UNAUTHENTICATED, /its key was revoked/);
  assertStatus(await read(stored), Status.OK);
  server.server.dropKey("watcher");
  assertStatus(await read(stored), Status.UNAUTHENTICATED, /its key was revoked/);
});

test("secrets of the machine are as good as a key where the config has some", async (t) => {
  const { client, keys } = await startGuarded(t);
  assertStatus(await login(client, "localhost:8080", "", "robot-secret"), Status.INVALID_ARGUMENT, /do not know/);
  keys.secrets = ["hidden", "other"];
  for (const type of ["robot-secret", "robot-location-secret"]) await tokenOf(client, "localhost:8080", "other", type);
  assertStatus(await login(client, "localhost:8080", "", "robot-secret"), Status.UNAUTHENTICATED, "invalid credentials");
});

test("tokens expire when nobody uses them, and are bounded", () => {
  const clock = manualClock();
  const tokens = new Tokens(clock);
  const used = tokens.issue({ entity: "a", role: "operator" });
  const idle = tokens.issue({ entity: "b", role: "viewer" });
  for (let hour = 0; hour < 30; hour += 1) {
    clock.advance(millis(3_600_000));
    assert.equal(tokens.find(used)?.entity, "a");
  }
  assert.equal(tokens.find(idle), undefined);
  for (let count = 0; count < 3000; count += 1) tokens.issue({ entity: "c", role: "operator" });
  assert.equal(tokens.find(used), undefined);
});

test("a session belongs to the key that started it", async (t) => {
  const { client, server } = await startGuarded(t);
  const operator = await tokenOf(client, "id-1", "right");
  const viewer = await tokenOf(client, "watcher", "look");
  const channel = openChannel(`127.0.0.1:${server.port}`);
  t.after(() => channel.close());
  const robot = createClient(RobotServiceDefinition, channel);
  const as = (metadata: Metadata) => ({ timeout: 5000, metadata: { authorization: String(metadata.get("authorization")[0]) } });
  const { id } = await robot.startSession({ resume: "" }, as(operator));
  await robot.sendSessionHeartbeat({ id }, as(operator));
  await assert.rejects(robot.sendSessionHeartbeat({ id }, as(viewer)), /SESSION_EXPIRED/);
});
