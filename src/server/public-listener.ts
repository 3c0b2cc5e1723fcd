/** The one address at which clients reach the machine, which may change while it runs. */
import { type Listener, listenTcp, type OnConnection } from "./listener.js";

export interface PublicAddress {
  /** As clients write it, e.g. `localhost:8080`. */
  readonly address: string;
  readonly port: number;
}

export class PublicListener {
  readonly #onConnection: OnConnection;
  #current: { readonly host: string; readonly port: number; readonly listener: Listener } | undefined;

  constructor(onConnection: OnConnection) {
    this.#onConnection = onConnection;
  }

  async listen(host: string, port: number): Promise<PublicAddress> {
    const listener = await listenTcp(host, port, this.#onConnection);
    this.#current = { host, port, listener };
    return addressOf(host, listener);
  }

  /** Connections live on. When the new address cannot be had the old one stays. */
  async rebind(host: string, port: number): Promise<PublicAddress> {
    const old = this.#current;
    if (old === undefined) return this.listen(host, port);
    if (old.host === host && old.port === port) return addressOf(host, old.listener);
    const isSamePort = port !== 0 && old.listener.port === port;
    // The new address may contain the old one, which then is in the way.
    if (isSamePort) await old.listener.close();
    try {
      const result = await this.listen(host, port);
      if (!isSamePort) await old.listener.close();
      return result;
    } catch (error) {
      if (isSamePort) await this.listen(old.host, old.port);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#current?.listener.close();
  }
}

function addressOf(host: string, listener: Listener): PublicAddress {
  const port = listener.port ?? 0;
  return { address: host === "localhost" ? `localhost:${port}` : listener.address, port };
}
