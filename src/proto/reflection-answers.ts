/** What the server reflection protocol answers, over an index of descriptors. Loads no gRPC library. */
import type { DescriptorFile, DescriptorIndex } from "./descriptor-index.js";
import { ServerReflectionRequest, ServerReflectionResponse } from "./gen/grpc/reflection/v1/reflection.js";
import { Status } from "./status-code.js";

export interface ReflectionSource {
  /** Full names of the services that this server offers now. */
  services(): readonly string[] | Promise<readonly string[]>;
  /** Asked for each question; keep what is expensive. */
  descriptors(): DescriptorIndex | Promise<DescriptorIndex>;
}

/** For a server that knows no messages: bytes in, bytes out. */
export async function* encodedAnswers(requests: AsyncIterable<Uint8Array>, source: ReflectionSource): AsyncGenerator<Uint8Array> {
  for await (const answer of reflectionAnswers(decoded(requests), source)) yield ServerReflectionResponse.encode(answer).finish();
}

async function* decoded(requests: AsyncIterable<Uint8Array>): AsyncGenerator<ServerReflectionRequest> {
  for await (const bytes of requests) yield ServerReflectionRequest.decode(bytes);
}

/** An answer for each question. */
export async function* reflectionAnswers(
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
