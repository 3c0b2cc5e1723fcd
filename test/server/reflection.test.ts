import assert from "node:assert/strict";
import test from "node:test";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { createServer as createGrpcServer, openChannel } from "../../src/proto/channel.js";
import { createClient } from "../../src/proto/client.js";
import { DescriptorIndex } from "../../src/proto/descriptor-index.js";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionDefinition as V1,
} from "../../src/proto/gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionDefinition as V1Alpha } from "../../src/proto/gen/grpc/reflection/v1alpha/reflection.js";
import { addService } from "../../src/proto/serve.js";
import { field } from "./support/raw-client.js";
import { hang } from "./support/raw-module.js";
import { ECHO_API, ECHO_SERVICE, startServer, type TestServer } from "./support/start-server.js";

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;

/** A FileDescriptorProto by hand: name, package, imports, messages and services, each with the methods. */
function file(
  name: string,
  imports: readonly string[],
  types: readonly string[],
  services: Readonly<Record<string, readonly string[]>> = {},
): Buffer {
  const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
  return Buffer.concat([
    text(1, name),
    text(2, "acme.echo.v1"),
    ...imports.map((item) => text(3, item)),
    ...types.map((type) => field(4, text(1, type))),
    ...Object.entries(services).map(([service, methods]) =>
      field(6, Buffer.concat([text(1, service), ...methods.map((method) => field(2, text(1, method)))])),
    ),
  ]);
}

const ECHO_FILE = file("acme/echo.proto", ["acme/common.proto"], ["EchoRequest"], { EchoService: ["Echo"] });
const COMMON_FILE = file("acme/common.proto", [], ["Common"]);

interface Asked {
  readonly questions: string[];
}

/** A module whose reflection answers one file at a time, as some SDKs do. */
async function reflectingModule(t: test.TestContext, machine: TestServer, definition: typeof V1 | typeof V1Alpha): Promise<Asked> {
  const index = new DescriptorIndex();
  index.addFile(ECHO_FILE);
  index.addFile(COMMON_FILE);
  const questions: string[] = [];
  const server: Server = createGrpcServer();
  addService(server, definition, {
    serverReflectionInfo: async function* (requests: AsyncIterable<ServerReflectionRequest>) {
      for await (const request of requests) {
        questions.push(`${request.messageRequest?.$case} ${String(request.messageRequest?.value)}`);
        yield { validHost: "", originalRequest: request, messageResponse: oneFile(index, request) };
      }
    },
  });
  const address = `${machine.folder}/reflecting.sock`;
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${address}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error))),
  );
  t.after(() => server.forceShutdown());
  machine.machine.addModule("reflecting", address, { [ECHO_API]: ECHO_SERVICE });
  return { questions };
}

type Answer = NonNullable<ServerReflectionResponse["messageResponse"]>;

function oneFile(index: DescriptorIndex, { messageRequest: question }: ServerReflectionRequest): Answer {
  const value = String(question?.value);
  const found = question?.$case === "fileByFilename" ? index.file(value) : index.fileOfSymbol(value);
  if (found === undefined) return { $case: "errorResponse", value: { errorCode: 5, errorMessage: value } };
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto: [found.bytes] } };
}

async function ask(
  t: test.TestContext,
  target: string,
  definition: typeof V1 | typeof V1Alpha,
  ...questions: readonly Question[]
): Promise<readonly Answer[]> {
  const channel = openChannel(target);
  t.after(() => channel.close());
  const requests = async function* () {
    for (const messageRequest of questions) yield { host: "", messageRequest };
  };
  const answers: Answer[] = [];
  for await (const { messageResponse } of createClient(definition, channel).serverReflectionInfo(requests(), { timeout: 10_000 })) {
    assert.ok(messageResponse !== undefined);
    answers.push(messageResponse);
  }
  return answers;
}

function filesOf(answer: Answer | undefined): readonly string[] {
  assert.equal(answer?.$case, "fileDescriptorResponse", JSON.stringify(answer));
  const index = new DescriptorIndex();
  return answer?.$case === "fileDescriptorResponse" ? answer.value.fileDescriptorProto.map((bytes) => index.addFile(bytes).name) : [];
}

for (const definition of [V1, V1Alpha]) {
  test(`${definition.fullName}: services are listed, ours and the modules'`, async (t) => {
    const machine = await startServer(t);
    await reflectingModule(t, machine, definition);
    const [answer] = await ask(t, machine.target, definition, { $case: "listServices", value: "" });
    assert.ok(answer?.$case === "listServicesResponse");
    const names = answer.value.service.map(({ name }) => name);
    for (const expected of ["viam.robot.v1.RobotService", V1.fullName, V1Alpha.fullName, ECHO_SERVICE])
      assert.ok(names.includes(expected), expected);
    assert.ok(!names.includes("pinion.control.v1.ControlService"));
  });

  test(`a module that speaks ${definition.fullName} is asked once, and its imports are filled in`, async (t) => {
    const machine = await startServer(t);
    const { questions } = await reflectingModule(t, machine, definition);
    const symbol: Question = { $case: "fileContainingSymbol", value: ECHO_SERVICE };
    const answers = await ask(t, machine.target, V1Alpha, symbol, symbol, { $case: "fileContainingSymbol", value: `${ECHO_SERVICE}.Echo` });
    for (const answer of answers) assert.deepEqual(filesOf(answer), ["acme/echo.proto", "acme/common.proto"]);
    const [byName] = await ask(t, machine.target, V1, { $case: "fileByFilename", value: "acme/common.proto" });
    assert.deepEqual(filesOf(byName), ["acme/common.proto"]);
    assert.deepEqual(questions, [`fileContainingSymbol ${ECHO_SERVICE}`, "fileByFilename acme/common.proto"]);
  });
}

test("our own services are described by our own files, with all they import", async (t) => {
  const machine = await startServer(t);
  const [robot, byFile] = await ask(
    t,
    machine.target,
    V1,
    { $case: "fileContainingSymbol", value: "viam.robot.v1.RobotService" },
    { $case: "fileByFilename", value: "viam/common/v1/common.proto" },
  );
  const files = filesOf(robot);
  assert.equal(files[0], "viam/robot/v1/robot.proto");
  assert.ok(files.includes("google/protobuf/struct.proto"));
  assert.equal(filesOf(byFile)[0], "viam/common/v1/common.proto");
});

test("what nobody knows is an error answer, not a broken stream", async (t) => {
  const machine = await startServer(t);
  await machine.module("one", { Echo: hang });
  const answers = await ask(
    t,
    machine.target,
    V1Alpha,
    { $case: "fileContainingSymbol", value: "no.such.Service" },
    { $case: "fileByFilename", value: "no/such.proto" },
    { $case: "fileContainingExtension", value: { containingType: "google.protobuf.MethodOptions", extensionNumber: 1 } },
    { $case: "listServices", value: "" },
  );
  assert.deepEqual(
    answers.map((answer) => (answer.$case === "errorResponse" ? answer.value.errorCode : answer.$case)),
    [5, 5, 5, "listServicesResponse"],
  );
});
