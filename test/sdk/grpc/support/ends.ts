/** Servers and clients of the echo service on a unix socket: the SDK's own, and those of grpc-js. */
import { rmSync } from "node:fs";
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { millis } from "../../../../src/base/millis.js";
import { createServer as createPeerServer, grpcTarget, openChannel } from "../../../../src/proto/channel.js";
import { createClient as createPeerClient } from "../../../../src/proto/client.js";
import { addService } from "../../../../src/proto/serve.js";
import type { ServiceClient, ServiceHandlers } from "../../../../src/proto/service.js";
import { createClient } from "../../../../src/sdk/grpc/create-client.js";
import { GrpcChannel } from "../../../../src/sdk/grpc/grpc-channel.js";
import { GrpcServer } from "../../../../src/sdk/grpc/grpc-server.js";
import { tempFolder } from "../../../support/temp-folder.js";
import { EchoDefinition, echoHandlers, type Seen } from "./echo-service.js";

export type EchoClient = ServiceClient<typeof EchoDefinition>;

export interface OwnServer {
  readonly address: string;
  readonly grpc: GrpcServer;
  readonly seen: Seen;
  readonly sockets: ReadonlySet<Socket>;
  /** Cuts every connection and stops listening; the address is free again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** `handlers` in place of those of the echo service. */
export async function startOwnServer(
  t: TestContext,
  address: string = path.join(tempFolder(t), "s"),
  handlers?: ServiceHandlers<typeof EchoDefinition>,
): Promise<OwnServer> {
  const seen: Seen = { aborted: 0, yielded: 0, received: 0 };
  const grpc = new GrpcServer();
  grpc.addService(EchoDefinition, handlers ?? echoHandlers(seen));
  const sockets = new Set<Socket>();
  let listener: SocketServer | undefined;
  const start = async (): Promise<void> => {
    listener = createSocketServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
      grpc.accept(socket);
    });
    const listening = listener;
    await new Promise<void>((resolve) => listening.listen(address, resolve));
  };
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    const closing = listener;
    listener = undefined;
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };
  await start();
  t.after(async () => {
    await grpc.close(millis(0));
    await stop();
    rmSync(address, { force: true });
  });
  return { address, grpc, seen, sockets, stop, start };
}

/** Returns its address. */
export async function startPeerServer(t: TestContext, seen: Seen): Promise<string> {
  const address = path.join(tempFolder(t), "s");
  const server = createPeerServer();
  addService(server, EchoDefinition, echoHandlers(seen));
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(grpcTarget(address), ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)));
  });
  t.after(() => server.forceShutdown());
  return address;
}

export function ownClient(t: TestContext, address: string): EchoClient {
  const channel = new GrpcChannel(address);
  t.after(() => channel.close());
  return createClient(EchoDefinition, channel);
}

export function peerClient(t: TestContext, address: string): EchoClient {
  const channel = openChannel(address);
  t.after(() => channel.close());
  return createPeerClient(EchoDefinition, channel);
}

/** Every pair in which at least one end is ours. */
export const PAIRS: Readonly<Record<string, (t: TestContext, seen: Seen) => Promise<EchoClient>>> = {
  "a client of grpc-js with our server": async (t, seen) => {
    const { address, seen: own } = await startOwnServer(t);
    follow(seen, own);
    return peerClient(t, address);
  },
  "our client with a server of grpc-js": async (t, seen) => ownClient(t, await startPeerServer(t, seen)),
  "our client with our server": async (t, seen) => {
    const { address, seen: own } = await startOwnServer(t);
    follow(seen, own);
    return ownClient(t, address);
  },
};

/** `seen` shows what `source` counts. */
function follow(seen: Seen, source: Seen): void {
  for (const key of ["aborted", "yielded", "received"] as const) Object.defineProperty(seen, key, { get: () => source[key] });
}
