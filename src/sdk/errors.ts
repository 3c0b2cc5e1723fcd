/** Errors a resource throws so that its callers get a fitting gRPC status. Anything else thrown becomes UNKNOWN with its text. */
import { RpcError, Status } from "../proto/status-code.js";

/** The request asks for something impossible, for example a pin that is not there (INVALID_ARGUMENT). */
export function invalidArgument(message: string, options?: ErrorOptions): RpcError {
  return new RpcError(Status.INVALID_ARGUMENT, message, options);
}

/** What the request names does not exist (NOT_FOUND). */
export function notFound(message: string, options?: ErrorOptions): RpcError {
  return new RpcError(Status.NOT_FOUND, message, options);
}

/** The hardware or model cannot do this at all (UNIMPLEMENTED). */
export function unimplemented(message: string, options?: ErrorOptions): RpcError {
  return new RpcError(Status.UNIMPLEMENTED, message, options);
}

/** Not in the present state; the caller has to do something first (FAILED_PRECONDITION). */
export function failedPrecondition(message: string, options?: ErrorOptions): RpcError {
  return new RpcError(Status.FAILED_PRECONDITION, message, options);
}

/** Device or peer out of reach; trying again later may work (UNAVAILABLE). */
export function unavailable(message: string, options?: ErrorOptions): RpcError {
  return new RpcError(Status.UNAVAILABLE, message, options);
}
