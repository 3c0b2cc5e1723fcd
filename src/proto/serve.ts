/** Puts handlers written as async functions and generators on a server of grpc-js. */
import type { Readable } from "node:stream";
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type Server,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { serializer } from "./client.js";
import { type AnyMethod, type CallContext, methodPath, type ServiceDefinition, type ServiceHandlers } from "./service.js";
import { RpcError, Status, toRpcError } from "./status-code.js";

type GrpcServiceDefinition = Record<string, MethodDefinition<unknown, unknown>>;

/** Adds a service. Handlers may throw anything: an RpcError keeps its status, the rest is UNKNOWN with its text. */
export function addService<D extends ServiceDefinition>(
  server: Server,
  definition: D,
  handlers: ServiceHandlers<D>,
  /** Turns what a handler threw into the status that is sent. */
  onError: (error: unknown, path: string) => RpcError = toRpcError,
): void {
  const methods: GrpcServiceDefinition = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [key, method] of Object.entries(definition.methods)) {
    const path = methodPath(definition, method);
    methods[key] = toGrpcMethod(path, method);
    const handler: unknown = Reflect.get(handlers, key) ?? unimplemented(path);
    implementation[key] = toGrpcHandler(handler as Handler, method, (error) => onError(error, path));
  }
  server.addService(methods, implementation);
}

type Handler = (request: unknown, context: CallContext) => unknown;
type ToError = (error: unknown) => RpcError;
type AnyGrpcHandler =
  | handleUnaryCall<unknown, unknown>
  | handleClientStreamingCall<unknown, unknown>
  | handleServerStreamingCall<unknown, unknown>
  | handleBidiStreamingCall<unknown, unknown>;

function unimplemented(path: string): Handler {
  return () => {
    throw new RpcError(Status.UNIMPLEMENTED, `${path} is not implemented here`);
  };
}

function toGrpcMethod(path: string, method: AnyMethod): MethodDefinition<unknown, unknown> {
  return {
    path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: serializer(method.requestType),
    requestDeserialize: (bytes) => method.requestType.decode(bytes),
    responseSerialize: serializer(method.responseType),
    responseDeserialize: (bytes) => method.responseType.decode(bytes),
  };
}

function toGrpcHandler(handler: Handler, method: AnyMethod, toError: ToError): AnyGrpcHandler {
  if (method.responseStream) return streamingHandler(handler, method, toError);
  const unary: handleUnaryCall<unknown, unknown> = (call, callback) => {
    const request = method.requestStream ? requestsOf(call) : call.request;
    respond(handler, request, contextOf(call), toError).then(
      (value) => callback(null, value),
      (error: RpcError) => callback(toServiceError(error)),
    );
  };
  return unary;
}

async function respond(handler: Handler, request: unknown, context: CallContext, toError: ToError): Promise<unknown> {
  try {
    return await handler(request, context);
  } catch (error) {
    throw toError(error);
  }
}

type Writable = ServerWritableStream<unknown, unknown>;

function streamingHandler(handler: Handler, method: AnyMethod, toError: ToError): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    const request = method.requestStream ? requestsOf(call) : call.request;
    const context = contextOf(call);
    const run = async (): Promise<void> => {
      // The definition says that this method streams, so its handler returns an iterable.
      const messages = (handler(request, context) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      const { signal } = context;
      let leave = (): void => undefined;
      signal.addEventListener("abort", () => leave(), { once: true });
      for (;;) {
        // No Promise.race with one promise for the whole stream: that would keep every message's reaction alive.
        const next = await new Promise<IteratorResult<unknown> | undefined>((resolve, reject) => {
          leave = () => resolve(undefined);
          if (signal.aborted) leave();
          else messages.next().then(resolve, reject);
        });
        if (next === undefined) {
          // Not waited for: a generator in the middle of an await returns when that settles.
          messages.return?.().catch(() => undefined);
          return;
        }
        if (next.done === true) break;
        if (!call.write(next.value)) await drained(call, signal);
      }
      call.end();
    };
    run().catch((error: unknown) => {
      if (!context.signal.aborted) call.emit("error", toServiceError(toError(error)));
    });
  };
}

/** Ending the loop over the requests must not destroy the answers' side of the same stream. */
function requestsOf(call: unknown): AsyncIterable<unknown> {
  // Every call of a method with a request stream is a Readable.
  const readable = call as Readable;
  return { [Symbol.asyncIterator]: () => readable.iterator({ destroyOnReturn: false }) };
}

function drained(call: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      call.off("drain", finish);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    call.on("drain", finish);
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}

interface ServerCall extends NodeJS.EventEmitter {
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
}

/** Most handlers look at nothing here, so everything is made on first use. */
function contextOf(call: ServerCall): CallContext {
  let controller: AbortController | undefined;
  let isCancelled = false;
  call.on("cancelled", () => {
    isCancelled = true;
    controller?.abort(new RpcError(Status.CANCELLED, "the caller cancelled or its deadline passed"));
  });
  return {
    get signal(): AbortSignal {
      controller ??= new AbortController();
      if (isCancelled && !controller.signal.aborted)
        controller.abort(new RpcError(Status.CANCELLED, "the caller cancelled or its deadline passed"));
      return controller.signal;
    },
    get timeout(): number | undefined {
      // grpc-js has the deadline on the wall clock, so the same clock says what is left.
      const deadline = Number(call.getDeadline());
      return Number.isFinite(deadline) ? Math.max(0, deadline - Date.now()) : undefined;
    },
    get metadata(): Readonly<Record<string, string>> {
      const entries: Record<string, string> = {};
      for (const key of Object.keys(call.metadata.getMap())) {
        const texts = call.metadata.get(key).filter((value) => typeof value === "string");
        if (texts.length > 0) entries[key] = texts.join(", ");
      }
      return entries;
    },
    get peer(): string {
      return call.getPeer();
    },
  };
}

function toServiceError(error: RpcError): Error & { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(error.trailers)) metadata.set(key, value);
  return Object.assign(new Error(error.message), { code: error.code, details: error.message, metadata });
}
