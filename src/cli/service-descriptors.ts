/** Asks the daemon's reflection for the descriptors of a service and of everything they import. */

import { DescriptorIndex } from "../proto/descriptor-index.js";
import { ServerReflectionDefinition, type ServerReflectionRequest } from "../proto/gen/grpc/reflection/v1/reflection.js";
import { CliError, ExitCode } from "./command.js";
import { CALL_TIMEOUT_MS, type DaemonClient } from "./daemon-client.js";

/** Serialized FileDescriptorProtos, every file after those it imports. Imports that nobody has are left out. */
export async function fetchServiceDescriptors(daemon: DaemonClient, service: string): Promise<readonly Uint8Array[]> {
  const index = new DescriptorIndex();
  const files = await ask(daemon, { $case: "fileContainingSymbol", value: service });
  for (const bytes of files) index.addFile(bytes);
  const root = index.fileOfSymbol(service);
  if (root === undefined) throw new CliError(ExitCode.FAILURE, `the descriptors that came for ${service} do not contain it`);
  const order = new Map<string, Uint8Array>();
  await addWithImports(daemon, index, root.name, order);
  return [...order.values()];
}

async function addWithImports(daemon: DaemonClient, index: DescriptorIndex, name: string, order: Map<string, Uint8Array>): Promise<void> {
  const file = index.file(name) ?? (await fetchFile(daemon, index, name));
  if (file === undefined || order.has(name)) return;
  for (const imported of file.imports) if (!order.has(imported)) await addWithImports(daemon, index, imported, order);
  order.set(name, file.bytes);
}

async function fetchFile(daemon: DaemonClient, index: DescriptorIndex, name: string): Promise<ReturnType<DescriptorIndex["file"]>> {
  try {
    for (const bytes of await ask(daemon, { $case: "fileByFilename", value: name })) index.addFile(bytes);
  } catch (error) {
    // Servers often lack files that only define options; what is really needed is missed when the message is built.
    if (!(error instanceof CliError)) throw error;
  }
  return index.file(name);
}

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;

async function ask(daemon: DaemonClient, messageRequest: Question): Promise<readonly Uint8Array[]> {
  async function* requests(): AsyncGenerator<ServerReflectionRequest> {
    yield { host: "", messageRequest };
  }
  const reflection = daemon.client(ServerReflectionDefinition);
  for await (const { messageResponse } of reflection.serverReflectionInfo(requests(), { timeout: CALL_TIMEOUT_MS })) {
    if (messageResponse?.$case === "fileDescriptorResponse") return messageResponse.value.fileDescriptorProto;
    const reason = messageResponse?.$case === "errorResponse" ? messageResponse.value.errorMessage : "an answer of the wrong kind";
    throw new CliError(ExitCode.FAILURE, `no descriptor of ${messageRequest.value}: ${reason}`);
  }
  throw new CliError(ExitCode.FAILURE, `no descriptor of ${messageRequest.value}: the daemon ended the answer`);
}
