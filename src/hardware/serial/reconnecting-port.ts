/** One port that is opened, lost and opened again, for all links to it. */
import type { Clock, Timer } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, PinionError } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { type Millis, millis, seconds } from "../../base/millis.js";
import { SerialQueue } from "../../base/serial-queue.js";
import type { OpenPort, SerialBackend } from "./serial-backend.js";
import { closedError, lostError } from "./serial-errors.js";
import type { PortState, SerialOptions } from "./serial-link.js";

const FIRST_DELAY = millis(250);
const LAST_DELAY = seconds(5);
/** After the folder of the port changed: udev makes the file first and sets its group a moment later. */
const SETTLE_DELAY = millis(50);
const CLOSE_LIMIT = seconds(2);
/** Bytes that may wait to be sent. */
const MAX_BACKLOG = 65_536;

type State =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly session: Session }
  | { readonly kind: "waiting"; readonly timer: Timer; readonly until: number }
  | { readonly kind: "closed" };

/** What ends with the connection. */
interface Session {
  readonly port: OpenPort;
  readonly queue: SerialQueue;
  readonly writes: Set<(error: Error) => void>;
  backlog: number;
}

export class ReconnectingPort {
  readonly options: SerialOptions;
  readonly #backend: SerialBackend;
  readonly #clock: Clock;
  readonly #dataListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #stateListeners = new Set<(state: PortState) => void>();
  #state: State = { kind: "opening" };
  #failures = 0;
  #lastError: Error | undefined;
  #stopWatching: (() => void) | undefined;
  #work: Promise<void>;

  /** `after`: what has to end first, for example the closing of the same port. */
  constructor(
    options: SerialOptions,
    { backend, clock, after }: { readonly backend: SerialBackend; readonly clock: Clock; readonly after: Promise<void> },
  ) {
    this.options = options;
    this.#backend = backend;
    this.#clock = clock;
    this.#work = after.then(() => this.#open());
  }

  get isConnected(): boolean {
    return this.#state.kind === "open";
  }

