/** Who called one of our own services, as the router told it in headers that clients cannot send. */
import type { CallContext } from "../proto/service.js";
import { RpcError, Status } from "../proto/status-code.js";
import { CALLER_HEADER, PEER_HEADER } from "./call-router.js";
import { type Caller, parseCaller } from "./caller.js";

export interface CallIdentity {
  readonly caller: Caller;
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Of the call itself. */
  readonly operationId: string | undefined;
}

export function identify(context: CallContext): CallIdentity {
  const { metadata } = context;
  const caller = parseCaller(metadata[CALLER_HEADER] ?? "");
  // Only who found the private socket gets here.
  if (caller === undefined) throw new RpcError(Status.PERMISSION_DENIED, "this socket is for the router of the machine only");
  const [remoteAddress = "", localAddress = ""] = (metadata[PEER_HEADER] ?? "").split(" ");
  return { caller, remoteAddress, localAddress, operationId: metadata["opid"] };
}
