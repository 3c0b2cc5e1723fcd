/** The socket a module listens on, owned here so that its connections can be counted. */
import { chmodSync, rmSync } from "node:fs";
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from "node:net";
import type { GrpcServer } from "./grpc/grpc-server.js";
import type { CallSource } from "./grpc/server-call.js";

// A supervisor may run as another user: the folder of the socket decides who may connect.
const SOCKET_MODE = 0o776;

export interface ListenerEvents {
  /** A connection serves no more. */
  onEnded?(source: CallSource): void;
  /** The last open socket is gone; each time. */
  onLastClosed?(): void;
}

export class Listener {
  readonly #server: SocketServer;
  readonly #sockets = new Set<Socket>();
  #path: string | undefined;

  constructor(grpc: GrpcServer, events: ListenerEvents = {}) {
    this.#server = createSocketServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined); // a peer that vanishes; the close event follows
      socket.once("close", () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) events.onLastClosed?.();
      });
      grpc.accept(socket, events.onEnded);
    });
  }

  get hasConnections(): boolean {
    return this.#sockets.size > 0;
  }

  /** Resolves to the address: the same path, or host:port with the port that was chosen. */
  async listen(address: string): Promise<string> {
    const port = /^(.*):(\d+)$/.exec(address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      const done = (): void => {
        this.#server.off("error", reject);
        // A connection that could not be accepted, for example for want of file descriptors: whoever tried will try again.
        this.#server.on("error", () => undefined);
        resolve();
      };
      if (port === null) this.#server.listen(address, done);
      else this.#server.listen(Number(port[2]), port[1], done);
    });
    if (port === null) {
      this.#path = address;
      chmodSync(address, SOCKET_MODE);
      return address;
    }
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? `${port[1]}:${bound.port}` : address;
  }

  /** Accepts no more connections; those that are there stay. */
  stop(): void {
    this.#server.close();
  }

  /** Stops listening and drops every connection. */
  close(): void {
    this.stop();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}
