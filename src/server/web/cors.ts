/** Cross-origin rules: any page may call, as with every server that official browser clients know; what protects a machine is its keys. */
import type { OutgoingHttpHeaders } from "node:http";
import type { WebRequest } from "./web-exchange.js";

const PREFLIGHT_SECONDS = 600;
/** Never mentioned by name in a response's headers, yet read by clients. */
const STATUS_HEADERS = ["grpc-status", "grpc-message", "grpc-status-details-bin"];

export function isPreflight({ method, header }: WebRequest): boolean {
  return method === "OPTIONS" && header("access-control-request-method") !== undefined;
}

/** The answer to a preflight: any origin, any of the headers asked for. */
export function preflightHeaders({ header }: WebRequest): OutgoingHttpHeaders {
  const wanted = header("access-control-request-headers");
  return {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST",
    // By name: "*" would leave out authorization.
    ...(wanted === undefined ? {} : { "access-control-allow-headers": wanted }),
    "access-control-max-age": String(PREFLIGHT_SECONDS),
    vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    "content-length": "0",
  };
}

/** What to add to a response so that a page of another origin may read it with all its headers. */
export function corsHeaders({ header }: WebRequest, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  if (header("origin") === undefined) return {};
  const names = Object.keys(headers).filter((name) => !name.startsWith(":"));
  return {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": [...new Set([...names, ...STATUS_HEADERS])].join(", "),
    vary: "Origin",
  };
}
