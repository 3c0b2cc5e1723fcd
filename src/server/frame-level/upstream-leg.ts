/** One connection of ours to an upstream: as many calls as it allows, the rest wait; what waits when it takes no more moves to the next connection. */
import net from "node:net";
import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import { millis } from "../../base/millis.js";
import type { ByteBudget } from "../../http2/byte-budget.js";
import { Connection } from "../../http2/connection.js";
import type { ConnectionEvents } from "../../http2/connection-types.js";
import { ConnectionError, ErrorCode } from "../../http2/error-codes.js";
import type { HeaderList } from "../../http2/header-list.js";
import type { Stream } from "../../http2/stream.js";

/** The upstream's side of a call. */
export interface UpstreamCall {
  readonly isOver: boolean;
  /** The row in which the call waits for a stream; whoever ends the call takes it out. */
  row: Set<UpstreamCall> | undefined;
  /** A stream can be opened: do so. */
  onOpen(connection: Connection<UpstreamCall>): void;
  onUpstreamHeaders(list: HeaderList, isEnd: boolean): void;
  onUpstreamData(data: Buffer, isEnd: boolean): void;
  /** `reason` when the whole connection ended. */
  onUpstreamReset(code: number, reason: string | undefined): void;
  onUpstreamSent(bytes: number): void;
}

const RESET_PATIENCE = millis(10);
/** A connection is lost a little before it is known how its process ended. */
const CAUSE_PATIENCE = millis(50);

export interface UpstreamLegOptions {
  /** For people: `module "thermo"`. */
  readonly what: string;
  readonly address: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: ByteBudget;
  /** It takes no more calls; these still wait for a stream. */
  readonly onSpent: (waiting: readonly UpstreamCall[]) => void;
  readonly onClose: () => void;
}

export class UpstreamLeg implements ConnectionEvents<UpstreamCall> {
  readonly #options: UpstreamLegOptions;
  readonly #connection: Connection<UpstreamCall>;
  readonly #waiting = new Set<UpstreamCall>();
  #reason: string | undefined;
  #hasConnected = false;
  /** Calls that ended with the connection, before anybody said why it did. */
  #untold: (() => void)[] = [];

  constructor(options: UpstreamLegOptions) {
    this.#options = options;
    const { clock, memory } = options;
    const socket = connect(options.address, (length) => this.#connection.receive(READ_BUFFER, length));
    this.#connection = new Connection<UpstreamCall>({ socket, role: "client", events: this, clock, memory });
  }

  /** False once it takes no new calls. */
  get isUsable(): boolean {
    return !this.#connection.isSpent;
  }

  /** Calls back at once, or when the upstream allows one more. */
  enter(call: UpstreamCall): void {
    if (this.#waiting.size === 0 && this.#connection.hasCapacity) {
      call.onOpen(this.#connection);
      return;
    }
    if (this.#connection.isClosed) {
      call.onUpstreamReset(ErrorCode.REFUSED_STREAM, this.#why);
      return;
    }
    call.row = this.#waiting;
    this.#waiting.add(call);
  }

  end(reason: string): void {
    this.#reason ??= reason;
    this.#hasConnected = false;
    this.#connection.close();
    this.#tellUntold();
  }

  onHeaders(stream: Stream<UpstreamCall>, list: HeaderList, isEnd: boolean): void {
    if (!stream.hasHeaders) return; // an informational response, which gRPC has no use for
    stream.owner?.onUpstreamHeaders(list, isEnd);
  }

  onData(stream: Stream<UpstreamCall>, data: Buffer, isEnd: boolean): void {
    stream.owner?.onUpstreamData(data, isEnd);
  }

  onReset(stream: Stream<UpstreamCall>, code: number): void {
    const call = stream.owner;
    if (call === undefined) return;
    const tell = (): void => call.onUpstreamReset(code, this.#connection.isClosed ? this.#why : undefined);
    // A process that ends may reset its streams just before its connection closes: a moment later we know which it was.
    if (this.#connection.isClosed && this.#reason === undefined) this.#untold.push(tell);
    else if (this.#connection.isClosed || code === ErrorCode.REFUSED_STREAM) tell();
    else this.#options.clock.after(RESET_PATIENCE, tell, { unref: true });
  }

  onSent(stream: Stream<UpstreamCall>, bytes: number): void {
    stream.owner?.onUpstreamSent(bytes);
  }

  onCapacity(): void {
    this.#hasConnected = true;
    while (this.#connection.hasCapacity) {
      const [call] = this.#waiting;
      if (call === undefined) return;
      this.#waiting.delete(call);
      call.row = undefined;
      call.onOpen(this.#connection);
    }
    if (this.#connection.isSpent && !this.#connection.isClosed) this.#moveWaiting();
  }

  onGoaway(): void {
    this.#moveWaiting();
  }

  onClose(error: Error | undefined): void {
    if (this.#untold.length === 0) this.#options.onClose();
    else {
      const { clock, onClose } = this.#options;
      clock.after(CAUSE_PATIENCE, () => {
        this.#tellUntold();
        onClose();
      });
    }
    if (this.#hasConnected) this.#moveWaiting();
    for (const call of this.#takeWaiting()) call.onUpstreamReset(ErrorCode.REFUSED_STREAM, this.#why);
    if (error === undefined || (!(error instanceof ConnectionError) && "code" in error)) return;
    const { logger, what } = this.#options;
    const fields = { upstream: what, error: error.message };
    if (error instanceof ConnectionError) logger.warn(fields, "an upstream breaks the rules of HTTP/2");
    else logger.error({ ...fields, stack: error.stack }, "the connection to an upstream failed by a mistake of ours");
  }

  #tellUntold(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const tell of untold) tell();
  }

  /** Why the connection ended; empty when nobody said. */
  get #why(): string {
    const { error } = this.#connection;
    return this.#reason ?? (error === undefined ? "" : messageOf(error));
  }

  /** They never reached the upstream, so another connection may take them. */
  #moveWaiting(): void {
    const calls = this.#takeWaiting();
    if (calls.length > 0) this.#options.onSpent(calls);
  }

  #takeWaiting(): readonly UpstreamCall[] {
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call.row = undefined;
    return calls.filter(({ isOver }) => !isOver);
  }
}

/** What a socket reads into: of all modules the same, since it is done with before the next one reads. */
const READ_BUFFER: Buffer = Buffer.allocUnsafeSlow(65_536);

function connect(address: string, onRead: (bytes: number) => void): net.Socket {
  const onread = {
    buffer: READ_BUFFER,
    callback: (bytes: number): boolean => {
      onRead(bytes);
      return true;
    },
  };
  const match = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(address);
  const socket =
    match === null
      ? net.connect({ path: address.replace(/^unix:/, ""), onread })
      : net.connect({ host: match[1] ?? match[2] ?? "127.0.0.1", port: Number(match[3]), noDelay: true, onread });
  // The listeners keep the process alive; a connection to a module does not.
  return socket.unref();
}
