/**
 * The seam between deciding where a call goes (CallRouter) and carrying its bytes (RouterBackend). The first backend is a
 * pass-through on node:http2; a frame-level one can take its place without the rest of the server noticing.
 */
import type { Socket } from "node:net";
import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { Status } from "../proto/status-code.js";
import type { Caller } from "./caller.js";
import type { WebHandler } from "./web/web-exchange.js";

/** A process calls are passed to, or our own services. Equal keys share one connection. */
export interface Upstream {
  readonly key: string;
  /** For people: `module "thermo"`. */
  readonly what: string;
  /** A socket path or host:port; a function where it must be started first. */
  readonly address: string | (() => Promise<string>);
}

export interface Refusal {
  readonly kind: "refusal";
  readonly code: Status;
  readonly message: string;
}

/** Where the resource's name stands in the first message; `none` when the path alone decides. */
export type NamePlace = "none" | "field-1" | "field-1.1";

export interface CallStart {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly caller: Caller;
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** The first value of a request header. */
  header(name: string): string | undefined;
  /** Whether the header came more than once. */
  isRepeated(name: string): boolean;
}

/** How the router ends a call that the backend carries. */
export interface CallHandle {
  cancel(code: Status, message: string): void;
}

export interface Target {
  readonly kind: "target";
  readonly upstream: Upstream;
  /** Headers to add besides the operation's, in place of any the client sent under these names, which are such as no client's call is passed with. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RoutedCall {
  readonly kind: "call";
  readonly namePlace: NamePlace;
  /** The caller sends one message and then waits: nothing is lost by waiting for its end before passing it on. */
  readonly isOneRequest: boolean;
  /** Held open without being waited for (reflection): cut at once when the server closes. */
  readonly isBackground: boolean;
  /** Counted from the call's begin; undefined for none. */
  readonly timeout: Millis | undefined;
  /** Told to both sides as the header `opid`, in place of what the client said under this name. */
  readonly operationId: string | undefined;
  /** Called once, with an empty name where `namePlace` is none. */
  bind(name: string): Target | Refusal;
  /** Called once, whatever happened. `isOk` is false when the call ended with another status than OK; left out where that is not known. */
  end(isOk?: boolean): void;
}

/** Headers that tell both sides the operation. */
export function operationHeaders(call: RoutedCall | undefined): Readonly<Record<string, string>> {
  return call?.operationId === undefined ? {} : { opid: call.operationId };
}

export interface CallRouter {
  begin(start: CallStart, handle: CallHandle): RoutedCall | Refusal;
}

export interface UnaryOptions {
  readonly timeout: Millis;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouterBackend {
  /** Takes over a connection whose first bytes are those of HTTP/2 (nothing of them was consumed). */
  accept(socket: Socket, caller: Caller): void;
  /** One call of our own with one message each way; rejects with an RpcError. */
  unary(upstream: Upstream, path: string, message: Uint8Array, options: UnaryOptions): Promise<Buffer>;
  /** Ends the connection to an upstream; calls in flight end with UNAVAILABLE and `reason`. */
  drop(key: string, reason: string): void;
  /** Takes no more calls; those in flight get `grace` and are cut then. */
  close(grace: Millis): Promise<void>;
}

export interface BackendOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly router: CallRouter;
  /** What `GET /` answers over HTTP/2. */
  readonly greeting: string;
  /** Takes over what is no plain gRPC; absent: only `/` is answered. */
  readonly web?: WebHandler;
}

export type OpenBackend = (options: BackendOptions) => Promise<RouterBackend>;
