/** A gRPC server on connections that it is handed: services, their calls, a graceful end. */
import type { Socket } from "node:net";
import { type Clock, systemClock } from "../../base/clock.js";
import type { Millis } from "../../base/millis.js";
import { methodPath, type ServiceDefinition, type ServiceHandlers } from "../../proto/service.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { ServedMethod } from "./server-call.js";
import { ServerConnection } from "./server-connection.js";

export class GrpcServer {
  readonly #clock: Clock;
  readonly #methods = new Map<string, ServedMethod>();
  readonly #connections = new Set<ServerConnection>();
  readonly #onEmpty: (() => void)[] = [];

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Handlers may throw anything: an RpcError keeps its status, the rest is UNKNOWN with its text. */
  addService<D extends ServiceDefinition>(definition: D, handlers: ServiceHandlers<D>): void {
    for (const [key, method] of Object.entries(definition.methods)) {
      const path = methodPath(definition, method);
      // The types of the parameters say that the handler is of the method's kind.
      const handler = (Reflect.get(handlers, key) ?? unimplemented(path)) as ServedMethod["handler"];
      this.#methods.set(path, { path, method, handler });
    }
  }

  /** Serves a socket that was accepted. `onClosed` runs when nothing of it is left. */
  accept(socket: Socket, onClosed?: (connection: ServerConnection) => void): ServerConnection {
    const connection = new ServerConnection({
      socket,
      clock: this.#clock,
      find: (path) => this.#methods.get(path),
      onClosed: () => {
        this.#connections.delete(connection);
        onClosed?.(connection);
        if (this.#connections.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Takes no new calls; those that run may end until the limit. Then all connections are cut. */
  async close(limit: Millis): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      if (this.#connections.size === 0) resolve();
      else this.#onEmpty.push(resolve);
    });
    for (const connection of this.#connections) connection.goAway();
    const patience = this.#clock.after(limit, () => this.destroy());
    await drained;
    patience.cancel();
  }

  /** Cuts all connections now. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function unimplemented(path: string): ServedMethod["handler"] {
  return () => {
    throw new RpcError(Status.UNIMPLEMENTED, `${path} is not implemented here`);
  };
}
