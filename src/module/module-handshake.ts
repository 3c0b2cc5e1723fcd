/** From a started process to a ready module: waits until it listens, then asks Ready until it is. */
import type { Clock } from "../base/clock.js";
import { messageOf, PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import { ReadyRequest, ReadyResponse } from "../proto/gen/viam/module/v1/module.js";
import { isRpcError, Status, statusName } from "../proto/status-code.js";
import type { GrpcChannel } from "./grpc-channel.js";
import { parseHandlerMap } from "./handler-map.js";
import type { Handler } from "./module-host.js";
import { READY_CALL_LIMIT } from "./module-limits.js";
import { waitUntilListening } from "./wait-until-listening.js";

export interface HandshakeInput {
  readonly module: string;
  readonly channel: GrpcChannel;
  /** Where the module finds its parent: a socket path or 127.0.0.1:port. */
  readonly parentAddress: Promise<string>;
  /** For each of the two phases. */
  readonly limit: Millis;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the process ends or is to end; the reason is what the handshake rejects with. */
  readonly signal: AbortSignal;
}

const READY_PATH = "/viam.module.v1.ModuleService/Ready";
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 200;
const PAUSE_GROWTH = 1.5;
const RETRIED: readonly number[] = [Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED, Status.DEADLINE_EXCEEDED, Status.CANCELLED];

/** What the module offers. Rejects with MODULE_START_TIMEOUT, MODULE_HANDSHAKE_FAILED or the signal's reason. */
export async function handshake(input: HandshakeInput): Promise<readonly Handler[]> {
  const { module, channel, clock, limit, logger, signal } = input;
  await waitUntilListening({ module, address: channel.address, clock, limit, signal });
  const parent = await parentOf(input);
  const response = await untilReady(input, parent);
  return parseHandlerMap(module, response.handlermap, logger);
}

async function parentOf({ module, parentAddress, signal }: HandshakeInput): Promise<string> {
  try {
    const address = await parentAddress;
    signal.throwIfAborted();
    return address;
  } catch (error) {
    signal.throwIfAborted();
    throw new PinionError("MODULE_START_FAILED", `the socket for calls of module "${module}" could not be opened: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function untilReady(input: HandshakeInput, parent: string): Promise<ReadyResponse> {
  const { module, clock, limit, signal } = input;
  // Older SDKs read only the first field. An empty offer means no WebRTC.
  const request = ReadyRequest.encode({ parentAddress: parent, rawParentAddress: parent, webrtcOffer: "" }).finish();
  const startedAt = clock.now();
  let last = "it never answered";
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE)) {
    const left = limit - (clock.now() - startedAt);
    if (left <= 0) throw notReady(module, limit, last);
    const answer = await askReady(input, request, millis(Math.min(left, READY_CALL_LIMIT)));
    if (typeof answer !== "string") return answer;
    last = answer;
    await clock.sleep(millis(pause), signal);
  }
}

/** The answer of a ready module, or the reason to ask again. */
async function askReady({ module, channel, signal }: HandshakeInput, request: Uint8Array, limit: Millis): Promise<ReadyResponse | string> {
  try {
    const response = ReadyResponse.decode(await channel.unary(READY_PATH, request, limit));
    return response.ready ? response : "it answered that it is not ready";
  } catch (error) {
    signal.throwIfAborted();
    if (!isRpcError(error)) throw refused(module, messageOf(error), error);
    const text = `${statusName(error.code)}: ${error.message}`;
    if (RETRIED.includes(error.code)) return text;
    throw refused(module, text, error);
  }
}

function notReady(module: string, limit: Millis, last: string): PinionError {
  return new PinionError(
    "MODULE_START_TIMEOUT",
    `module "${module}" listens, but was not ready within ${formatGoDuration(limit)}: ${last}`,
  );
}

function refused(module: string, text: string, cause: unknown): PinionError {
  return new PinionError("MODULE_HANDSHAKE_FAILED", `module "${module}" failed the Ready call: ${text}`, { cause });
}
