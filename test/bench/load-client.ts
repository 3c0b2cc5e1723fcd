/** Calls one sensor in a process of its own: by the Go program of the interop suite where it was built, else in Node. */
import path from "node:path";
import { runProgram } from "../interop/support/run-program.js";
import { goProgram } from "../interop/support/toolchains.js";

export interface Load {
  /** Microseconds of one call at a time. */
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  /** All that were made. */
  readonly calls: number;
}

export interface LoadOptions {
  readonly sensor: string;
  readonly calls: number;
  readonly seconds: number;
  readonly inFlight: number;
  readonly isGoThere: boolean;
}

/** `address`: host:port or the path of a socket. */
export async function runLoad(address: string, options: LoadOptions): Promise<Load> {
  const { sensor, calls, seconds, inFlight, isGoThere } = options;
  const target = address.startsWith("/") ? `unix:${address}` : address;
  const args = [target, sensor, calls, seconds, inFlight].map(String);
  const [file, all] = isGoThere
    ? [goProgram("load"), args]
    : [process.execPath, [path.join(import.meta.dirname, "load-program.js"), ...args]];
  return JSON.parse(await runProgram(file, all, { limitMs: 300_000 })) as Load;
}
