/**
 * RFC 9113 section 10.5: frames that cost us more than the peer. Each kind has a purse that fills with time, and for some kinds with what we
 * send the peer, since answering us is why it sends them; a peer that empties a purse loses its connection.
 */
import { ConnectionError, ErrorCode } from "./error-codes.js";

export type FloodKind = "reset" | "fault" | "refused" | "ping" | "settings" | "priority" | "empty" | "window";

interface Purse {
  readonly most: number;
  readonly perSecond: number;
}

/** Far above what any client needs, far below what hurts. */
const PURSES: Readonly<Record<FloodKind, Purse>> = {
  /** RST_STREAM of the peer: a thousand calls may be cancelled at once. */
  reset: { most: 2500, perSecond: 250 },
  /** Streams that we have to end because of what the peer sent on them. */
  fault: { most: 1000, perSecond: 100 },
  /** Streams over the limit, by a client that did not wait for our SETTINGS. */
  refused: { most: 5000, perSecond: 500 },
  ping: { most: 500, perSecond: 100 },
  settings: { most: 50, perSecond: 10 },
  priority: { most: 2500, perSecond: 500 },
  /** DATA without bytes, unknown frames, informational responses. */
  empty: { most: 1000, perSecond: 500 },
  window: { most: 5000, perSecond: 2000 },
};

/** A peer that measures its bandwidth pings once for what comes in a round trip; a careful one gives credit for every few hundred bytes. */
const SENT_BYTES_FOR_A_WINDOW_UPDATE = 256;

export class FloodGuard {
  readonly #now: () => number;
  readonly #left: Record<FloodKind, number> = {
    reset: PURSES.reset.most,
    fault: PURSES.fault.most,
    refused: PURSES.refused.most,
    ping: PURSES.ping.most,
    settings: PURSES.settings.most,
    priority: PURSES.priority.most,
    empty: PURSES.empty.most,
    window: PURSES.window.most,
  };
  readonly #filledAt = new Map<FloodKind, number>();
  readonly #start: number;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  /** ENHANCE_YOUR_CALM when the peer sends too many of a kind. */
  count(kind: FloodKind): void {
    this.#left[kind] -= 1;
    if (this.#left[kind] >= 0) return;
    // Time is only asked for when a purse is empty.
    const { most, perSecond } = PURSES[kind];
    const now = this.#now();
    const earned = ((now - (this.#filledAt.get(kind) ?? this.#start)) * perSecond) / 1000;
    this.#filledAt.set(kind, now);
    this.#left[kind] = Math.min(most, Math.floor(earned)) - 1;
    if (this.#left[kind] < 0) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `too many frames of the kind "${kind}"`);
  }

  /** We sent the peer something that it has a reason to answer. */
  onSent(bytes: number): void {
    if (this.#left.ping < PURSES.ping.most) this.#left.ping += 1;
    if (this.#left.window < PURSES.window.most) this.#left.window += 1 + Math.floor(bytes / SENT_BYTES_FOR_A_WINDOW_UPDATE);
  }
}
