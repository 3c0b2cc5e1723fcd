/** How the run of a child process ended, and the words for it. */

import type { OutOfMemory } from "./out-of-memory.js";

export type ProcessEnd =
  | { readonly kind: "exited"; readonly pid: number; readonly code: number; readonly isRequested: boolean }
  | {
      readonly kind: "signalled";
      readonly pid: number;
      readonly signal: NodeJS.Signals;
      readonly isRequested: boolean;
      readonly outOfMemory?: OutOfMemory;
    }
  /** It never ran; the message says why. */
  | { readonly kind: "not-started"; readonly message: string }
  /** Not even SIGKILL ended it: it hangs inside the kernel, mostly in a broken driver or file system. */
  | { readonly kind: "stuck"; readonly pid: number };

// 128 + SIGTERM: what a shell, and Python modules told twice, exit with after a stop.
const EXIT_AFTER_TERM = 143;

/** Completes "the process …". */
export function describeEnd(end: ProcessEnd): string {
  switch (end.kind) {
    case "exited":
      return `exited with code ${end.code}`;
    case "signalled":
      if (end.outOfMemory === "certain") return "was ended by the kernel because memory ran out";
      if (end.outOfMemory === "likely") return `was ended by ${end.signal}, most likely by the kernel because memory ran out`;
      return `was ended by ${end.signal}`;
    case "not-started":
      return `could not be started: ${end.message}`;
    case "stuck":
      return `(pid ${end.pid}) did not end even after SIGKILL; it hangs inside the kernel`;
  }
}

/** True for an end that needs no attention: one that was asked for and left in an orderly way. */
export function isOrderlyEnd(end: ProcessEnd): boolean {
  if (end.kind === "exited") return end.isRequested && (end.code === 0 || end.code === EXIT_AFTER_TERM);
  return end.kind === "signalled" && end.isRequested && end.signal !== "SIGKILL";
}
