/** The Connect protocol by hand, with fetch: JSON and protobuf, unary calls and server streams. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { BoardServiceDefinition, StreamTicksRequest, StreamTicksResponse } from "../../../src/proto/gen/viam/component/board/v1/board.js";
import { IsPoweredRequest, IsPoweredResponse, MotorServiceDefinition } from "../../../src/proto/gen/viam/component/motor/v1/motor.js";
import { MessageSplitter } from "../../../src/server/web/message-splitter.js";
import { named } from "../support/raw-client.js";
import { echo } from "../support/raw-module.js";
import { ECHO_SERVICE, startServer } from "../support/start-server.js";

const MOTOR = `/${MotorServiceDefinition.fullName}`;
const TICKS = `/${BoardServiceDefinition.fullName}/StreamTicks`;

async function startMachine(t: TestContext): Promise<string> {
  const server = await startServer(t);
  const motor = {
    IsPowered: (call: Call) => {
      call.on("data", (bytes: Buffer) => {
        const { name } = IsPoweredRequest.decode(bytes);
        call.write(Buffer.from(IsPoweredResponse.encode({ isOn: name === "wheel", powerPct: 0.5 }).finish()));
        call.end();
      });
    },
    Stop: (call: Call) => {
      call.resume();
      call.emit("error", Object.assign(new Error("stuck"), { code: 9, details: "the motor is stuck: Ü" }));
    },
    GoFor: (call: Call) => call.resume(),
  };
  await server.module("wheel", motor, "rdk:component:motor", MotorServiceDefinition.fullName);
  const board = {
    StreamTicks: (call: Call) => {
      call.on("data", (bytes: Buffer) => {
        const { pinNames } = StreamTicksRequest.decode(bytes);
        for (const pinName of pinNames) {
          call.write(Buffer.from(StreamTicksResponse.encode({ pinName, high: true, time: 12n }).finish()));
        }
        call.end();
      });
    },
  };
  await server.module("pins", board, "rdk:component:board", BoardServiceDefinition.fullName);
  await server.module("echo", { Echo: echo });
  return `http://127.0.0.1:${server.port}`;
}

type Call = import("@grpc/grpc-js").ServerDuplexStream<Buffer, Buffer>;

function post(url: string, type: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { "content-type": type, "connect-protocol-version": "1", ...headers },
  });
}

function framed(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

test("a unary call with JSON, as curl would make it", async (t) => {
  const url = await startMachine(t);
  const response = await post(`${url}${MOTOR}/IsPowered`, "application/json", '{"name":"wheel"}', { origin: "http://page.example" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.match(response.headers.get("opid") ?? "", /-/);
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await response.json(), { isOn: true, powerPct: 0.5 });
});

test("the machine's own services speak JSON too", async (t) => {
  const url = await startMachine(t);
  const response = await post(`${url}/viam.robot.v1.RobotService/ResourceNames`, "application/json", "{}");
  const { resources } = (await response.json()) as { resources: { name: string }[] };
  assert.deepEqual(
    resources.map(({ name }) => name),
    ["wheel", "pins", "echo"],
  );
});

test("a unary call with protobuf needs no descriptors", async (t) => {
  const url = await startMachine(t);
  const message = named("echo", Buffer.from("hello"));
  const response = await post(`${url}/${ECHO_SERVICE}/Echo`, "application/proto", message);
  assert.equal(response.headers.get("content-type"), "application/proto");
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(message));
});

test("what goes wrong is an HTTP status with a JSON body", async (t) => {
  const url = await startMachine(t);
  const cases: readonly [path: string, body: string, status: number, code: string, message: RegExp, headers?: Record<string, string>][] = [
    [`${MOTOR}/IsPowered`, '{"name":"nobody"}', 500, "unknown", /no node found/],
    [`${MOTOR}/IsPowered`, '{"nmae":"wheel"}', 400, "invalid_argument", /IsPoweredRequest in JSON.*nmae/],
    [`${MOTOR}/IsPowered`, "{", 400, "invalid_argument", /in JSON/],
    [`${MOTOR}/Stop`, '{"name":"wheel"}', 400, "failed_precondition", /^the motor is stuck: Ü$/],
    [`${MOTOR}/Jump`, "{}", 501, "unimplemented", /has no method Jump/],
    ["/acme.none.v1.NoService/Call", "{}", 501, "unimplemented", /unknown service/],
    [`/${ECHO_SERVICE}/Echo`, "{}", 501, "unimplemented", /no descriptor of acme\.echo/],
    [TICKS, "{}", 501, "unimplemented", /is a stream: use the content type application\/connect\+json/],
    [`${MOTOR}/GoFor`, '{"name":"wheel"}', 504, "deadline_exceeded", /deadline/, { "connect-timeout-ms": "50" }],
    [`${MOTOR}/IsPowered`, "x", 501, "unimplemented", /expected no compression/, { "content-encoding": "gzip" }],
  ];
  for (const [path, body, status, code, message, headers] of cases) {
    const response = await post(url + path, "application/json", body, headers);
    const error = (await response.json()) as { code: string; message: string };
    assert.deepEqual([response.status, error.code], [status, code], `${path}: ${error.message}`);
    assert.match(error.message, message);
    assert.equal(response.headers.get("content-type"), "application/json");
  }
});

test("a server stream with JSON ends with a message that says how", async (t) => {
  const url = await startMachine(t);
  const read = async (body: string): Promise<readonly { flags: number; json: unknown }[]> => {
    const response = await post(url + TICKS, "application/connect+json", framed(body));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/connect+json");
    return new MessageSplitter()
      .add(Buffer.from(await response.arrayBuffer()))
      .map(({ flags, message }) => ({ flags, json: JSON.parse(message.toString()) as unknown }));
  };
  assert.deepEqual(await read('{"name":"pins","pinNames":["a","b"]}'), [
    { flags: 0, json: { pinName: "a", time: "12", high: true } },
    { flags: 0, json: { pinName: "b", time: "12", high: true } },
    { flags: 2, json: { metadata: {} } },
  ]);
  const [last, ...more] = await read('{"name":"nobody"}');
  assert.equal(more.length, 0);
  assert.equal(last?.flags, 2);
  assert.equal((last?.json as { error?: { code: string } } | undefined)?.error?.code, "unknown");
});

test("messages are found whole however the bytes are cut", () => {
  const bytes = Buffer.concat([framed("one"), framed(""), framed("three".repeat(100))]);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const splitter = new MessageSplitter();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const { message } of splitter.add(bytes.subarray(at, at + size))) found.push(message.toString());
    }
    assert.deepEqual(found, ["one", "", "three".repeat(100)]);
    assert.ok(splitter.isAtBoundary);
  }
});
