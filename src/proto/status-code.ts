/** gRPC status codes by name, the error that carries one, and conversions. Loads no gRPC library. */

export const Status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type Status = (typeof Status)[keyof typeof Status];
export type StatusName = keyof typeof Status;

const NAMES: readonly string[] = Object.keys(Status);

/** `NOT_FOUND` for 5; `CODE_99` for what the protocol does not know. */
export function statusName(code: number): string {
  return NAMES[code] ?? `CODE_${code}`;
}

/** By HTTP/2 error code: REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY. */
const OF_RESET: Readonly<Record<number, Status>> = {
  7: Status.UNAVAILABLE,
  8: Status.CANCELLED,
  11: Status.RESOURCE_EXHAUSTED,
  12: Status.PERMISSION_DENIED,
};

/** The status of a call whose stream the peer reset, as the gRPC protocol maps HTTP/2 error codes. */
export function statusOfReset(code: number): Status {
  return OF_RESET[code] ?? Status.INTERNAL;
}

/** A call that ended with a status other than OK, or is to end so. */
export class RpcError extends Error {
  readonly code: number;
  /** Trailers that came with the status. Binary ones (`-bin`) are left out. */
  readonly trailers: Readonly<Record<string, string>>;

  constructor(code: number, message: string, options?: ErrorOptions & { readonly trailers?: Readonly<Record<string, string>> }) {
    super(message, options);
    this.name = "RpcError";
    this.code = code;
    this.trailers = options?.trailers ?? {};
  }
}

/** Narrows a caught value to a call that ended with this status. */
export function isRpcError(error: unknown, code?: number): error is RpcError {
  return error instanceof RpcError && (code === undefined || error.code === code);
}

/** What to send for anything thrown: its own status where it has one, else UNKNOWN with its text. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!(error instanceof Error)) return new RpcError(Status.UNKNOWN, String(error));
  if (error.name === "AbortError") return new RpcError(Status.CANCELLED, error.message, { cause: error });
  if (error.name === "TimeoutError") return new RpcError(Status.DEADLINE_EXCEEDED, error.message, { cause: error });
  return new RpcError(Status.UNKNOWN, error.message || error.name, { cause: error });
}
