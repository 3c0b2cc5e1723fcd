/** What runs now: every call that is tracked, so that it can be listed, waited for and cancelled. */
import type { Clock } from "../base/clock.js";
import { Status } from "../proto/status-code.js";
import type { CallHandle } from "./router-backend.js";

export interface Operation {
  readonly id: string;
  /** `/package.Service/Method` */
  readonly method: string;
  readonly started: Date;
  readonly sessionId: string | undefined;
}

interface Running extends Operation {
  readonly handle: CallHandle;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const LAST_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export interface NewOperation {
  readonly method: string;
  /** What the caller sent as `opid`. */
  readonly wantedId: string | undefined;
  readonly sessionId: string | undefined;
  readonly handle: CallHandle;
}

export class Operations {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #given = 0;
  #random = "";
  #stem = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The id of the operation. An id that runs already (a module that calls back) makes no second operation:
   * `isNew` is false and the first one stays what is listed and cancelled.
   */
  begin({ method, wantedId, sessionId, handle }: NewOperation): { readonly id: string; readonly isNew: boolean } {
    const id = wantedId !== undefined && UUID.test(wantedId) ? wantedId.toLowerCase() : this.#nextId();
    if (this.#running.has(id)) return { id, isNew: false };
    this.#running.set(id, { id, method, started: this.#clock.wall(), sessionId, handle });
    return { id, isNew: true };
  }

  end(id: string): void {
    this.#running.delete(id);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    for (const wake of waiting) wake();
  }

  /** A UUID of version 4: random once, counted from there, since many a call needs one. */
  #nextId(): string {
    const step = this.#given % LAST_BYTES.length;
    // The global crypto is loaded at its first use, node:crypto would be at start.
    if (this.#random === "") this.#random = crypto.randomUUID().slice(0, 24);
    if (step === 0) this.#stem = `${this.#random}${(this.#given / LAST_BYTES.length).toString(16).padStart(10, "0")}`;
    this.#given += 1;
    return `${this.#stem}${LAST_BYTES[step]}`;
  }

  /** Oldest first; the caller's own operation is left out. */
  list(exceptId: string | undefined): readonly Operation[] {
    return [...this.#running.values()].filter(({ id }) => id !== exceptId);
  }

  /** An unknown id is no error: the operation has ended. */
  cancel(id: string, message: string): void {
    this.#running.get(id.toLowerCase())?.handle.cancel(Status.CANCELLED, message);
  }

  cancelOthers(exceptId: string | undefined, message: string): void {
    for (const { id, handle } of [...this.#running.values()]) {
      if (id !== exceptId) handle.cancel(Status.CANCELLED, message);
    }
  }

  /** Resolves when the operation is over (at once for an unknown one) or the signal is aborted. */
  whenOver(id: string, signal: AbortSignal): Promise<void> {
    const key = id.toLowerCase();
    if (!this.#running.has(key) || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        waiting.delete(wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
