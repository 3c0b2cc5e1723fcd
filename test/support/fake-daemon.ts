/** Answers on a control socket as the daemon does: real gRPC, made-up machine. */
import path from "node:path";
import type { TestContext } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { createServer } from "../../src/proto/channel.js";
import { addOwnDescriptors, DescriptorIndex } from "../../src/proto/descriptor-index.js";
import { ControlServiceDefinition, GetStatusResponse, LogRecord } from "../../src/proto/gen/pinion/control/v1/control.js";
import { BoardServiceDefinition } from "../../src/proto/gen/viam/component/board/v1/board.js";
import { SensorServiceDefinition } from "../../src/proto/gen/viam/component/sensor/v1/sensor.js";
import { RobotServiceDefinition } from "../../src/proto/gen/viam/robot/v1/robot.js";
import { addService } from "../../src/proto/serve.js";
import type { Codec, ServiceHandlers } from "../../src/proto/service.js";
import { RpcError, Status } from "../../src/proto/status-code.js";
import { addReflection } from "./add-reflection.js";
import { tempFolder } from "./temp-folder.js";

export interface FakeDaemon {
  /** What `--home` names. */
  readonly home: string;
  /** What came in, as `Method {request}`. */
  readonly calls: readonly string[];
}

export interface FakeDaemonOptions {
  readonly control?: Partial<ServiceHandlers<typeof ControlServiceDefinition>>;
}

export async function startFakeDaemon(t: TestContext, { control = {} }: FakeDaemonOptions = {}): Promise<FakeDaemon> {
  const home = tempFolder(t);
  const calls: string[] = [];
  const note = (method: string, request: unknown): void => {
    calls.push(`${method} ${JSON.stringify(request, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value))}`);
  };
  const server = createServer();
  addService(server, ControlServiceDefinition, {
    getStatus: async () => emptyStatus(),
    reload: async () => ({ problems: [], changed: true }),
    streamLogs: async function* (): AsyncGenerator<LogRecord> {},
    ...control,
  });
  addRobot(server, note);
  addDemo(server, note);
  const descriptors = new DescriptorIndex();
  await addOwnDescriptors(descriptors);
  descriptors.addFile(demoDescriptor());
  addReflection(server, { services: () => ["acme.demo.v1.DemoService"], descriptors: () => descriptors });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path.join(home, "pinion.sock")}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return { home, calls };
}

export function emptyStatus(): GetStatusResponse {
  return GetStatusResponse.decode(new Uint8Array());
}

export function emptyLogRecord(): LogRecord {
  return LogRecord.decode(new Uint8Array());
}

const rdk = (subtype: string, name: string) => ({ namespace: "rdk", type: "component", subtype, name, remotePath: [], localName: "" });

function addRobot(server: Server, note: (method: string, request: unknown) => void): void {
  const resources = [
    rdk("sensor", "thermo"),
    rdk("board", "board"),
    rdk("sensor", "twin"),
    rdk("motor", "twin"),
    { ...rdk("demo", "custom"), namespace: "acme" },
  ];
  addService(server, RobotServiceDefinition, {
    resourceNames: async () => ({ resources }),
    resourceRPCSubtypes: async () => ({
      resourceRpcSubtypes: [{ subtype: { ...rdk("demo", ""), namespace: "acme" }, protoService: "acme.demo.v1.DemoService" }],
    }),
    restartModule: async (request) => {
      note("RestartModule", request.idOrName);
      if (request.idOrName?.value !== "gpio") throw new RpcError(Status.NOT_FOUND, `no module "${request.idOrName?.value}"`);
      return {};
    },
  });
  addService(server, SensorServiceDefinition, {
    getReadings: async (request) => {
      note("GetReadings", request);
      if (request.name !== "thermo") throw new RpcError(Status.UNAVAILABLE, "module gpio is not running");
      return { readings: { celsius: 21.5, ok: true, raw: null, list: [1, "x"] } };
    },
  });
  addService(server, BoardServiceDefinition, {
    streamTicks: async function* (request) {
      note("StreamTicks", request);
      for (let count = 0n; count < 3n; count += 1n) yield { pinName: "7", time: count, high: count === 1n };
    },
  });
}

interface Demo {
  readonly name: string;
  readonly count: number;
}

const demoCodec: Codec<Demo> = {
  encode: ({ name, count }, writer = new BinaryWriter()) => writer.tag(1, 2).string(name).tag(2, 0).int32(count),
  decode(input) {
    const reader = input instanceof Uint8Array ? new BinaryReader(input) : input;
    let message: Demo = { name: "", count: 0 };
    while (reader.pos < reader.len) {
      const [field] = reader.tag();
      message = field === 1 ? { ...message, name: reader.string() } : { ...message, count: reader.int32() };
    }
    return message;
  },
};

/** An API that nobody but the module knows. */
function addDemo(server: Server, note: (method: string, request: unknown) => void): void {
  const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
    name,
    requestType: demoCodec,
    requestStream,
    responseType: demoCodec,
    responseStream,
    options: {},
  });
  const definition = {
    name: "DemoService",
    fullName: "acme.demo.v1.DemoService",
    methods: { echo: method("Echo", false, false), sum: method("Sum", true, false), chat: method("Chat", true, true) },
  };
  const handlers: Record<string, (request: never) => unknown> = {
    echo: async (request: Demo) => request,
    sum: async (requests: AsyncIterable<Demo>) => {
      let count = 0;
      for await (const request of requests) {
        note("Sum", request);
        count += request.count;
      }
      return { name: "sum", count };
    },
    chat: async function* (requests: AsyncIterable<Demo>) {
      for await (const { name, count } of requests) yield { name: `${name}!`, count };
    },
  };
  addService(server, definition, handlers as never);
}

/** As a compiler makes it, importing a file that the server does not have. */
function demoDescriptor(): Uint8Array {
  const type = ".acme.demo.v1.Demo";
  const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
    name,
    inputType: type,
    outputType: type,
    clientStreaming,
    serverStreaming,
  });
  return toBinary(
    FileDescriptorProtoSchema,
    create(FileDescriptorProtoSchema, {
      name: "acme/demo.proto",
      package: "acme.demo.v1",
      syntax: "proto3",
      dependency: ["google/api/annotations.proto"],
      messageType: [
        {
          name: "Demo",
          field: [
            {
              name: "controller_name",
              jsonName: "controllerName",
              number: 1,
              type: FieldDescriptorProto_Type.STRING,
              label: FieldDescriptorProto_Label.OPTIONAL,
            },
            {
              name: "count",
              jsonName: "count",
              number: 2,
              type: FieldDescriptorProto_Type.INT32,
              label: FieldDescriptorProto_Label.OPTIONAL,
            },
          ],
        },
      ],
      service: [{ name: "DemoService", method: [method("Echo", false, false), method("Sum", true, false), method("Chat", true, true)] }],
    }),
  );
}
