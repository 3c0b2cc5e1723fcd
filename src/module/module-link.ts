/**
 * The connection to one started process: channel, handshake, calls. Loaded only after the first process was started, so that loading
 * HTTP/2 and the messages overlaps with the module's own start.
 */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import { isRpcError, Status } from "../proto/status-code.js";
import { GrpcChannel } from "./grpc-channel.js";
import { GrpcModuleCalls } from "./grpc-module-calls.js";
import type { ProbeResult } from "./liveness.js";
import { handshake } from "./module-handshake.js";
import type { Handler, ModuleCalls } from "./module-host.js";

export interface LinkInput {
  readonly module: string;
  readonly incarnation: number;
  /** Where the module was told to listen. */
  readonly address: string;
  readonly parentAddress: Promise<string>;
  readonly limit: Millis;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted with a PinionError when the process ends or is to end. */
  readonly signal: AbortSignal;
}

export interface ModuleLink {
  readonly handlers: readonly Handler[];
  readonly calls: ModuleCalls;
  /** Whether it answers anything at all. Never rejects. */
  probe(limit: Millis): Promise<ProbeResult>;
  /** Whether a call of ours is in flight that was sent before this instant. */
  isBusySince(at: Millis): boolean;
  close(reason: string): void;
}

/** Resolves when the module is ready; rejects as the handshake does, with nothing left open. */
export async function linkModule(input: LinkInput): Promise<ModuleLink> {
  const { module, incarnation, address, clock } = input;
  const channel = new GrpcChannel(address, clock);
  let goneBecause: string | undefined;
  const close = (reason: string): void => {
    goneBecause ??= reason;
    channel.close(reason);
  };
  const onAbort = (): void => close(messageOf(input.signal.reason));
  input.signal.addEventListener("abort", onAbort, { once: true });
  try {
    const handlers = await handshake({ ...input, channel });
    input.signal.throwIfAborted();
    return {
      handlers,
      calls: new GrpcModuleCalls({ module, incarnation, channel, clock, goneBecause: () => goneBecause }),
      probe: (limit) => probe(channel, limit),
      isBusySince: (at) => channel.isBusySince(at),
      close,
    };
  } catch (error) {
    close("the handshake failed");
    throw error;
  } finally {
    input.signal.removeEventListener("abort", onAbort);
  }
}

// Nobody has this method; that it is refused is a sign of life like any other.
const PROBE_PATH = "/viam.module.v1.ModuleService/PinionProbe";

async function probe(channel: GrpcChannel, limit: Millis): Promise<ProbeResult> {
  try {
    await channel.probe(PROBE_PATH, limit);
    return "answered";
  } catch (error) {
    if (isRpcError(error, Status.UNAVAILABLE)) return "unreachable";
    return isRpcError(error, Status.DEADLINE_EXCEEDED) ? "silent" : "answered";
  }
}
