/** The socket a module listens on, owned here so that its connections can be counted. */
import { chmodSync, rmSync } from "node:fs";
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

// A supervisor may run as another user: the folder of the socket decides who may connect.
const SOCKET_MODE = 0o776;

export class Listener {
  readonly #server: SocketServer;
  readonly #sockets = new Set<Socket>();
  readonly #onLastClosed: () => void;
  #path: string | undefined;

  /** `onLastClosed` runs each time the last open connection is gone. */
  constructor(grpc: Server, onLastClosed: () => void) {
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#onLastClosed = onLastClosed;
    this.#server = createSocketServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined); // a peer that vanishes; the close event follows
      socket.once("close", () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) this.#onLastClosed();
      });
      injector.injectConnection(socket);
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

  /** Stops listening and drops every connection. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}
