/** What a connection of the SDK allows its peer, in both roles. */
import { type ConnectionLimits, DEFAULT_LIMITS } from "../../http2/connection-types.js";

/** Each stream holds back by itself what waits for its peer, so that the connection need not count it. */
export const CONNECTION_LIMITS: ConnectionLimits = { ...DEFAULT_LIMITS, queuedBytes: Number.POSITIVE_INFINITY, mayResetFreely: true };
