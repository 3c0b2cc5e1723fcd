/** An API as a value: its triplet, its gRPC service, and the adapters that load when it is first used. */
import type { DescriptorIndex } from "../proto/descriptor-index.js";
import type { ServiceDefinition, ServiceHandlers } from "../proto/service.js";
import type { GrpcChannel } from "./grpc/grpc-channel.js";
import type { Handle } from "./resource.js";

/** `T` is the interface that implementations have and callers use. */
export interface ResourceApi<T> {
  /** `namespace:type:subtype` */
  readonly triplet: string;
  /** Full gRPC service name. */
  readonly service: string;
  /** Loads both adapters; the same promise every time. */
  load(): Promise<ApiAdapter<T>>;
}

/** How one API travels. */
export interface ApiAdapter<T> {
  readonly definition: ServiceDefinition;
  /** Answers of methods that an implementation left out. */
  defaults(resource: T): Partial<T>;
  /** Server side: requests to calls of the resource the name stands for. `find` throws NOT_FOUND. */
  handlers(find: (name: string) => Handle<T>): ServiceHandlers<ServiceDefinition>;
  /** Client side. */
  client(channel: GrpcChannel, name: string): Handle<T>;
  /** Adds the descriptors of a custom API's files, for reflection. */
  describe?(index: DescriptorIndex): Promise<void>;
}

/** Makes an API of a loader that runs once, at first use. */
export function createApi<T>(triplet: string, service: string, loader: () => Promise<ApiAdapter<T>>): ResourceApi<T> {
  let loading: Promise<ApiAdapter<T>> | undefined;
  return {
    triplet,
    service,
    load: () => {
      loading ??= loader();
      return loading;
    },
  };
}

/** The object with its missing methods filled in. Methods run on the object itself, so private members work. */
export function toHandle<T extends object>(resource: T, adapter: ApiAdapter<T>): Handle<T> {
  const defaults: object = adapter.defaults(resource);
  // Methods are called for every request: each is bound once.
  const methods = new Map<string | symbol, { readonly own: unknown; readonly bound: unknown }>();
  return new Proxy(resource, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key, target);
      if (typeof own === "function") {
        const known = methods.get(key);
        if (known?.own === own) return known.bound;
        const bound: unknown = own.bind(target);
        methods.set(key, { own, bound });
        return bound;
      }
      return own === undefined ? Reflect.get(defaults, key) : own;
    },
    // The proxy has every method: its own or a default.
  }) as Handle<T>;
}
