/** Typed promise clients over a channel, made from a generated service definition. */
import type { HeaderList } from "../../http2/header-list.js";
import { type AnyMethod, type CallOptions, methodPath, type ServiceClient, type ServiceDefinition } from "../../proto/service.js";
import { RpcError, Status, toRpcError } from "../../proto/status-code.js";
import { plainRequest, requestWith } from "./call-fields.js";
import type { ClientCall } from "./client-call.js";
import type { GrpcChannel } from "./grpc-channel.js";
import { MessageQueue } from "./message-queue.js";
import { frameMessage } from "./message-sender.js";
import { MessageSource } from "./message-source.js";

interface ClientMethod {
  readonly channel: GrpcChannel;
  readonly method: AnyMethod;
  readonly path: string;
  readonly plain: HeaderList;
}

/** A client of one service. Making one is cheap; the channel is shared. */
export function createClient<D extends ServiceDefinition>(definition: D, channel: GrpcChannel): ServiceClient<D> {
  const methods: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(definition.methods)) {
    const path = methodPath(definition, method);
    methods[key] = functionOf({ channel, method, path, plain: plainRequest(path) });
  }
  // The loop above makes one function a method, of the kind its definition says.
  return methods as ServiceClient<D>;
}

function functionOf(of: ClientMethod): unknown {
  const { requestStream, responseStream } = of.method;
  if (requestStream && responseStream) {
    return (requests: AsyncIterable<unknown>, options?: CallOptions) => callForMany(of, options, sendAll(of, requests));
  }
  if (requestStream) {
    return (requests: AsyncIterable<unknown>, options?: CallOptions) => callForOne(of, options, sendAll(of, requests));
  }
  if (responseStream) return (request: unknown, options?: CallOptions) => callForMany(of, options, sendOne(of, request));
  return (request: unknown, options?: CallOptions) => callForOne(of, options, sendOne(of, request));
}

const NO_OPTIONS: CallOptions = {};

/** Run before the call is started: for a request that cannot be written none is. What it returns does not throw. */
type Prepare = () => (call: ClientCall) => void;

function sendOne({ method }: ClientMethod, request: unknown): Prepare {
  return () => {
    const framed = frameMessage(method.requestType, request);
    return (call) => call.send(framed, true);
  };
}

function sendAll({ method }: ClientMethod, requests: AsyncIterable<unknown>): Prepare {
  return () => {
    const source = new MessageSource(requests);
    return (call) => void pump(method, source, call).catch(() => call.cancel("the source of the requests failed"));
  };
}

function callForOne(of: ClientMethod, options: CallOptions = NO_OPTIONS, prepare: Prepare): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { signal, timeout, metadata } = options;
    let answer: Buffer | undefined;
    const onAbort = (): void => call?.cancel();
    const onEnd = (error: RpcError | undefined): void => {
      signal?.removeEventListener("abort", onAbort);
      if (error !== undefined) {
        reject(error);
        return;
      }
      try {
        resolve(decode(of, answer));
      } catch (broken) {
        reject(broken);
      }
    };
    const onMessage = (bytes: Buffer): void => {
      if (answer !== undefined) throw new RpcError(Status.UNIMPLEMENTED, `${of.path} answers with one message, a second one came`);
      answer = bytes;
    };
    const receiver = { onMessage, onReceived: (bytes: number): void => call?.credit(bytes), onEnd };
    let call: ClientCall | undefined;
    try {
      if (signal?.aborted === true) throw new RpcError(Status.CANCELLED, "cancelled before the call");
      const request = requestWith(of.plain, timeout, metadata);
      const send = prepare();
      call = of.channel.start({ path: of.path, request, timeout, receiver });
      if (!call.isOver) signal?.addEventListener("abort", onAbort, { once: true });
      send(call);
    } catch (error) {
      reject(toRpcError(error));
    }
  });
}

function callForMany(of: ClientMethod, options: CallOptions = NO_OPTIONS, prepare: Prepare): AsyncIterable<unknown> {
  const { signal, timeout, metadata } = options;
  const onAbort = (): void => call?.cancel();
  const queue = new MessageQueue<unknown>(
    (bytes) => call?.credit(bytes),
    () => call?.cancel(),
  );
  let call: ClientCall | undefined;
  try {
    if (signal?.aborted === true) throw new RpcError(Status.CANCELLED, "cancelled before the call");
    const request = requestWith(of.plain, timeout, metadata);
    const send = prepare();
    const onEnd = (error: RpcError | undefined): void => {
      signal?.removeEventListener("abort", onAbort);
      if (error === undefined) queue.finish();
      else queue.fail(error, signal?.aborted === true);
    };
    const receiver = {
      onMessage: (bytes: Buffer, size: number): void => queue.push(decode(of, bytes), size),
      onReceived: (bytes: number): void => queue.received(bytes),
      onEnd,
    };
    call = of.channel.start({ path: of.path, request, timeout, receiver });
    if (!call.isOver) signal?.addEventListener("abort", onAbort, { once: true });
    send(call);
  } catch (error) {
    queue.fail(toRpcError(error));
  }
  return queue;
}

function decode({ method, path }: ClientMethod, bytes: Buffer | undefined): unknown {
  if (bytes === undefined) throw new RpcError(Status.UNIMPLEMENTED, `${path} answered OK without a message`);
  try {
    return method.responseType.decode(bytes);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new RpcError(Status.INTERNAL, `an answer to ${path} cannot be read: ${text}`, { cause: error });
  }
}

/** Sends all requests, waiting where the peer takes no more. A source that throws cancels the call. */
async function pump(method: AnyMethod, source: MessageSource, call: ClientCall): Promise<void> {
  call.onOver = () => source.leave();
  try {
    if (call.isOver) return;
    for (let next = await source.next(); next !== undefined; next = await source.next()) {
      call.send(frameMessage(method.requestType, next.value), false);
      if (!call.isWritable) await call.drained();
    }
    call.end();
  } finally {
    source.leave();
  }
}
