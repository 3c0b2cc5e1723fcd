/** Reflection of a module, v1 and v1alpha: what it takes is loaded at the first question. */
import type { DescriptorIndex } from "../proto/descriptor-index.js";
import type { Codec, ServiceDefinition } from "../proto/service.js";
import type { GrpcServer } from "./grpc/grpc-server.js";
import type { ModelTable } from "./model-table.js";

/** Messages stay bytes: who knows them is loaded later. */
const BYTES: Codec<Uint8Array> = {
  // Only `finish` of the writer is ever used by those who encode.
  encode: (bytes) => ({ finish: () => bytes }) as unknown as ReturnType<Codec<Uint8Array>["encode"]>,
  decode: (input) => {
    if (!(input instanceof Uint8Array)) throw new TypeError("expected bytes");
    return input;
  },
};

const VERSIONS: readonly string[] = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/** `ownService`: what the module serves beside its APIs. */
export function serveReflection(server: GrpcServer, table: ModelTable, ownService: string): void {
  let index: Promise<DescriptorIndex> | undefined;
  const source = {
    services: () => [...table.served.map(({ service }) => service), ownService, ...VERSIONS],
    descriptors: () => {
      index ??= describe(table);
      return index;
    },
  };
  async function* serverReflectionInfo(requests: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { encodedAnswers } = await import("../proto/reflection-answers.js");
    yield* encodedAnswers(requests, source);
  }
  for (const fullName of VERSIONS) server.addService(definitionOf(fullName), { serverReflectionInfo });
}

function definitionOf(fullName: string): ServiceDefinition & { readonly methods: { readonly serverReflectionInfo: typeof METHOD } } {
  return { name: "ServerReflection", fullName, methods: { serverReflectionInfo: METHOD } };
}

const METHOD = {
  name: "ServerReflectionInfo",
  requestType: BYTES,
  requestStream: true,
  responseType: BYTES,
  responseStream: true,
  options: {},
} as const;

async function describe(table: ModelTable): Promise<DescriptorIndex> {
  const { addOwnDescriptors, DescriptorIndex } = await import("../proto/descriptor-index.js");
  const index = new DescriptorIndex();
  await addOwnDescriptors(index);
  for (const api of table.served) await (await api.load()).describe?.(index);
  return index;
}
