/** The gRPC server reflection protocol, v1 and v1alpha, over an index of descriptors that is made at the first question. */
import type { Server } from "@grpc/grpc-js";
import type { DescriptorFile, DescriptorIndex } from "./descriptor-index.js";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionDefinition as V1Definition,
} from "./gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionDefinition as V1AlphaDefinition } from "./gen/grpc/reflection/v1alpha/reflection.js";
import { addService } from "./serve.js";
import { Status } from "./status-code.js";

export interface ReflectionSource {
  /** Full names of the services that this server offers now. */
  services(): readonly string[] | Promise<readonly string[]>;
  /** Asked for each question; keep what is expensive. */
  descriptors(): DescriptorIndex | Promise<DescriptorIndex>;
}

/** Serves both versions; their messages are the same on the wire and in the generated types. */
export function addReflection(server: Server, source: ReflectionSource): void {
  const serverReflectionInfo = (requests: AsyncIterable<ServerReflectionRequest>): AsyncIterable<ServerReflectionResponse> =>
    answers(requests, source);
  addService(server, V1Definition, { serverReflectionInfo });
  addService(server, V1AlphaDefinition, { serverReflectionInfo });
}

/** Adds the descriptors of Pinion's own .proto files, loading them now. */
export async function addOwnDescriptors(index: DescriptorIndex): Promise<void> {
  const { FILE_DESCRIPTOR_SET_BASE64 } = await import("./gen/descriptors.js");
  index.addSet(Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64"));
}

async function* answers(
  requests: AsyncIterable<ServerReflectionRequest>,
  source: ReflectionSource,
): AsyncGenerator<ServerReflectionResponse> {
  for await (const request of requests) {
    yield { validHost: request.host, originalRequest: request, messageResponse: await answerReflection(request, source) };
  }
}

/** The answer to one question. */
async function answerReflection(
  request: ServerReflectionRequest,
  source: ReflectionSource,
): Promise<NonNullable<ServerReflectionResponse["messageResponse"]>> {
  const question = request.messageRequest;
  switch (question?.$case) {
    case "listServices": {
      const names = await source.services();
      return { $case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } };
    }
    case "fileByFilename": {
      const index = await source.descriptors();
      return filesOrError(index, index.file(question.value), `file ${question.value}`);
    }
    case "fileContainingSymbol": {
      const index = await source.descriptors();
      const symbol = question.value.replace(/^\./, "");
      return filesOrError(index, index.fileOfSymbol(symbol), `symbol ${symbol}`);
    }
    case "allExtensionNumbersOfType":
    case "fileContainingExtension":
      return { $case: "errorResponse", value: { errorCode: Status.NOT_FOUND, errorMessage: "no extensions are known here" } };
    case undefined:
      return { $case: "errorResponse", value: { errorCode: Status.INVALID_ARGUMENT, errorMessage: "the request asks nothing" } };
  }
}

function filesOrError(
  index: DescriptorIndex,
  file: DescriptorFile | undefined,
  what: string,
): NonNullable<ServerReflectionResponse["messageResponse"]> {
  if (file === undefined)
    return { $case: "errorResponse", value: { errorCode: Status.NOT_FOUND, errorMessage: `no descriptor of ${what}` } };
  const fileDescriptorProto = index.withImports(file).map(({ bytes }) => bytes);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}
