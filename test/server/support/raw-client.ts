/** A grpc-js client that sends and receives bytes, for any path. */

import type { TestContext } from "node:test";
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata as GrpcMetadata,
  type Metadata,
  type StatusObject,
} from "@grpc/grpc-js";

const LIMIT = 64 * 1024 * 1024;
const identity = (bytes: Buffer): Buffer => bytes;

export interface RawAnswer {
  readonly messages: readonly Buffer[];
  readonly headers: Metadata | undefined;
  readonly status: StatusObject;
}

export interface RawClient {
  readonly channel: Client;
  /** Sends the messages and resolves when the call has ended, however it ended. */
  call(path: string, messages: readonly Buffer[], options?: RawOptions): Promise<RawAnswer>;
  open(path: string, options?: RawOptions): ClientDuplexStream<Buffer, Buffer>;
}

export interface RawOptions extends CallOptions {
  readonly metadata?: Metadata;
  readonly timeoutMs?: number;
}

export function rawClient(t: TestContext, target: string, options: Readonly<Record<string, number>> = {}): RawClient {
  const channel = new Client(target.startsWith("/") ? `unix:${target}` : target, credentials.createInsecure(), {
    "grpc.max_receive_message_length": LIMIT,
    "grpc.max_send_message_length": LIMIT,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
    ...options,
  });
  t.after(() => channel.close());
  const open = (
    path: string,
    { metadata = new GrpcMetadata(), timeoutMs, ...rest }: RawOptions = {},
  ): ClientDuplexStream<Buffer, Buffer> => {
    const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    return channel.makeBidiStreamRequest(path, identity, identity, metadata, { ...rest, ...deadline });
  };
  return {
    channel,
    open,
    call(path, messages, callOptions) {
      const call = open(path, callOptions);
      for (const message of messages) call.write(message);
      call.end();
      return answerOf(call);
    },
  };
}

export function answerOf(call: ClientDuplexStream<Buffer, Buffer>): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const messages: Buffer[] = [];
    let headers: Metadata | undefined;
    call.on("data", (message: Buffer) => messages.push(message));
    call.on("metadata", (metadata: Metadata) => {
      headers = metadata;
    });
    call.on("error", () => undefined);
    call.on("status", (status: StatusObject) => resolve({ messages, headers, status }));
  });
}

/** A message with the name in field 1 and `rest` in field 2. */
export function named(name: string, rest: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([field(1, Buffer.from(name)), rest.length === 0 ? rest : field(2, rest)]);
}

export function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
