/**
 * What is served to clients that do not speak gRPC over HTTP/2: the readiness probe, the question whether a restart is allowed now, gRPC-web,
 * and Connect. The parts that carry calls are loaded with the first such call.
 */
import type { OutgoingHttpHeaders } from "node:http";
import os from "node:os";
import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { UpstreamPool } from "../pass-through/upstream-pool.js";
import { hostOfPeer, isLoopbackHost } from "../peer-address.js";
import type { CallRouter } from "../router-backend.js";
import { connectFormat } from "./connect-format.js";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.js";
import { grpcWebFormat } from "./grpc-web-format.js";
import type { Describe } from "./json-codec.js";
import { IGNORE_BODY, type WebExchange, type WebHandler, type WebRequest } from "./web-exchange.js";

export interface WebGatewayOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly router: CallRouter;
  /** What `GET /` answers. */
  readonly greeting: string;
  /** For messages as JSON. */
  readonly describe: Describe;
  /** For `/restart_status`. */
  readonly restartStatus: () => { readonly isRestartAllowed: boolean; readonly moduleTcpAddress: string };
}

interface Parts {
  readonly pool: UpstreamPool;
  readonly serveGrpcWeb: typeof import("./grpc-web.js").serveGrpcWeb;
  readonly serveConnect: typeof import("./connect.js").serveConnect;
}

const TEXT = "text/plain; charset=utf-8";

export class WebGateway implements WebHandler {
  readonly #options: WebGatewayOptions;
  #parts: Promise<Parts> | undefined;

  constructor(options: WebGatewayOptions) {
    this.#options = options;
  }

  handle(exchange: WebExchange): void {
    const { request } = exchange;
    if (isPreflight(request)) {
      exchange.start(IGNORE_BODY);
      exchange.respond(204, preflightHeaders(request));
      exchange.end();
      return;
    }
    if (request.method === "POST" && this.#handleCall(exchange)) return;
    exchange.start(IGNORE_BODY);
    this.#answer(exchange);
  }

  /** The process behind the key is about to end or has ended. */
  drop(key: string, reason: string): void {
    this.#parts?.then(
      ({ pool }) => pool.drop(key, reason),
      () => undefined, // there is nothing to drop where nothing could be loaded
    );
  }

  async close(): Promise<void> {
    const parts = await this.#parts?.catch(() => undefined); // whoever asked for it was told
    parts?.pool.close("the machine is shutting down");
  }

  #handleCall(exchange: WebExchange): boolean {
    const { clock, router, logger, describe } = this.#options;
    const type = exchange.request.header("content-type");
    const grpcWeb = grpcWebFormat(type);
    const connect = isCallPath(exchange.request) ? connectFormat(type) : undefined;
    if (grpcWeb === undefined && connect === undefined) return false;
    this.#load().then(
      ({ pool, serveGrpcWeb, serveConnect }) => {
        if (grpcWeb !== undefined) serveGrpcWeb(exchange, grpcWeb, { clock, router, pool });
        else if (connect !== undefined) serveConnect(exchange, connect, { clock, router, pool, describe });
      },
      (error: unknown) => {
        logger.error({ error: messageOf(error) }, "the web gateway cannot be loaded");
        exchange.start(IGNORE_BODY);
        send(exchange, 500, TEXT, "calls cannot be carried; the log of the machine says why\n");
      },
    );
    return true;
  }

  #load(): Promise<Parts> {
    this.#parts ??= Promise.all([import("./grpc-web.js"), import("./connect.js"), import("../pass-through/upstream-pool.js")]).then(
      ([{ serveGrpcWeb }, { serveConnect }, { UpstreamPool }]) => ({ serveGrpcWeb, serveConnect, pool: new UpstreamPool() }),
    );
    return this.#parts;
  }

  #answer(exchange: WebExchange): void {
    const { request } = exchange;
    const { greeting, restartStatus } = this.#options;
    if (request.path === "/") {
      send(exchange, 200, TEXT, greeting);
      return;
    }
    if (request.path !== "/restart_status") {
      const advice = "calls are POSTs with the content type application/grpc (HTTP/2), application/grpc-web+proto or application/json";
      send(exchange, isCallPath(request) ? 415 : 404, TEXT, `nothing is served at ${request.path} in this way; ${advice}\n`);
      return;
    }
    if (!isLocal(request)) {
      send(exchange, 403, TEXT, "only answered to callers on this host\n");
      return;
    }
    const { isRestartAllowed, moduleTcpAddress } = restartStatus();
    const status = {
      restart_allowed: isRestartAllowed,
      does_not_handle_needs_restart: true,
      module_server_tcp_addr: moduleTcpAddress,
    };
    send(exchange, 200, "application/json", `${JSON.stringify(status)}\n`);
  }
}

function send(exchange: WebExchange, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  const headers: OutgoingHttpHeaders = { "content-type": type, "content-length": String(body.length) };
  exchange.respond(status, { ...headers, ...corsHeaders(exchange.request, headers) });
  if (exchange.request.method === "HEAD") exchange.end();
  else exchange.end(body);
}

function isCallPath({ method, path }: WebRequest): boolean {
  return method === "POST" && /^\/[^/]+\.[^/]+\/[^/]+$/.test(path);
}

/** A unix socket, a loopback address, or an address of this host itself. */
function isLocal({ remoteAddress }: WebRequest): boolean {
  if (remoteAddress === "unix") return true;
  const remote = hostOfPeer(remoteAddress);
  if (isLoopbackHost(remote)) return true;
  return Object.values(os.networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === remote) === true);
}
