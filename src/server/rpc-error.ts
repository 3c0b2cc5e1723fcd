/** The one place of the server where errors become gRPC status codes. */
import { PinionError } from "../base/errors.js";
import { RpcError, Status, toRpcError } from "../proto/status-code.js";
import { FrameError } from "./frame/frame-system.js";
import { PointCloudError } from "./frame/point-cloud.js";

export function toServerError(error: unknown): RpcError {
  if (error instanceof PinionError) return new RpcError(codeOf(error), error.message, { cause: error });
  // Clients expect what goes wrong in a handler as UNKNOWN with its text.
  if (error instanceof FrameError || error instanceof PointCloudError) return new RpcError(Status.UNKNOWN, error.message, { cause: error });
  return toRpcError(error);
}

function codeOf(error: PinionError): Status {
  switch (error.code) {
    case "MODULE_UNKNOWN":
      return Status.NOT_FOUND;
    case "DEADLINE_EXCEEDED":
      return Status.DEADLINE_EXCEEDED;
    case "ABORTED":
      return Status.CANCELLED;
    case "MODULE_NOT_READY":
    case "MODULE_EXITED":
      return Status.UNAVAILABLE;
    case "USAGE":
      return Status.INVALID_ARGUMENT;
    default:
      return Status.UNKNOWN;
  }
}
