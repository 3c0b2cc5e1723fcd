/** HTTP/1.1 connections: node:http reads them, the gateway answers. */
import http, { type Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Timer } from "../base/clock.js";
import { millis } from "../base/millis.js";
import type { Caller } from "./caller.js";
import { BODY_TIMEOUT, SNIFF_TIMEOUT } from "./limits.js";
import { Http1Exchange } from "./web/http1-exchange.js";
import type { WebHandler } from "./web/web-exchange.js";

const KEEP_ALIVE_MS = 5000;
const PUBLIC: Caller = { kind: "public" };

interface Connection {
  readonly caller: Caller;
  /** Runs while a request's headers or its body are awaited. */
  timer: Timer;
}

export class Http1 {
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();

  constructor(handler: WebHandler, clock: Clock) {
    this.#clock = clock;
    // Never listens: connections are handed in after their first bytes were looked at.
    this.#server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      const { socket } = request;
      const connection = this.#connections.get(socket);
      connection?.timer.cancel();
      const body = this.#awaitBody(socket);
      request.once("end", () => body.cancel());
      if (connection !== undefined) connection.timer = body;
      response.once("finish", () => {
        body.cancel();
        if (connection !== undefined && !socket.destroyed) connection.timer = this.#awaitHeaders(socket);
      });
      handler.handle(new Http1Exchange(request, response, connection?.caller ?? PUBLIC));
    });
    // Silence for so long ends a connection; the limits on whole requests work only in servers that listen themselves.
    this.#server.timeout = SNIFF_TIMEOUT;
  }

  accept(socket: Socket, caller: Caller): void {
    const connection: Connection = { caller, timer: this.#awaitHeaders(socket) };
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      connection.timer.cancel();
      this.#connections.delete(socket);
    });
    this.#server.emit("connection", socket);
  }

  close(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
    // Stops the server's own timer; it never listened.
    this.#server.close();
  }

  #awaitBody(socket: Socket): Timer {
    return this.#clock.after(BODY_TIMEOUT, () => socket.destroy(), { unref: true });
  }

  /** A client that sends its headers byte by byte is not waited for. */
  #awaitHeaders(socket: Socket): Timer {
    return this.#clock.after(millis(SNIFF_TIMEOUT + KEEP_ALIVE_MS), () => socket.destroy(), { unref: true });
  }
}
