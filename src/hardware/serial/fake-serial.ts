/**
 * Serial ports in memory, for tests: a scripted peer at the other end, unplugging, and what was written. Links, reconnecting and errors are the real
 * ones; only the kernel is replaced.
 */
import { type Clock, systemClock } from "../../base/clock.js";
import { hasIdentity } from "./list-ports.js";
import type { OpenPort, PortEvents, SerialBackend } from "./serial-backend.js";
import { ambiguousError, busyError, lostError, missingError, permissionError } from "./serial-errors.js";
import type { Serial, SerialLink, SerialOptions, SerialPortInfo } from "./serial-link.js";
import { SharedSerial } from "./shared-serial.js";

export interface FakePortOptions {
  readonly links?: readonly string[];
  /** `vendor:product[:serial]` */
  readonly identity?: string;
  readonly description?: string;
  /** The adapter sends everything back that is written, as half-duplex ones do. */
  readonly echo?: boolean;
  /** The peer: called with each write after it was sent; answers with `port.send(…)`. */
  readonly onWrite?: (bytes: Uint8Array, port: FakePort) => void;
}

export class FakePort {
  readonly path: string;
  /** Each write since the beginning, or since this was emptied. */
  readonly writes: Uint8Array[] = [];
  /** The peer, which may be exchanged. */
  onWrite: ((bytes: Uint8Array, port: FakePort) => void) | undefined;
  echo: boolean;
  isPlugged = true;
  /** Writes neither end nor fail while it is true; unplugging ends them. */
  isStalled = false;
  /** Opening fails so, until it is undefined again. */
  openFault: "busy" | "permission" | undefined;
  /** What it was opened with last. */
  options: SerialOptions | undefined;
  #events: PortEvents | undefined;

  constructor(path: string, { echo = false, onWrite }: FakePortOptions = {}) {
    this.path = path;
    this.echo = echo;
    this.onWrite = onWrite;
  }

  get isOpen(): boolean {
    return this.#events !== undefined;
  }

  /** All bytes that were written, in one piece. */
  get written(): Buffer {
    return Buffer.concat(this.writes);
  }

  /** The peer sends one chunk, which listeners have when this returns. Nobody gets it while the port is not open. Text is sent as Latin-1. */
  send(chunk: Uint8Array | readonly number[] | string): void {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : Uint8Array.from(chunk);
    this.#events?.onData(bytes);
  }

  /** For FakeSerial. */
  open(options: SerialOptions, events: PortEvents): OpenPort {
    this.options = options;
    this.#events = events;
    return {
      write: (bytes) => this.#write(events, bytes.slice()),
      close: async () => {
        if (this.#events === events) this.#events = undefined;
      },
    };
  }

  /** For FakeSerial. */
  lose(error: Error): void {
    const events = this.#events;
    this.#events = undefined;
    events?.onLost(error);
  }

  async #write(events: PortEvents, bytes: Uint8Array): Promise<void> {
    if (this.#events !== events) throw lostError(this.path);
    this.writes.push(bytes);
    if (this.isStalled) await new Promise<never>(() => undefined);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#events !== events) throw lostError(this.path);
    if (this.echo) this.send(bytes);
    this.onWrite?.(bytes, this);
  }
}

export class FakeSerial implements Serial {
  readonly #shared: SharedSerial;
  readonly #ports = new Map<string, { readonly port: FakePort; readonly info: SerialPortInfo }>();
  readonly #watchers = new Set<() => void>();

  /** A `clock` is asked for the delays of reconnecting, for SERIAL_TIMEOUT of writes, and for nothing else. */
  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    const backend: SerialBackend = {
      open: (options, events) => this.#open(options, events),
      list: () => this.list(),
      watch: (_port, onChange) => {
        this.#watchers.add(onChange);
        return () => this.#watchers.delete(onChange);
      },
    };
    this.#shared = new SharedSerial(backend, clock);
  }

  /** Adds a port that is plugged in. */
  add(path: string, options: FakePortOptions = {}): FakePort {
    const port = new FakePort(path, options);
    const { links = [], identity, description } = options;
    this.#ports.set(path, { port, info: { path, links, identity, description } });
    this.#changed();
    return port;
  }

  /** The device is pulled out: links lose their connection, writes under way fail. */
  unplug(path: string): void {
    const port = this.#port(path);
    port.isPlugged = false;
    port.lose(lostError(path));
  }

  /** It is plugged in again; links connect by themselves. */
  plug(path: string): void {
    this.#port(path).isPlugged = true;
    this.#changed();
  }

  open(options: SerialOptions): SerialLink {
    return this.#shared.open(options);
  }

  async list(): Promise<readonly SerialPortInfo[]> {
    return [...this.#ports.values()].filter(({ port }) => port.isPlugged).map(({ info }) => info);
  }

  async #open(options: SerialOptions, events: PortEvents): Promise<OpenPort> {
    const present = await this.list();
    const wanted = options.port;
    const found = present.filter((port) => port.path === wanted || port.links.includes(wanted) || hasIdentity(port, wanted));
    const [only] = found;
    if (only === undefined) throw missingError(wanted, present);
    if (found.length > 1) throw ambiguousError(wanted, found);
    const port = this.#port(only.path);
    if (port.openFault === "permission") throw permissionError(wanted);
    if (port.openFault === "busy" || port.isOpen) throw busyError(wanted, undefined);
    return port.open(options, events);
  }

  #port(path: string): FakePort {
    const entry = this.#ports.get(path);
    if (entry === undefined) throw new Error(`expected a fake port ${path}: add it first`);
    return entry.port;
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
