/** How many clients may be connected at once: so few that they never take the descriptors that modules and the machine itself need. */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import { type Millis, minutes } from "../base/millis.js";
import { hostOfPeer, isLoopbackHost, peerAddress } from "./peer-address.js";

/** More than a robot has clients, few enough for its memory. */
const MOST = 2048;
const FEWEST = 16;
/** Where the system does not tell: the least that any has. */
const ASSUMED_DESCRIPTORS = 256;
const LOG_INTERVAL: Millis = minutes(1);

export interface ClientLimitOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: half of the files that the process may open, at most 2,048. */
  readonly limit?: number;
}

export class ClientLimit {
  readonly #options: ClientLimitOptions;
  readonly #limit: number;
  /** By host; those of this host are not counted apart. */
  readonly #perHost = new Map<string, number>();
  #connected = 0;
  #turnedAway = 0;
  #loggedAt: Millis | undefined;

  constructor(options: ClientLimitOptions) {
    this.#options = options;
    this.#limit = options.limit ?? clientLimitOf(maxOpenFiles());
  }

  /** False: the client was turned away. One other host gets half of the places at most, so that it cannot lock the rest out. */
  admit(socket: Socket): boolean {
    const host = hostOfPeer(peerAddress(socket.remoteAddress, socket.remotePort));
    const ofHost = this.#perHost.get(host) ?? 0;
    const isTooMany = this.#connected >= this.#limit || (!isLoopbackHost(host) && ofHost >= Math.ceil(this.#limit / 2));
    if (isTooMany) {
      this.#turnAway(socket, host);
      return false;
    }
    this.#connected += 1;
    this.#perHost.set(host, ofHost + 1);
    socket.once("close", () => this.#leave(host));
    return true;
  }

  #leave(host: string): void {
    this.#connected -= 1;
    const left = (this.#perHost.get(host) ?? 0) - 1;
    if (left > 0) this.#perHost.set(host, left);
    else this.#perHost.delete(host);
  }

  #turnAway(socket: Socket, peer: string): void {
    // A reset leaves nothing behind, unlike a proper end.
    socket.on("error", () => undefined);
    socket.resetAndDestroy();
    this.#turnedAway += 1;
    const { clock, logger } = this.#options;
    const now = clock.now();
    if (this.#loggedAt !== undefined && now - this.#loggedAt < LOG_INTERVAL) return;
    this.#loggedAt = now;
    const fields = { peer, connected: this.#connected, limit: this.#limit, turnedAway: this.#turnedAway };
    logger.warn(fields, "clients are turned away: too many are connected; close some, or raise the limit on open files");
    this.#turnedAway = 0;
  }
}

/** For a process that may open so many files. */
export function clientLimitOf(openFiles: number): number {
  return Math.max(FEWEST, Math.min(MOST, Math.floor(openFiles / 2)));
}

function maxOpenFiles(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    if (soft === "unlimited") return MOST * 2;
    return Number(soft ?? ASSUMED_DESCRIPTORS);
  } catch {
    return ASSUMED_DESCRIPTORS; // no such file elsewhere than on Linux
  }
}
