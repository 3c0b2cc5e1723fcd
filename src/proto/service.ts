/** Types over the generated service definitions: what a client of one looks like, and what implements one. */
import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export interface Codec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

export interface MethodDefinition<I = unknown, O = unknown> {
  /** As on the wire, for example `GetReadings`. */
  readonly name: string;
  readonly requestType: Codec<I>;
  readonly requestStream: boolean;
  readonly responseType: Codec<O>;
  readonly responseStream: boolean;
  readonly options: object;
}

/** The shape of every generated `…Definition` constant. */
export interface ServiceDefinition {
  readonly name: string;
  /** As on the wire, for example `viam.component.sensor.v1.SensorService`. */
  readonly fullName: string;
  // Method parameters are bivariant, which lets every Codec<T> in.
  readonly methods: Readonly<Record<string, AnyMethod>>;
}

export interface AnyMethod {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the message types of all methods; each use narrows them again
  readonly requestType: Codec<any>;
  readonly requestStream: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly responseType: Codec<any>;
  readonly responseStream: boolean;
  readonly options: object;
}

type Request<M extends AnyMethod> = M["requestType"] extends Codec<infer I> ? I : never;
type Response<M extends AnyMethod> = M["responseType"] extends Codec<infer O> ? O : never;

/** Ends a call early and says what goes with it. Without either a call may last for ever. */
export interface CallOptions {
  /** Milliseconds from now until the call ends with DEADLINE_EXCEEDED. */
  readonly timeout?: number | undefined;
  /** Aborting ends the call with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Headers; keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

type ClientMethod<M extends AnyMethod> = M["responseStream"] extends true
  ? (request: M["requestStream"] extends true ? AsyncIterable<Request<M>> : Request<M>, options?: CallOptions) => AsyncIterable<Response<M>>
  : (request: M["requestStream"] extends true ? AsyncIterable<Request<M>> : Request<M>, options?: CallOptions) => Promise<Response<M>>;

/** A promise for every unary and client-streaming method, an async iterable for the others. All reject with RpcError. */
export type ServiceClient<D extends ServiceDefinition> = { readonly [K in keyof D["methods"]]: ClientMethod<D["methods"][K]> };

/** What a handler knows of its call besides the request. */
export interface CallContext {
  /** Aborted when the client cancels, goes away or its deadline passes. */
  readonly signal: AbortSignal;
  /** Milliseconds left when the call came, undefined for no deadline. */
  readonly timeout: number | undefined;
  /** Headers of the request, keys in lower case, several values joined by ", ", binary ones left out. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The address of the peer as gRPC tells it. */
  readonly peer: string;
}

type HandlerMethod<M extends AnyMethod> = M["responseStream"] extends true
  ? (request: M["requestStream"] extends true ? AsyncIterable<Request<M>> : Request<M>, context: CallContext) => AsyncIterable<Response<M>>
  : (
      request: M["requestStream"] extends true ? AsyncIterable<Request<M>> : Request<M>,
      context: CallContext,
    ) => Promise<Response<M>> | Response<M>;

/** Implements a service. A method left out answers UNIMPLEMENTED. */
export type ServiceHandlers<D extends ServiceDefinition> = { readonly [K in keyof D["methods"]]?: HandlerMethod<D["methods"][K]> };

/** `/package.Service/Method`. */
export function methodPath(service: ServiceDefinition, method: AnyMethod): string {
  return `/${service.fullName}/${method.name}`;
}
