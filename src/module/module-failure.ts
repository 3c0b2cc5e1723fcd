/** What went wrong with a module, as a cause with a sentence. */
import { isPinionError, messageOf } from "../base/errors.js";
import { describeEnd, type ProcessEnd } from "../process/process-end.js";
import type { FailureCause } from "./module-host.js";

/** Of a preparation or a handshake that rejected. */
export function causeOfError(error: unknown): FailureCause {
  return { kind: kindOf(error), message: messageOf(error) };
}

/** Of a process that ended without being asked to. Exit code 0 is a failure like any other. */
export function causeOfEnd(module: string, end: ProcessEnd, wasReady: boolean, output: readonly string[] = []): FailureCause {
  const when = wasReady ? "while it was ready" : "before it was ready";
  const message = `the process of module "${module}" ${describeEnd(end)} ${when}`;
  switch (end.kind) {
    case "exited":
    case "signalled":
      return withReason(end, message, output);
    case "stuck":
      return { kind: "hung", message };
    case "not-started":
      return { kind: "spawn", message: `the process of module "${module}" ${describeEnd(end)}` };
  }
}

function kindOf(error: unknown): FailureCause["kind"] {
  if (isPinionError(error, "FIRST_RUN_FAILED")) return "first-run";
  if (isPinionError(error, "MODULE_HUNG")) return "hung";
  if (isPinionError(error, "MODULE_START_TIMEOUT")) return "start-timeout";
  if (isPinionError(error, "MODULE_HANDSHAKE_FAILED")) return "handshake";
  return isPinionError(error, "MODULE_START_FAILED") ? "config" : "spawn";
}

// EX_UNAVAILABLE of sysexits.h.
const EXIT_DEVICE_GONE = 69;

// How the run-times of Node, Go, Python and C++ say it before they end themselves.
const NO_MEMORY =
  /JavaScript heap out of memory|fatal error: runtime: (out of memory|cannot allocate memory)|^MemoryError\b|std::bad_alloc/;

function withReason(end: ProcessEnd & { kind: "exited" | "signalled" }, message: string, output: readonly string[]): FailureCause {
  if (end.kind === "signalled" && end.outOfMemory !== undefined) return { kind: "out-of-memory", message };
  if (output.some((line) => NO_MEMORY.test(line))) return { kind: "out-of-memory", message: `${message}: it ran out of memory` };
  if (end.kind === "exited" && end.code === EXIT_DEVICE_GONE)
    return { kind: "device-gone", message: `${message}, by which it says that its device is not there` };
  return { kind: end.kind === "exited" ? "exit" : "signal", message };
}
