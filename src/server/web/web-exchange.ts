/** One HTTP request and its response, as the gateway sees them, whichever version of HTTP carries them. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Caller } from "../caller.js";

export interface WebRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The first value of a header; names in lower case. */
  header(name: string): string | undefined;
  /** Name, value, name, value, …; names in lower case. */
  readonly rawHeaders: readonly string[];
  readonly caller: Caller;
  /** `host:port`, or "unix". */
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** What happens on the client's side. */
export interface WebEvents {
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** The client takes more again after `write` returned false. */
  onDrain(): void;
  /** The client is gone before the response ended. */
  onAbort(): void;
}

export interface WebExchange {
  readonly request: WebRequest;
  /** The body flows from now on. */
  start(events: WebEvents): void;
  /** Once, before the first `write`. */
  respond(status: number, headers: OutgoingHttpHeaders): void;
  /** False when the client is slow: wait for onDrain. */
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array): void;
}

/** Takes over what is not plain gRPC. */
export interface WebHandler {
  handle(exchange: WebExchange): void;
}

/** For a request whose body nobody wants. */
export const IGNORE_BODY: WebEvents = {
  onData: () => undefined,
  onEnd: () => undefined,
  onDrain: () => undefined,
  onAbort: () => undefined,
};
