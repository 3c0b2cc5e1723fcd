/** Calls a resource in a process of its own: by the Go program of the interop suite where it was built, else in Node. */
import path from "node:path";
import { runProgram } from "../interop/support/run-program.js";
import { goProgram } from "../interop/support/toolchains.js";

export interface Load {
  /** Microseconds of one call at a time. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of a call among others. */
  readonly busyP50: number;
  readonly busyP99: number;
  readonly perSecond: number;
  /** All that were made. */
  readonly calls: number;
}

export interface LoadOptions {
  readonly sensor: string;
  /** One at a time; 0: none. */
  readonly calls: number;
  /** With so many in flight. */
  readonly seconds: number;
  readonly inFlight: number;
  readonly isGoThere: boolean;
}

/** `address`: host:port or the path of a socket. */
export async function runLoad(address: string, options: LoadOptions): Promise<Load> {
  const { sensor, calls, seconds, inFlight, isGoThere } = options;
  return JSON.parse(await run(address, ["calls", sensor, calls, seconds, inFlight], isGoThere)) as Load;
}

export interface StreamLoad {
  /** Messages. */
  readonly perSecond: number;
  readonly calls: number;
}

export interface StreamOptions {
  readonly gauge: string;
  /** Of one stream. */
  readonly messages: number;
  readonly seconds: number;
  /** Streams at once. */
  readonly inFlight: number;
  readonly isGoThere: boolean;
}

export async function runStreams(address: string, options: StreamOptions): Promise<StreamLoad> {
  const { gauge, messages, seconds, inFlight, isGoThere } = options;
  return JSON.parse(await run(address, ["stream", gauge, messages, seconds, inFlight], isGoThere)) as StreamLoad;
}

async function run(address: string, order: readonly (string | number)[], isGoThere: boolean): Promise<string> {
  const target = address.startsWith("/") ? `unix:${address}` : address;
  const args = [target, ...order.map(String)];
  const [file, all] = isGoThere
    ? [goProgram("load"), args]
    : [process.execPath, [path.join(import.meta.dirname, "load-program.js"), ...args]];
  return runProgram(file, all, { limitMs: 300_000 });
}
