/** Typed promise clients over a channel of grpc-js, made from a generated service definition. */
import { type Client, type CallOptions as GrpcCallOptions, Metadata, type ServiceError } from "@grpc/grpc-js";
import { type AnyMethod, type CallOptions, type Codec, methodPath, type ServiceClient, type ServiceDefinition } from "./service.js";
import { RpcError, Status } from "./status-code.js";

/** A client of one service. Making one is cheap; the channel is shared. */
export function createClient<D extends ServiceDefinition>(definition: D, channel: Client): ServiceClient<D> {
  const methods: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(definition.methods))
    methods[key] = clientMethod(channel, methodPath(definition, method), method);
  // The loop above makes one function a method, of the kind its definition says.
  return methods as ServiceClient<D>;
}

function clientMethod(channel: Client, path: string, method: AnyMethod): unknown {
  const serialize = serializer(method.requestType);
  const deserialize = (bytes: Buffer): unknown => method.responseType.decode(bytes);
  if (method.requestStream && method.responseStream) {
    return (requests: AsyncIterable<unknown>, options: CallOptions = {}): AsyncIterable<unknown> => {
      const call = channel.makeBidiStreamRequest(path, serialize, deserialize, toMetadata(options), toGrpcOptions(options));
      pump(requests, call);
      return responses(call, options.signal);
    };
  }
  if (method.requestStream) {
    return (requests: AsyncIterable<unknown>, options: CallOptions = {}): Promise<unknown> =>
      settle(options.signal, (done) => {
        const call = channel.makeClientStreamRequest(path, serialize, deserialize, toMetadata(options), toGrpcOptions(options), done);
        pump(requests, call);
        return call;
      });
  }
  if (method.responseStream) {
    return (request: unknown, options: CallOptions = {}): AsyncIterable<unknown> =>
      responses(
        channel.makeServerStreamRequest(path, serialize, deserialize, request, toMetadata(options), toGrpcOptions(options)),
        options.signal,
      );
  }
  return (request: unknown, options: CallOptions = {}): Promise<unknown> =>
    settle(options.signal, (done) =>
      channel.makeUnaryRequest(path, serialize, deserialize, request, toMetadata(options), toGrpcOptions(options), done),
    );
}

/** A unary call of any path with bytes in and bytes out. */
export function callRaw(channel: Client, path: string, request: Uint8Array, options: CallOptions = {}): Promise<Buffer> {
  return settle(options.signal, (done) =>
    channel.makeUnaryRequest(path, asBuffer, (bytes: Buffer) => bytes, request, toMetadata(options), toGrpcOptions(options), done),
  );
}

/** A call of any path and kind with bytes in and bytes out. */
export function streamRaw(
  channel: Client,
  path: string,
  requests: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): AsyncIterable<Buffer> {
  const call = channel.makeBidiStreamRequest(path, asBuffer, (bytes: Buffer) => bytes, toMetadata(options), toGrpcOptions(options));
  pump(requests, call);
  return responses(call, options.signal);
}

/** The no-copy Buffer that grpc-js wants. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The codec's encoder as grpc-js wants it. */
export function serializer<T>(codec: Codec<T>): (message: T) => Buffer {
  return (message) => asBuffer(codec.encode(message).finish());
}

interface Cancellable {
  cancel(): void;
}

function settle<T>(
  signal: AbortSignal | undefined,
  start: (done: (error: ServiceError | null, value?: T) => void) => Cancellable,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new RpcError(Status.CANCELLED, "cancelled before the call"));
      return;
    }
    const onAbort = (): void => call.cancel();
    const call = start((error, value) => {
      signal?.removeEventListener("abort", onAbort);
      if (error !== null) reject(fromServiceError(error));
      // grpc-js hands over a value whenever there is no error.
      else resolve(value as T);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

async function* responses<T>(
  call: AsyncIterable<T> & Cancellable & NodeJS.EventEmitter,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const onAbort = (): void => call.cancel();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const message of call) yield message;
  } catch (error) {
    throw isServiceError(error) ? fromServiceError(error) : error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // After the consumer left the loop nobody listens, and the cancelled call still reports its end.
    call.on("error", () => {});
    call.cancel();
  }
}

interface Writer extends Cancellable, NodeJS.EventEmitter {
  write(message: unknown): boolean;
  end(): void;
}

/** Writes all requests, waiting where the stream is full. A source that throws cancels the call. */
function pump(requests: AsyncIterable<unknown>, call: Writer): void {
  const run = async (): Promise<void> => {
    let isOver = false;
    let wake = (): void => {};
    const finish = (): void => {
      isOver = true;
      wake();
    };
    call.on("status", finish);
    call.on("error", finish);
    call.on("drain", () => wake());
    for await (const request of requests) {
      if (isOver) return;
      if (call.write(request)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isOver) resolve();
      });
    }
    call.end();
  };
  run().catch(() => call.cancel());
}

function toMetadata(options: CallOptions): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  return metadata;
}

function toGrpcOptions(options: CallOptions): GrpcCallOptions {
  return options.timeout === undefined ? {} : { deadline: wallDeadline(options.timeout) };
}

/** grpc-js counts deadlines on the wall clock; it is read here only to hand the same clock back. */
function wallDeadline(timeout: number): number {
  return Date.now() + timeout;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

function fromServiceError(error: ServiceError): RpcError {
  const trailers: Record<string, string> = {};
  for (const [key, value] of Object.entries(error.metadata?.getMap() ?? {})) {
    if (typeof value === "string") trailers[key] = value;
  }
  return new RpcError(error.code, error.details, { cause: error, trailers });
}
