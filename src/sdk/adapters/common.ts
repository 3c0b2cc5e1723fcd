/** What all adapters share: options both ways, and the methods every resource has. */
import type {
  DoCommandRequest,
  DoCommandResponse,
  Geometry,
  GetGeometriesRequest,
  GetGeometriesResponse,
  GetStatusRequest,
  GetStatusResponse,
} from "../../proto/gen/viam/common/v1/common.js";
import type { CallContext, CallOptions as RpcOptions } from "../../proto/service.js";
import { type StructObject, toStruct } from "../../proto/struct.js";
import { unimplemented } from "../errors.js";
import type { CallOptions, Handle, Resource, Values } from "../resource.js";

/** Received: what the implementation gets, in members of its own, so that it can be copied. What is dear is made when it is asked for. */
export function received(context: CallContext, extra?: StructObject): CallOptions {
  return {
    extra,
    timeout: context.timeout,
    get signal() {
      return context.signal;
    },
    get metadata() {
      return context.metadata;
    },
  };
}

/** Sent: name and extra of a request. */
export function addressed(name: string, options: CallOptions | undefined): { name: string; extra?: StructObject } {
  return options?.extra === undefined ? { name } : { name, extra: toStruct(options.extra, "extra") };
}

/** Sent: what goes beside the request. */
export function sent(options: CallOptions | undefined): RpcOptions {
  return options ?? {};
}

/** Defaults of the methods every resource has. */
export function commonDefaults(what: string): Required<Resource> {
  return {
    doCommand: () => Promise.reject(unimplemented(`this ${what} has no commands`)),
    getStatus: () => Promise.resolve({}),
    getGeometries: () => Promise.resolve([]),
  };
}

type Find = (name: string) => Handle<Resource>;

export interface CommonHandlers {
  doCommand(request: DoCommandRequest, context: CallContext): Promise<DoCommandResponse>;
  getStatus(request: GetStatusRequest, context: CallContext): Promise<GetStatusResponse>;
  getGeometries(request: GetGeometriesRequest, context: CallContext): Promise<GetGeometriesResponse>;
}

export function commonHandlers(find: Find): CommonHandlers {
  return {
    doCommand: async (request, context) => {
      const result = await find(request.name).doCommand(request.command ?? {}, received(context));
      return { result: toStruct(result, "result") };
    },
    getStatus: async (request, context) => ({ result: toStruct(await find(request.name).getStatus(received(context)), "status") }),
    getGeometries: async (request, context) => ({
      geometries: [...(await find(request.name).getGeometries(received(context, request.extra)))],
    }),
  };
}

interface CommonRpc {
  doCommand(request: DoCommandRequest, options?: RpcOptions): Promise<DoCommandResponse>;
  getStatus(request: GetStatusRequest, options?: RpcOptions): Promise<GetStatusResponse>;
  getGeometries?(request: GetGeometriesRequest, options?: RpcOptions): Promise<GetGeometriesResponse>;
}

export function commonClient(rpc: CommonRpc, name: string): Required<Resource> {
  return {
    doCommand: async (command, options): Promise<Values> =>
      (await rpc.doCommand({ name, command: toStruct(command, "command") }, sent(options))).result ?? {},
    getStatus: async (options): Promise<Values> => (await rpc.getStatus({ name }, sent(options))).result ?? {},
    getGeometries: async (options): Promise<readonly Geometry[]> =>
      rpc.getGeometries === undefined ? [] : (await rpc.getGeometries(addressed(name, options), sent(options))).geometries,
  };
}