  /** Why it is not connected. */
  get error(): Error {
    if (this.#state.kind === "closed") return closedError(this.options.port);
    const text = `serial port ${this.options.port} is not connected: it is being opened`;
    return this.#lastError ?? new PinionError("SERIAL_NOT_CONNECTED", text);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    const entry = (bytes: Uint8Array): void => listener(bytes);
    this.#dataListeners.add(entry);
    return () => this.#dataListeners.delete(entry);
  }

  onState(listener: (state: PortState) => void): () => void {
    const entry = (state: PortState): void => listener(state);
    this.#stateListeners.add(entry);
    return () => this.#stateListeners.delete(entry);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#state.kind !== "open") return Promise.reject(this.#notConnected());
    const { session } = this.#state;
    if (session.backlog + bytes.length > MAX_BACKLOG) {
      const text = `serial port ${this.options.port}: more than ${MAX_BACKLOG} bytes wait to be sent: expected the caller to wait for earlier writes`;
      return Promise.reject(new PinionError("SERIAL_FAILED", text));
    }
    session.backlog += bytes.length;
    const copy = bytes.slice(); // the caller may go on with its own
    return new Promise((resolve, reject) => {
      session.writes.add(reject);
      const settle = (deliver: () => void): void => {
        session.writes.delete(reject);
        session.backlog -= bytes.length;
        deliver();
      };
      const sent = session.queue.run(() => this.#send(session, copy));
      sent.then(
        () => settle(resolve),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  async close(): Promise<void> {
    const state = this.#state;
    if (state.kind === "closed") return this.#work;
    this.#state = { kind: "closed" };
    this.#stopWatching?.();
    if (state.kind === "waiting") state.timer.cancel();
    if (state.kind === "open") {
      this.#endWrites(state.session, closedError(this.options.port));
      this.#work = this.#closePort(state.session.port);
    }
    // An open that does not come back is closed when it does.
    await withDeadline(this.#clock, CLOSE_LIMIT, "closing", this.#work).catch(() => undefined);
  }

  async #open(): Promise<void> {
    if (this.#state.kind === "closed") return;
    this.#state = { kind: "opening" };
    let lost: Error | undefined;
    let session: Session | undefined;
    try {
      const port = await this.#backend.open(this.options, {
        onData: (bytes) => this.#deliver(bytes),
        onLost: (error) => {
          lost = error;
          if (session !== undefined) this.#lose(session, error);
        },
      });
      if (this.#isClosed()) return await this.#closePort(port);
      session = { port, queue: new SerialQueue(), writes: new Set(), backlog: 0 };
    } catch (error) {
      if (!this.#isClosed()) this.#wait(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#state = { kind: "open", session };
    this.#failures = 0;
    this.#lastError = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#announce({ isConnected: true });
    if (lost !== undefined) this.#lose(session, lost);
  }

  async #send(session: Session, bytes: Uint8Array): Promise<void> {
    if (this.#state.kind !== "open" || this.#state.session !== session) throw this.#notConnected();
    // Twice what the line needs at eleven bits a byte and one for parity, and a second for adapters.
    const limit = millis(1000 + (24_000 * bytes.length) / this.options.baudRate);
    try {
      await withDeadline(this.#clock, limit, "the write", session.port.write(bytes));
    } catch (cause) {
      const isLate = cause instanceof PinionError && cause.code === "DEADLINE_EXCEEDED";
      const error = isLate
        ? new PinionError(
            "SERIAL_TIMEOUT",
            `serial port ${this.options.port}: ${bytes.length} bytes were not sent within ${formatGoDuration(limit)}; it is opened anew`,
          )
        : lostError(this.options.port, cause);
      this.#lose(session, error);
      throw error;
    }
  }

  #lose(session: Session, error: Error): void {
    if (this.#state.kind !== "open" || this.#state.session !== session) return;
    const closing = this.#closePort(session.port);
    this.#wait(error, closing);
    this.#endWrites(session, error);
  }

  /** Tries again after a delay, or as soon as something comes. `closing`: has to end before. */
  #wait(error: Error, closing: Promise<void> = Promise.resolve()): void {
    const delay = millis(Math.min(FIRST_DELAY * 2 ** this.#failures, LAST_DELAY));
    this.#failures++;
    const isNews = this.#lastError === undefined || messageOf(this.#lastError) !== messageOf(error);
    this.#lastError = error;
    this.#schedule(delay, closing);
    this.#stopWatching ??= this.#backend.watch(this.options.port, () => {
      if (this.#state.kind !== "waiting" || this.#state.until <= this.#clock.now() + SETTLE_DELAY) return;
      this.#state.timer.cancel();
      this.#failures = 0;
      this.#schedule(SETTLE_DELAY, closing);
    });
    if (isNews) this.#announce({ isConnected: false, error });
  }

  #schedule(delay: Millis, closing: Promise<void>): void {
    const timer = this.#clock.after(delay, () => {
      this.#state = { kind: "opening" };
      this.#work = closing.then(() => this.#open());
    });
    this.#state = { kind: "waiting", timer, until: this.#clock.now() + delay };
    this.#work = closing;
  }

  /** Never rejects: the port is given up either way. */
  async #closePort(port: OpenPort): Promise<void> {
    try {
      await withDeadline(this.#clock, CLOSE_LIMIT, "closing", port.close());
    } catch {
      // it was lost, or the kernel holds on to it; opening it again says more
    }
  }

  #deliver(bytes: Uint8Array): void {
    for (const listener of [...this.#dataListeners]) listener(bytes);
  }

  #announce(state: PortState): void {
    for (const listener of [...this.#stateListeners]) listener(state);
  }

  #endWrites(session: Session, error: Error): void {
    for (const reject of [...session.writes]) reject(error);
  }

  #notConnected(): Error {
    const { error } = this;
    if (this.#state.kind === "closed" || (error instanceof PinionError && error.code === "SERIAL_NOT_CONNECTED")) return error;
    return new PinionError("SERIAL_NOT_CONNECTED", `not connected: ${messageOf(error)}`, { cause: error });
  }

  #isClosed(): boolean {
    return this.#state.kind === "closed";
  }
}
