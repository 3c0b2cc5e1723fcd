/** What runs now: every call that is tracked, so that it can be listed, waited for and cancelled. */
import type { Clock } from "../base/clock.js";
import { LinkedList, type Member } from "../base/linked-list.js";
import type { Millis } from "../base/millis.js";
import { Status } from "../proto/status-code.js";
import type { CallHandle } from "./router-backend.js";

export interface Operation {
  readonly id: string;
  /** `/package.Service/Method` */
  readonly method: string;
  readonly started: Date;
  readonly sessionId: string | undefined;
}

/** What `begin` gives and `end` takes. */
export class RunningOperation implements Member {
  readonly id: string;
  readonly method: string;
  /** Monotonic. */
  readonly since: Millis;
  readonly sessionId: string | undefined;
  readonly handle: CallHandle;
  before: Member | undefined;
  after: Member | undefined;

  constructor(id: string, { method, sessionId, handle }: NewOperation, since: Millis) {
    this.id = id;
    this.method = method;
    this.since = since;
    this.sessionId = sessionId;
    this.handle = handle;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const ID_LENGTH = 36;
/** Ids are made by the hundred. */
const BATCH = 256;
const LAST_BYTES: readonly string[] = Array.from({ length: BATCH }, (_, byte) => byte.toString(16).padStart(2, "0"));

export interface NewOperation {
  readonly method: string;
  /** What the caller sent as `opid`. */
  readonly wantedId: string | undefined;
  readonly sessionId: string | undefined;
  readonly handle: CallHandle;
}

export class Operations {
  readonly #clock: Clock;
  /** Oldest first. Nobody looks for one of them but who cancels it, waits for it or calls back. */
  readonly #running = new LinkedList<RunningOperation>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #given = 0;
  #random = "";
  /** Of the batch, one behind the other. */
  #ids = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * An id that runs already (a module that calls back) makes no second operation: the text is that id, and the first one stays what is listed
   * and cancelled.
   */
  begin(operation: NewOperation): RunningOperation | string {
    const { wantedId } = operation;
    const wanted = wantedId !== undefined && UUID.test(wantedId) ? wantedId.toLowerCase() : undefined;
    if (wanted !== undefined && this.#find(wanted) !== undefined) return wanted;
    // One of ours that does not run is over, or is still to be given.
    const isFree = wanted !== undefined && !(this.#random !== "" && wanted.startsWith(this.#random));
    const running = new RunningOperation(isFree ? wanted : this.#nextId(), operation, this.#clock.now());
    this.#running.add(running);
    return running;
  }

  end(operation: RunningOperation): void {
    this.#running.delete(operation);
    if (this.#waiting.size === 0) return;
    const { id } = operation;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    for (const wake of waiting) wake();
  }

  #find(id: string): RunningOperation | undefined {
    for (const running of this.#running) if (running.id === id) return running;
    return undefined;
  }

  /** A UUID of version 4: random once, counted from there, since many a call needs one. */
  #nextId(): string {
    const start = (this.#given % BATCH) * ID_LENGTH;
    if (start === 0) this.#ids = this.#nextBatch(this.#given / BATCH);
    this.#given += 1;
    return this.#ids.slice(start, start + ID_LENGTH);
  }

  #nextBatch(number: number): string {
    // The global crypto is loaded at its first use, node:crypto would be at start.
    if (this.#random === "") this.#random = crypto.randomUUID().slice(0, 24);
    const stem = `${this.#random}${number.toString(16).padStart(10, "0")}`;
    return LAST_BYTES.map((byte) => `${stem}${byte}`).join("");
  }

  /** Oldest first; the caller's own operation is left out. */
  list(exceptId: string | undefined): readonly Operation[] {
    const [now, wall] = [this.#clock.now(), this.#clock.wall().getTime()];
    return [...this.#running]
      .filter(({ id }) => id !== exceptId)
      .map(({ id, method, since, sessionId }) => ({ id, method, started: new Date(wall - (now - since)), sessionId }));
  }

  /** An unknown id is no error: the operation has ended. */
  cancel(id: string, message: string): void {
    this.#find(id.toLowerCase())?.handle.cancel(Status.CANCELLED, message);
  }

  cancelOthers(exceptId: string | undefined, message: string): void {
    for (const { id, handle } of [...this.#running]) {
      if (id !== exceptId) handle.cancel(Status.CANCELLED, message);
    }
  }

  /** Resolves when the operation is over (at once for an unknown one) or the signal is aborted. */
  whenOver(id: string, signal: AbortSignal): Promise<void> {
    const key = id.toLowerCase();
    if (this.#find(key) === undefined || signal.aborted) return Promise.resolve();
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
