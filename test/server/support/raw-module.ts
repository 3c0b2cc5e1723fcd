/** A module's server for tests: real grpc-js on a unix socket, messages as bytes, every call remembered. */

import path from "node:path";
import type { TestContext } from "node:test";
import {
  Metadata as GrpcMetadata,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type StatusObject,
} from "@grpc/grpc-js";

export interface SeenCall {
  readonly method: string;
  readonly metadata: Metadata;
  readonly call: ServerDuplexStream<Buffer, Buffer>;
  isCancelled: boolean;
}

export interface RawModule {
  readonly address: string;
  readonly calls: SeenCall[];
  readonly server: Server;
  close(): void;
}

export type RawHandler = (call: ServerDuplexStream<Buffer, Buffer>, seen: SeenCall) => void;

const identity = (bytes: Buffer): Buffer => bytes;
const LIMIT = 64 * 1024 * 1024;

/** Serves `/service/method` for every key of `handlers`, all as streams both ways: on the wire the kinds do not differ. */
export async function startRawModule(
  t: TestContext,
  folder: string,
  name: string,
  service: string,
  handlers: Readonly<Record<string, RawHandler>>,
): Promise<RawModule> {
  const address = path.join(folder, `${name}.sock`);
  return startRawModuleAt(t, address, { [service]: handlers });
}

export async function startRawModuleAt(
  t: TestContext,
  address: string,
  services: Readonly<Record<string, Readonly<Record<string, RawHandler>>>>,
  options: Readonly<Record<string, number>> = {},
): Promise<RawModule> {
  const server = new Server({ "grpc.max_receive_message_length": LIMIT, "grpc.max_send_message_length": LIMIT, ...options });
  const calls: SeenCall[] = [];
  for (const [service, handlers] of Object.entries(services)) {
    const definition = Object.fromEntries(
      Object.keys(handlers).map((method) => [
        method,
        {
          path: `/${service}/${method}`,
          requestStream: true,
          responseStream: true,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      ]),
    );
    const implementation = Object.fromEntries(
      Object.entries(handlers).map(([method, handler]) => [
        method,
        (call: ServerDuplexStream<Buffer, Buffer>): void => {
          const seen: SeenCall = { method, metadata: call.metadata, call, isCancelled: false };
          calls.push(seen);
          call.on("cancelled", () => {
            seen.isCancelled = true;
          });
          call.on("error", () => undefined);
          handler(call, seen);
        },
      ]),
    );
    server.addService(definition, implementation);
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(/^(\/|unix:)/.test(address) ? `unix:${address}` : address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  const close = (): void => server.forceShutdown();
  t.after(close);
  return { address, calls, server, close };
}

/** Sends every message back as it comes. */
export const echo: RawHandler = (call) => {
  call.on("data", (message: Buffer) => {
    if (!call.write(message)) {
      call.pause();
      call.once("drain", () => call.resume());
    }
  });
  call.on("end", () => call.end());
};

/** Answers when the request has ended: with the count and the total size of the messages. */
export const collect: RawHandler = (call) => {
  let count = 0;
  let size = 0;
  call.on("data", (message: Buffer) => {
    count += 1;
    size += message.length;
  });
  call.on("end", () => {
    call.write(Buffer.from(`${count} messages, ${size} bytes`));
    call.end();
  });
};

/** Never answers. */
export const hang: RawHandler = (call) => {
  call.on("data", () => undefined);
};

export function failWith(code: number, details: string, trailers: Readonly<Record<string, string | Buffer>> = {}): RawHandler {
  return (call) => {
    const metadata = new GrpcMetadata();
    for (const [key, value] of Object.entries(trailers)) metadata.add(key, value);
    call.on("data", () => undefined);
    call.on("end", () => call.emit("error", { code, details, metadata } satisfies StatusObject));
  };
}
