/** The addresses at which the supervisor takes one module's calls: opened at the first start, kept over restarts. */

export interface ParentAddresses {
  readonly unix?: string;
  readonly tcp?: string;
}

export interface ParentPorts {
  /** Opens the socket for the calls of one module; awaited before the module is asked whether it is ready. */
  openParent(module: string): Promise<ParentAddresses>;
  /** The module is down for good. */
  closeParent(module: string): Promise<void>;
}

export class ParentSocket {
  readonly #module: string;
  readonly #ports: ParentPorts;
  #addresses: Promise<ParentAddresses> | undefined;

  constructor(module: string, ports: ParentPorts) {
    this.#module = module;
    this.#ports = ports;
  }

  /** One that could not be opened is tried again at the next call. */
  open(): Promise<ParentAddresses> {
    if (this.#addresses !== undefined) return this.#addresses;
    const addresses = this.#ports.openParent(this.#module);
    this.#addresses = addresses;
    addresses.catch(() => {
      if (this.#addresses === addresses) this.#addresses = undefined; // the start that needs it reports the error
    });
    return addresses;
  }

  async close(): Promise<void> {
    if (this.#addresses === undefined) return;
    this.#addresses = undefined;
    await this.#ports.closeParent(this.#module);
  }
}
