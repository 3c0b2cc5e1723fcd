/** Links to ports: those with the same name share one open port, which is closed with the last of them. */
import type { Clock } from "../../base/clock.js";
import { PinionError } from "../../base/errors.js";
import { SerialQueue } from "../../base/serial-queue.js";
import { shareTurns } from "./exchange-turns.js";
import { ReconnectingPort } from "./reconnecting-port.js";
import type { SerialBackend } from "./serial-backend.js";
import { closedError, otherSettingsError, settingsText } from "./serial-errors.js";
import type { PortState, Serial, SerialLink, SerialOptions, SerialPortInfo } from "./serial-link.js";

interface Shared {
  readonly port: ReconnectingPort;
  readonly turns: SerialQueue;
  readonly links: Set<SharedLink>;
}

export class SharedSerial implements Serial {
  readonly #backend: SerialBackend;
  readonly #clock: Clock;
  readonly #open = new Map<string, Shared>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(backend: SerialBackend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  open(options: SerialOptions): SerialLink {
    checkOptions(options);
    const shared = this.#open.get(options.port) ?? this.#add(options);
    if (settingsText(shared.port.options) !== settingsText(options)) throw otherSettingsError(options, shared.port.options);
    const link = new SharedLink(shared.port, () => this.#release(options.port, shared, link));
    shared.links.add(link);
    shareTurns(link, shared.turns);
    return link;
  }

  list(): Promise<readonly SerialPortInfo[]> {
    return this.#backend.list();
  }

  /** Closes all links still open. */
  async close(): Promise<void> {
    const links = [...this.#open.values()].flatMap((shared) => [...shared.links]);
    await Promise.all(links.map((link) => link.close()));
  }

  #add(options: SerialOptions): Shared {
    const after = this.#closing.get(options.port) ?? Promise.resolve();
    const port = new ReconnectingPort(options, { backend: this.#backend, clock: this.#clock, after });
    const shared: Shared = { port, turns: new SerialQueue(), links: new Set() };
    this.#open.set(options.port, shared);
    return shared;
  }

  async #release(name: string, shared: Shared, link: SharedLink): Promise<void> {
    shared.links.delete(link);
    if (shared.links.size > 0) return;
    this.#open.delete(name);
    const closing = shared.port.close();
    this.#closing.set(name, closing);
    await closing;
    if (this.#closing.get(name) === closing) this.#closing.delete(name);
  }
}

class SharedLink implements SerialLink {
  readonly port: string;
  readonly #shared: ReconnectingPort;
  readonly #release: () => Promise<void>;
  readonly #subscriptions = new Set<() => void>();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(shared: ReconnectingPort, release: () => Promise<void>) {
    this.port = shared.options.port;
    this.#shared = shared;
    this.#release = release;
  }

  get isConnected(): boolean {
    return this.#closing === undefined && this.#shared.isConnected;
  }

  connected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const closed = this.#closed.signal;
      if (closed.aborted || signal?.aborted === true) return reject(closed.aborted ? closed.reason : signal?.reason);
      if (this.#shared.isConnected) return resolve();
      const end = (deliver: () => void): void => {
        stop();
        signal?.removeEventListener("abort", onAbort);
        closed.removeEventListener("abort", onClosed);
        deliver();
      };
      const onAbort = (): void => end(() => reject(signal?.reason));
      const onClosed = (): void => end(() => reject(closed.reason));
      const stop = this.#shared.onState(({ isConnected }) => {
        if (isConnected) end(resolve);
      });
      signal?.addEventListener("abort", onAbort);
      closed.addEventListener("abort", onClosed);
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#closing === undefined ? this.#shared.write(bytes) : Promise.reject(closedError(this.port));
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    return this.#subscribe(() => this.#shared.onData(listener));
  }

  onState(listener: (state: PortState) => void): () => void {
    return this.#subscribe(() => this.#shared.onState(listener));
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      for (const end of [...this.#subscriptions]) end();
      this.#closed.abort(closedError(this.port));
      this.#closing = this.#release();
    }
    return this.#closing;
  }

  #subscribe(begin: () => () => void): () => void {
    if (this.#closing !== undefined) return () => undefined;
    const stop = begin();
    const end = (): void => {
      stop();
      this.#subscriptions.delete(end);
    };
    this.#subscriptions.add(end);
    return end;
  }
}

function checkOptions({ port, baudRate }: SerialOptions): void {
  if (!Number.isInteger(baudRate) || baudRate < 1)
    throw new PinionError("SERIAL_FAILED", `serial port ${port}: expected a baud rate, got ${baudRate}`);
  if (port.startsWith("/") || /^[0-9a-f]{4}:[0-9a-f]{4}(:.+)?$/i.test(port)) return;
  const expected = "expected a path such as /dev/ttyUSB0 or /dev/serial/by-id/…, or vendor:product[:serial] in hex as lsusb prints it";
  throw new PinionError("SERIAL_FAILED", `${expected}, got ${JSON.stringify(port)}`);
}
