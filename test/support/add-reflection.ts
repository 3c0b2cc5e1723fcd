/** The gRPC server reflection protocol, v1 and v1alpha, on a server of grpc-js. */
import type { Server } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionDefinition as V1Definition,
} from "../../src/proto/gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionDefinition as V1AlphaDefinition } from "../../src/proto/gen/grpc/reflection/v1alpha/reflection.js";
import { type ReflectionSource, reflectionAnswers } from "../../src/proto/reflection-answers.js";
import { addService } from "../../src/proto/serve.js";

/** Serves both versions; their messages are the same on the wire and in the generated types. */
export function addReflection(server: Server, source: ReflectionSource): void {
  const serverReflectionInfo = (requests: AsyncIterable<ServerReflectionRequest>): AsyncIterable<ServerReflectionResponse> =>
    reflectionAnswers(requests, source);
  addService(server, V1Definition, { serverReflectionInfo });
  addService(server, V1AlphaDefinition, { serverReflectionInfo });
}
