/** TLS on the public port as it is wanted now: changed while we run, loaded when it is first wanted. */
import type { Socket } from "node:net";
import type { Logger } from "../../base/logger.js";
import type { CertificateFiles, TlsSource } from "./certificate.js";
import type { TlsGate } from "./tls-gate.js";

interface Opened {
  readonly certificate: CertificateFiles;
  readonly gate: TlsGate;
}

export class PublicTls {
  readonly #logger: Logger;
  readonly #onConnection: (socket: Socket) => void;
  readonly #all: Promise<Opened>[] = [];
  #current: Promise<Opened> | undefined;
  #certificate: CertificateFiles | undefined;

  /** The decrypted stream of a connection is a socket like any other. */
  constructor(logger: Logger, onConnection: (socket: Socket) => void) {
    this.#logger = logger;
    this.#onConnection = onConnection;
  }

  get isOn(): boolean {
    return this.#current !== undefined;
  }

  /** Of the certificate that the next connection is shown. */
  get fingerprint(): string | undefined {
    return this.#certificate?.current().fingerprint;
  }

  /** For connections from now on; those that are there live on. CONFIG_INVALID when there is no usable certificate. */
  async set(source: TlsSource | undefined): Promise<void> {
    this.#certificate = undefined;
    this.#current = source === undefined ? undefined : this.#open(source);
    const current = this.#current;
    if (current === undefined) return;
    this.#all.push(current);
    const { certificate } = await current;
    certificate.current();
    if (this.#current === current) this.#certificate = certificate;
  }

  /** `socket` has its first bytes unread. */
  accept(socket: Socket, onError: (error: unknown) => void): void {
    this.#current?.then(({ gate }) => gate.accept(socket), onError);
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#all)) if (opened.status === "fulfilled") opened.value.gate.close();
  }

  async #open(source: TlsSource): Promise<Opened> {
    const [{ CertificateFiles }, { TlsGate }] = await Promise.all([import("./certificate.js"), import("./tls-gate.js")]);
    const certificate = new CertificateFiles(source, this.#logger);
    return { certificate, gate: new TlsGate(certificate, this.#logger, this.#onConnection) };
  }
}
