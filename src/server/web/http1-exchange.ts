/** A request over HTTP/1.1, from node:http. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Caller } from "../caller.js";
import { peerAddress } from "../peer-address.js";
import type { WebEvents, WebExchange, WebRequest } from "./web-exchange.js";

export class Http1Exchange implements WebExchange {
  readonly request: WebRequest;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(message: IncomingMessage, response: ServerResponse, caller: Caller) {
    this.#message = message;
    this.#response = response;
    const { socket, headers } = message;
    this.request = {
      method: message.method ?? "GET",
      path: message.url?.split("?", 1)[0] ?? "/",
      header: (name) => {
        const value = headers[name];
        return typeof value === "string" ? value : value?.[0];
      },
      rawHeaders: message.rawHeaders.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)),
      caller,
      remoteAddress: peerAddress(socket.remoteAddress, socket.remotePort),
      localAddress: peerAddress(socket.localAddress, socket.localPort),
    };
  }

  start(events: WebEvents): void {
    this.#message.on("data", (chunk: Buffer) => events.onData(chunk));
    this.#message.on("error", () => undefined); // the response's "close" follows
    this.#message.on("end", () => {
      // An answer may be long in coming; only a body that does not come is a reason to hang up.
      this.#message.socket.setTimeout(0);
      events.onEnd();
    });
    this.#response.on("drain", () => events.onDrain());
    this.#response.on("error", () => undefined); // "close" follows
    this.#response.on("close", () => {
      if (!this.#response.writableFinished) events.onAbort();
    });
  }

  respond(status: number, headers: OutgoingHttpHeaders): void {
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    return this.#response.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (chunk === undefined) this.#response.end();
    else this.#response.end(chunk);
  }
}
