/** One client of the server: its streams become calls. */
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.js";
import { Connection } from "../../http2/connection.js";
import type { ConnectionEvents } from "../../http2/connection-types.js";
import { ErrorCode } from "../../http2/error-codes.js";
import type { HeaderList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { readRequest, statusFields } from "./call-fields.js";
import { CONNECTION_LIMITS } from "./connection-limits.js";
import { type CallSource, EARLY_ANSWER_PATIENCE, type ServedMethod, ServerCall } from "./server-call.js";

export interface ServerConnectionOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly find: (path: string) => ServedMethod | undefined;
  readonly onClosed: () => void;
}

export class ServerConnection implements ConnectionEvents<ServerCall>, CallSource {
  readonly peer: string;
  readonly #options: ServerConnectionOptions;
  readonly #connection: Connection<ServerCall>;

  constructor(options: ServerConnectionOptions) {
    const { socket, clock } = options;
    this.#options = options;
    this.peer = socket.remoteAddress === undefined ? "unix:" : `${socket.remoteAddress}:${socket.remotePort}`;
    this.#connection = new Connection<ServerCall>({ socket, role: "server", events: this, clock, limits: CONNECTION_LIMITS });
  }

  goAway(): void {
    this.#connection.goAway();
  }

  destroy(): void {
    this.#connection.close();
    this.#options.socket.destroy();
  }

  // ---- ConnectionEvents ----

  onHeaders(stream: Stream<ServerCall>, list: HeaderList, isEnd: boolean): void {
    // Trailers of a request say nothing in gRPC but that it ends.
    if (stream.owner !== undefined) stream.owner.onData(NO_BYTES, isEnd);
    else this.#onRequest(stream, list, isEnd);
  }

  onData(stream: Stream<ServerCall>, data: Buffer, isEnd: boolean): void {
    if (stream.owner === undefined) this.#connection.consume(stream, data.length);
    else stream.owner.onData(data, isEnd);
  }

  onReset(stream: Stream<ServerCall>): void {
    stream.owner?.onReset();
  }

  onSent(stream: Stream<ServerCall>): void {
    stream.owner?.onSent();
  }

  onCapacity(): void {
    // Only clients wait for that.
  }

  onGoaway(): void {
    // It opens no more streams; those that are open go on.
  }

  onClose(): void {
    this.#options.onClosed();
  }

  // ---- inside ----

  #onRequest(stream: Stream<ServerCall>, list: HeaderList, isEnd: boolean): void {
    const head = readRequest(list);
    const served = this.#options.find(head.path);
    if (head.refusal !== undefined) {
      this.#refuse(stream, head.refusal);
      return;
    }
    if (served === undefined) {
      this.#refuse(stream, statusFields(new RpcError(Status.UNIMPLEMENTED, `${head.path} is not served here`), true));
      return;
    }
    const connection = this.#connection;
    const call = new ServerCall({ connection, stream, served, head, list, clock: this.#options.clock, source: this });
    stream.owner = call;
    call.begin(isEnd);
  }

  /** A client that goes on sending all the same loses the stream after a while. */
  #refuse(stream: Stream<ServerCall>, list: HeaderList): void {
    this.#connection.sendHeaders(stream, list, true);
    if (stream.isClosed || stream.isRemoteEnded) return;
    const hangUp = (): void => inOneWrite(() => this.#connection.reset(stream, ErrorCode.NO_ERROR));
    this.#options.clock.after(EARLY_ANSWER_PATIENCE, hangUp, { unref: true });
  }
}

const NO_BYTES = Buffer.alloc(0);
