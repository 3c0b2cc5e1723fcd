/** A custom API on the wire: every method passes its messages as they are, addressed by field 1 of the request. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../base/package-root.js";
import { addOwnDescriptors, DescriptorIndex } from "../../proto/descriptor-index.js";
import * as common from "../../proto/gen/viam/common/v1/common.js";
import type { AnyMethod, CallContext, CallOptions, Codec, ServiceDefinition, ServiceHandlers } from "../../proto/service.js";
import type { CustomApiOptions } from "../custom-api.js";
import { invalidArgument, unimplemented } from "../errors.js";
import { createClient } from "../grpc/create-client.js";
import type { GrpcChannel } from "../grpc/grpc-channel.js";
import type { Handle, Resource } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { commonClient, commonDefaults, commonHandlers } from "./common.js";
import { loadDescriptorExtension } from "./descriptor-extension.js";
import { describeFiles } from "./file-descriptors.js";
import { decodeMessage, encodeMessage, type ProtoMethod, readProtoFile, readRoot } from "./proto-file.js";

type AnyResource = Resource & Record<string, unknown>;
type Message = Record<string, unknown>;

// Methods every resource has, with the shared messages.
const COMMON_METHODS: Readonly<Record<string, Pick<AnyMethod, "requestType" | "responseType">>> = {
  DoCommand: { requestType: common.DoCommandRequest, responseType: common.DoCommandResponse },
  GetStatus: { requestType: common.GetStatusRequest, responseType: common.GetStatusResponse },
  GetGeometries: { requestType: common.GetGeometriesRequest, responseType: common.GetGeometriesResponse },
};

export async function createCustomAdapter({
  api,
  proto,
  service,
  includeFolders = [],
}: CustomApiOptions): Promise<ApiAdapter<AnyResource>> {
  const file = path.resolve(proto instanceof URL ? fileURLToPath(proto) : proto);
  const ownFolder = path.join(packageRoot(), "src", "proto");
  const folders = [...includeFolders.map((folder) => path.resolve(folder)), ownFolder];
  const extension = await loadDescriptorExtension();
  const methods = readProtoFile(file, service, folders);
  const definition: ServiceDefinition = {
    name: service.slice(service.lastIndexOf(".") + 1),
    fullName: service,
    methods: Object.fromEntries(methods.map((method) => [keyOf(method.name), toDefinition(method)])),
  };
  const custom = methods.filter((method) => !isCommon(method));
  return {
    definition,
    defaults: () => ({ ...commonDefaults(api), ...missingMethods(custom, service) }),
    handlers: (find) => handlers(definition, custom, find),
    client: (channel, name) => client(definition, custom, channel, name),
    describe: async (index) => {
      const own = new DescriptorIndex();
      await addOwnDescriptors(own);
      const files = describeFiles(
        extension,
        readRoot(file, folders, true),
        [...folders, path.dirname(file)],
        (symbol) => own.fileOfSymbol(symbol)?.name,
      );
      for (const bytes of files) index.addFile(bytes);
    },
  };
}

function isCommon({ name, request }: ProtoMethod): boolean {
  return COMMON_METHODS[name] !== undefined && request.fullName.endsWith(`.common.v1.${name}Request`);
}

function keyOf(method: string): string {
  return method.charAt(0).toLowerCase() + method.slice(1);
}

function toDefinition(method: ProtoMethod): AnyMethod {
  const { name, requestStream, responseStream } = method;
  const shared = isCommon(method) ? COMMON_METHODS[name] : undefined;
  const types = shared ?? { requestType: codecOf(method.request), responseType: codecOf(method.response) };
  return { name, requestStream, responseStream, options: {}, ...types };
}

function codecOf(type: ProtoMethod["request"]): Codec<Message> {
  return {
    // Only `finish` of the writer is ever used by those who encode.
    encode: (message) => ({ finish: () => encodeMessage(type, message) }) as ReturnType<Codec<Message>["encode"]>,
    decode: (input) => {
      if (!(input instanceof Uint8Array)) throw new TypeError("expected bytes");
      return decodeMessage(type, input);
    },
  };
}

function missingMethods(methods: readonly ProtoMethod[], service: string): AnyResource {
  const missing: AnyResource = {};
  for (const { name } of methods) {
    missing[keyOf(name)] = () => {
      throw unimplemented(`/${service}/${name} is not implemented here`);
    };
  }
  return missing;
}

type Callable = (request: unknown, options: CallContext | CallOptions) => unknown;

function methodOf(resource: object, name: string): Callable {
  // The adapter's defaults put a function at every method of the service.
  return Reflect.get(resource, keyOf(name)) as Callable;
}

function handlers(
  definition: ServiceDefinition,
  methods: readonly ProtoMethod[],
  find: (name: string) => Handle<AnyResource>,
): ServiceHandlers<ServiceDefinition> {
  const all: Record<string, unknown> = {};
  for (const [key, handler] of Object.entries(commonHandlers(find))) if (definition.methods[key] !== undefined) all[key] = handler;
  for (const { name, requestStream, responseStream, addressField } of methods) {
    const start = async (request: unknown, call: CallContext): Promise<unknown> => {
      const context = copyable(call);
      if (!requestStream) return methodOf(find(nameIn(request, addressField)), name)(request, context);
      // The first message says which resource is meant and belongs to the stream as well.
      const messages = (request as AsyncIterable<Message>)[Symbol.asyncIterator]();
      const first = await messages.next();
      if (first.done === true) throw invalidArgument("the stream of requests ended before its first message");
      return methodOf(find(nameIn(first.value, addressField)), name)(prepend(first.value, messages), context);
    };
    all[keyOf(name)] = responseStream
      ? async function* (request: unknown, context: CallContext): AsyncGenerator<unknown> {
          yield* (await start(request, context)) as AsyncIterable<unknown>;
        }
      : start;
  }
  // One handler a method, of the method's kind.
  return all as ServiceHandlers<ServiceDefinition>;
}

/** With members of its own, so that an implementation may write `{ ...options, timeout: 500 }`. */
function copyable(call: CallContext): CallContext {
  return {
    timeout: call.timeout,
    peer: call.peer,
    get signal() {
      return call.signal;
    },
    get metadata() {
      return call.metadata;
    },
  };
}

