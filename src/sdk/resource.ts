/** What every resource may have beside the methods of its API, and what every call carries. */
import type { Geometry } from "../proto/gen/viam/common/v1/common.js";

/** Plain JSON-like values: what travels in commands, readings, attributes and `extra`. Dates and undefined members are allowed. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * What goes with a call, on both sides: a caller sets what it wants, an implementation receives what was set
 * (the signal always, so that it can stop early).
 */
export interface CallOptions {
  /** Parameters beyond the API; drivers document theirs. */
  readonly extra?: Values | undefined;
  /** Milliseconds until the caller gives up (DEADLINE_EXCEEDED). Received: what was left when the call came. */
  readonly timeout?: number | undefined;
  /** Aborted when the caller no longer wants the answer. */
  readonly signal?: AbortSignal | undefined;
  /** gRPC headers, keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Methods any resource may implement. What is left out gets the answer the comment names. */
export interface Resource {
  /** Commands beyond the API. Default: UNIMPLEMENTED. */
  doCommand?(command: Values, options?: CallOptions): Promise<Values>;
  /** A few values for people who look after the machine. Default: none. */
  getStatus?(options?: CallOptions): Promise<Values>;
  /** The bodies of the component in its own frame. Default: none. */
  getGeometries?(options?: CallOptions): Promise<readonly Geometry[]>;
}

/** A resource as others see it: every method is there, defaults filled in; local object or client makes no difference. */
export type Handle<T> = { readonly [K in keyof T]-?: T[K] };
