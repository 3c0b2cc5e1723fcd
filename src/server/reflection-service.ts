/**
 * Server reflection, both versions: our own services from our own descriptors, resources' services from the modules that serve
 * them. A module's descriptors win for what it serves: it knows all of its messages, ours are trimmed to what we use.
 */
import type { MachineStatus, MachineView } from "../machine/machine-status.js";
import type { DescriptorFile, DescriptorIndex } from "../proto/descriptor-index.js";
import type { ServerReflectionRequest, ServerReflectionResponse } from "../proto/gen/grpc/reflection/v1/reflection.js";
import { Status } from "../proto/status-code.js";
import { upstreamKey } from "./call-router.js";
import type { Caller } from "./caller.js";
import type { ModuleDescriptors } from "./module-descriptors.js";
import { ownServiceNames } from "./own-services.js";
import type { Upstream } from "./router-backend.js";

export interface ReflectionOptions {
  readonly view: Pick<MachineView, "status" | "services">;
  readonly modules: ModuleDescriptors;
  /** Loaded at the first question. */
  readonly own: () => Promise<DescriptorIndex>;
}

type Answer = NonNullable<ServerReflectionResponse["messageResponse"]>;

/** Answers questions as they come until the client ends the stream. */
export async function* reflect(
  requests: AsyncIterable<ServerReflectionRequest>,
  caller: Caller,
  options: ReflectionOptions,
): AsyncGenerator<ServerReflectionResponse> {
  for await (const request of requests) {
    yield { validHost: request.host, originalRequest: request, messageResponse: await answer(request, caller, options) };
  }
}

async function answer(request: ServerReflectionRequest, caller: Caller, options: ReflectionOptions): Promise<Answer> {
  const question = request.messageRequest;
  switch (question?.$case) {
    case "listServices":
      return { $case: "listServicesResponse", value: { service: serviceNames(caller, options).map((name) => ({ name })) } };
    case "fileContainingSymbol":
      return toAnswer(await findSymbol(question.value.replace(/^\./, ""), caller, options), `symbol ${question.value}`);
    case "fileByFilename":
      return toAnswer(await findFile(question.value, options), `file ${question.value}`);
    case "fileContainingExtension":
      return problem(Status.NOT_FOUND, `no extension ${question.value.extensionNumber} of ${question.value.containingType} is known here`);
    case "allExtensionNumbersOfType": {
      const index = await options.own();
      if (index.fileOfSymbol(question.value) === undefined) return problem(Status.NOT_FOUND, `no descriptor of type ${question.value}`);
      return { $case: "allExtensionNumbersResponse", value: { baseTypeName: question.value, extensionNumber: [] } };
    }
    case undefined:
      return problem(Status.INVALID_ARGUMENT, "the request asks nothing");
  }
}

/** The files that a service needs, each after those it imports; undefined when nobody knows it. */
export async function describeService(
  service: string,
  caller: Caller,
  options: ReflectionOptions,
): Promise<readonly Uint8Array[] | undefined> {
  const found = await findSymbol(service, caller, options);
  return found === undefined ? undefined : importsFirst(found);
}

function importsFirst({ index, file }: Found): readonly Uint8Array[] {
  const ordered = new Set<DescriptorFile>();
  const seen = new Set<DescriptorFile>();
  const add = (current: DescriptorFile): void => {
    if (seen.has(current)) return;
    seen.add(current);
    for (const name of current.imports) {
      const imported = index.file(name);
      if (imported !== undefined) add(imported);
    }
    ordered.add(current);
  };
  add(file);
  return [...ordered].map(({ bytes }) => bytes);
}

function serviceNames(caller: Caller, { view }: ReflectionOptions): readonly string[] {
  return [...new Set([...ownServiceNames(caller), ...view.services().values()])].toSorted();
}

interface Found {
  readonly index: DescriptorIndex;
  readonly file: DescriptorFile;
}

async function findSymbol(symbol: string, caller: Caller, options: ReflectionOptions): Promise<Found | undefined> {
  const own = await options.own();
  const ownFile = own.fileOfSymbol(symbol);
  if (ownFile !== undefined && ownServiceNames(caller).some((service) => isWithin(symbol, service))) return { index: own, file: ownFile };
  const { serving, others } = modulesFor(symbol, options);
  // What no module serves as a service may be a message that any of them knows; ours is as good then.
  for (const upstream of serving) {
    const found = await inModule(upstream, symbol, options);
    if (found !== undefined) return found;
  }
  if (ownFile !== undefined) return { index: own, file: ownFile };
  for (const upstream of others) {
    const found = await inModule(upstream, symbol, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function inModule(upstream: Upstream, symbol: string, { modules }: ReflectionOptions): Promise<Found | undefined> {
  const index = await modules.ofSymbol(upstream, symbol);
  const file = index.fileOfSymbol(symbol);
  return file === undefined ? undefined : { index, file };
}

async function findFile(name: string, options: ReflectionOptions): Promise<Found | undefined> {
  const own = await options.own();
  const ownFile = own.file(name);
  if (ownFile !== undefined) return { index: own, file: ownFile };
  for (const upstream of readyModules(options.view.status()).map(({ upstream }) => upstream)) {
    const index = await options.modules.ofFile(upstream, name);
    const file = index.file(name);
    if (file !== undefined) return { index, file };
  }
  return undefined;
}

interface ReadyModule {
  readonly upstream: Upstream;
  readonly services: readonly string[];
}

function readyModules(status: MachineStatus): readonly ReadyModule[] {
  return status.modules.flatMap((module): ReadyModule[] => {
    if (module.state !== "ready" || module.address === undefined) return [];
    const upstream = { key: upstreamKey(module.name, module.incarnation), what: `module "${module.name}"`, address: module.address };
    return [{ upstream, services: module.handlers.map(({ service }) => service) }];
  });
}

function modulesFor(
  symbol: string,
  { view }: ReflectionOptions,
): { readonly serving: readonly Upstream[]; readonly others: readonly Upstream[] } {
  const ready = readyModules(view.status());
  const isServing = ({ services }: ReadyModule): boolean => services.some((service) => isWithin(symbol, service));
  return {
    serving: ready.filter(isServing).map(({ upstream }) => upstream),
    others: ready.filter((module) => !isServing(module)).map(({ upstream }) => upstream),
  };
}

/** The service itself or one of its methods. */
function isWithin(symbol: string, service: string): boolean {
  return symbol === service || symbol.startsWith(`${service}.`);
}

function toAnswer(found: Found | undefined, what: string): Answer {
  if (found === undefined) return problem(Status.NOT_FOUND, `no descriptor of ${what}`);
  const fileDescriptorProto = found.index.withImports(found.file).map(({ bytes }) => bytes);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function problem(errorCode: Status, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}
