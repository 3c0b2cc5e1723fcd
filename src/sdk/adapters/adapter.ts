/** Builds an adapter with the types of its service checked, then erased. */
import type { ServiceClient, ServiceDefinition, ServiceHandlers } from "../../proto/service.js";
import { createClient } from "../grpc/create-client.js";
import type { GrpcChannel } from "../grpc/grpc-channel.js";
import type { Handle } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";

export function createAdapter<T, D extends ServiceDefinition>(parts: {
  readonly definition: D;
  readonly defaults: (resource: T) => Partial<T>;
  readonly handlers: (find: (name: string) => Handle<T>) => ServiceHandlers<D>;
  readonly client: (rpc: ServiceClient<D>, name: string) => Handle<T>;
}): ApiAdapter<T> {
  return {
    definition: parts.definition,
    defaults: parts.defaults,
    // Whoever serves these passes them together with the definition above.
    handlers: parts.handlers as unknown as ApiAdapter<T>["handlers"],
    client: (channel: GrpcChannel, name: string) => parts.client(createClient(parts.definition, channel), name),
  };
}
