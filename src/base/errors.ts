/** The one error class of Pinion. Callers match `code`, never the text. */

export type ErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "DEADLINE_EXCEEDED"
  | "ABORTED"
  | "MODULE_EXITED"
  | "MODULE_HUNG"
  | "MODULE_START_FAILED"
  | "MODULE_START_TIMEOUT"
  | "MODULE_HANDSHAKE_FAILED"
  | "MODULE_NOT_READY"
  | "MODULE_UNKNOWN"
  | "MODULE_CALL_FAILED"
  | "METHOD_UNIMPLEMENTED"
  | "FIRST_RUN_FAILED"
  | "RESOURCE_INVALID"
  | "RESOURCE_UNKNOWN"
  | "RESOURCE_NOT_READY"
  | "RESOURCE_BUILD_FAILED"
  | "STORE_FAILED"
  | "LISTEN_FAILED"
  | "USAGE"
  | "INTERNAL";

export class PinionError extends Error {
  override readonly name: string = "PinionError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Narrows `error` to a PinionError, with `code` given to one of that code. */
export function isPinionError(error: unknown, code?: ErrorCode): error is PinionError {
  return error instanceof PinionError && (code === undefined || error.code === code);
}

/** One line of text for anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return String(error);
}
