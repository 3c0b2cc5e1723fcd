/** Takes TLS off connections whose first bytes are a ClientHello and hands on what was inside. */
import type { Socket } from "node:net";
import tls from "node:tls";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Millis } from "../../base/millis.js";
import { SNIFF_TIMEOUT } from "../limits.js";
import type { CertificateFiles, LoadedCertificate } from "./certificate.js";

export class TlsGate {
  readonly #certificate: CertificateFiles;
  readonly #server: tls.Server;
  readonly #sockets = new Set<Socket>();
  readonly #logger: Logger;
  #shown: LoadedCertificate | undefined;

  /** The decrypted stream is a socket like any other. */
  constructor(
    certificate: CertificateFiles,
    logger: Logger,
    onConnection: (socket: Socket) => void,
    handshakeTimeout: Millis = SNIFF_TIMEOUT,
  ) {
    this.#certificate = certificate;
    this.#logger = logger;
    // Never listens: connections are handed in after their first bytes were looked at.
    this.#server = tls.createServer({ ALPNProtocols: ["h2", "http/1.1"], minVersion: "TLSv1.2", handshakeTimeout }, onConnection);
    // Clients that only try whether there is TLS, or trust us not, hang up in the middle of it.
    this.#server.on("tlsClientError", (error, socket) => {
      logger.debug({ error: error.message }, "a TLS handshake failed");
      // Node leaves a connection whose handshake took too long as it is.
      socket.destroy();
    });
  }

  /** `socket` has its first bytes unread. */
  accept(socket: Socket): void {
    try {
      const current = this.#certificate.current();
      // Connections that are there keep what they were made with.
      if (current !== this.#shown) this.#server.setSecureContext({ cert: current.cert, key: current.key, minVersion: "TLSv1.2" });
      this.#shown = current;
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, "TLS clients cannot be served");
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    this.#server.emit("connection", socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
