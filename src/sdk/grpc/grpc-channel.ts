/**
 * Calls to one address over one connection. It connects when a call needs it, and again when the connection was lost, without waiting: whoever
 * listens there anew is found at the next call, and a call that finds nobody fails at once.
 */
import { connect, Socket } from "node:net";
import { type Clock, systemClock } from "../../base/clock.js";
import { Connection } from "../../http2/connection.js";
import type { ConnectionEvents } from "../../http2/connection-types.js";
import type { HeaderList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { type CallReceiver, ClientCall } from "./client-call.js";
import { CONNECTION_LIMITS } from "./connection-limits.js";

export interface StartCall {
  readonly path: string;
  readonly request: HeaderList;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly receiver: CallReceiver;
}

export class GrpcChannel {
  /** A socket path or host:port. */
  readonly address: string;
  readonly #clock: Clock;
  readonly #lines = new Set<Line>();
  #current: Line | undefined;
  #isClosed = false;

  constructor(address: string, clock: Clock = systemClock) {
    this.address = address;
    this.#clock = clock;
  }

  /** The call's request leaves when the peer allows one more stream; its receiver hears the rest. */
  start(options: StartCall): ClientCall {
    const call = new ClientCall({ ...options, clock: this.#clock });
    if (this.#isClosed) call.fail(new RpcError(Status.UNAVAILABLE, `the channel to ${this.address} was closed`));
    else this.#enter(call);
    return call;
  }

  /** Ends all calls with CANCELLED. Closing twice is harmless. */
  close(): void {
    this.#isClosed = true;
    for (const line of this.#lines) line.close();
  }

  #enter(call: ClientCall): void {
    if (this.#current === undefined || this.#current.isSpent) {
      const line: Line = new Line(this.address, this.#clock, {
        onEnd: () => this.#lines.delete(line),
        onSpent: (waiting) => {
          if (this.#current === line) this.#current = undefined;
          for (const one of waiting) this.#enter(one);
        },
      });
      this.#current = line;
      this.#lines.add(line);
    }
    this.#current.enter(call);
  }
}

interface LineEvents {
  onEnd(): void;
  /** It takes no more calls; these wait for another connection. */
  onSpent(waiting: readonly ClientCall[]): void;
}

/** One connection: as many calls as the peer allows, the rest wait. */
class Line implements ConnectionEvents<ClientCall> {
  readonly #address: string;
  readonly #events: LineEvents;
  readonly #socket: Socket;
  readonly #connection: Connection<ClientCall>;
  readonly #waiting = new Set<ClientCall>();
  #isConnected = false;
  #isClosing = false;

  constructor(address: string, clock: Clock, events: LineEvents) {
    this.#address = address;
    this.#events = events;
    this.#socket = openSocket(address);
    this.#socket.once("connect", () => {
      this.#isConnected = true;
    });
    this.#connection = new Connection<ClientCall>({ socket: this.#socket, role: "client", events: this, clock, limits: CONNECTION_LIMITS });
  }

  /** It takes no more calls. */
  get isSpent(): boolean {
    return this.#connection.isSpent;
  }

  enter(call: ClientCall): void {
    if (this.#waiting.size === 0 && this.#connection.hasCapacity) {
      call.open(this.#connection);
      return;
    }
    this.#waiting.add(call);
    call.onAbandoned = () => this.#waiting.delete(call);
  }

  close(): void {
    this.#isClosing = true;
    for (const call of [...this.#waiting]) call.cancel("the channel was closed");
    inOneWrite(() => this.#connection.close());
    this.#socket.destroy();
  }

  // ---- ConnectionEvents ----

  onHeaders(stream: Stream<ClientCall>, list: HeaderList, isEnd: boolean): void {
    stream.owner?.onHeaders(list, isEnd);
  }

  onData(stream: Stream<ClientCall>, data: Buffer, isEnd: boolean): void {
    stream.owner?.onData(data, isEnd);
  }

  onReset(stream: Stream<ClientCall>, code: number): void {
    const call = stream.owner;
    if (this.#isClosing) call?.cancel("the channel was closed");
    else call?.onReset(code, this.#connection.isClosed ? this.#why : undefined);
  }

  onSent(stream: Stream<ClientCall>): void {
    stream.owner?.onSent();
  }

  onCapacity(): void {
    for (const call of this.#waiting) {
      if (!this.#connection.hasCapacity) break;
      this.#waiting.delete(call);
      call.onAbandoned = undefined;
      call.open(this.#connection);
    }
    if (this.#connection.isSpent && !this.#connection.isClosed) this.#leave();
  }

  onGoaway(): void {
    this.#leave();
  }

  onClose(): void {
    this.#events.onEnd();
    // Nobody waits on for a peer that is not there.
    const error = new RpcError(Status.UNAVAILABLE, this.#why);
    for (const call of [...this.#waiting]) call.fail(error);
    this.#leave();
  }

  // ---- inside ----

  #leave(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call.onAbandoned = undefined;
    this.#events.onSpent(waiting);
  }

  get #why(): string {
    const { error } = this.#connection;
    const what = this.#isConnected ? `the connection to ${this.#address} was lost` : `nobody can be reached at ${this.#address}`;
    return error === undefined ? what : `${what}: ${error.message}`;
  }
}

/** To a socket path or host:port. Does not throw: what is no address is one where nobody can be reached. */
export function openSocket(address: string): Socket {
  const port = /^(.*):(\d+)$/.exec(address);
  try {
    if (port === null) return connect(address);
    // [::1]:8080
    const host = (port[1] ?? "").replace(/^\[(.*)\]$/, "$1");
    return connect({ host, port: Number(port[2]), noDelay: true });
  } catch (error) {
    return new Socket().destroy(error instanceof Error ? error : undefined);
  }
}
