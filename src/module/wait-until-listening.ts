/** Waits until somebody accepts connections at a module's address, by trying. */
import { existsSync } from "node:fs";
import type { Clock } from "../base/clock.js";
import { PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import { type Millis, millis } from "../base/millis.js";
import { openSocket } from "./grpc-channel.js";

export interface ListeningInput {
  readonly module: string;
  readonly address: string;
  readonly limit: Millis;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

// A tenth of the time waited so far: a quick module loses a millisecond, a slow one costs few tries.
const SHARE = 0.1;
const SHORTEST_PAUSE = 1;
const LONGEST_PAUSE = 100;
// A full backlog lets a connection attempt hang; the next one may do better.
const CONNECT_LIMIT: Millis = millis(1000);

export async function waitUntilListening({ module, address, limit, clock, signal }: ListeningInput): Promise<void> {
  const startedAt = clock.now();
  for (;;) {
    signal.throwIfAborted();
    if (await isListening(address, clock)) return;
    const waited = clock.now() - startedAt;
    if (waited >= limit)
      throw new PinionError("MODULE_START_TIMEOUT", `module "${module}" did not listen on ${address} within ${formatGoDuration(limit)}`);
    await clock.sleep(millis(Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, waited * SHARE))), signal);
  }
}

function isListening(address: string, clock: Clock): Promise<boolean> {
  // Much cheaper than a failing connection while there is no file yet.
  if (address.startsWith("/") && !existsSync(address)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = openSocket(address);
    const finish = (isOpen: boolean): void => {
      timer.cancel();
      socket.destroy();
      resolve(isOpen);
    };
    const timer = clock.after(CONNECT_LIMIT, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