function nameIn(message: unknown, field: string): string {
  const name: unknown = typeof message === "object" && message !== null ? Reflect.get(message, field) : undefined;
  if (typeof name === "string" && name !== "") return name;
  throw invalidArgument(`${field}: expected the resource's name in the first message`);
}

async function* prepend(first: Message, rest: AsyncIterator<Message>): AsyncGenerator<Message> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function client(definition: ServiceDefinition, methods: readonly ProtoMethod[], channel: GrpcChannel, name: string): Handle<AnyResource> {
  const rpc: Readonly<Record<string, unknown>> = createClient(definition, channel);
  // commonClient calls only what it is asked for; a service without the method makes that call fail as unimplemented.
  const shared = commonClient(rpc as unknown as Parameters<typeof commonClient>[0], name);
  const own: Record<string, unknown> = {};
  for (const { name: method, requestStream, addressField } of methods) {
    const call = rpc[keyOf(method)] as Callable;
    own[keyOf(method)] = requestStream
      ? (requests: AsyncIterable<Message>, options: CallOptions = {}) => call(addressAll(requests, addressField, name), options)
      : (request: Message = {}, options: CallOptions = {}) => call({ ...request, [addressField]: name }, options);
  }
  return { ...shared, ...own };
}

async function* addressAll(requests: AsyncIterable<Message>, field: string, name: string): AsyncGenerator<Message> {
  for await (const request of requests) yield { ...request, [field]: name };
}
