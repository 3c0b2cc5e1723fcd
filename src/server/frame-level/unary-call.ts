/** A call of the supervisor's own over a connection that clients' calls share: Stop on expiry, questions to reflection. */
import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import type { Millis } from "../../base/millis.js";
import type { Connection } from "../../http2/connection.js";
import { ErrorCode } from "../../http2/error-codes.js";
import { type HeaderList, singleList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import { frameMessage, MAX_MESSAGE_BYTES } from "../../proto/grpc-message.js";
import { decodeGrpcMessage, formatGrpcTimeout } from "../../proto/grpc-text.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { GRPC_CONTENT_TYPE } from "../grpc-headers.js";
import type { Upstream } from "../router-backend.js";
import { ownRequest, toFields } from "./call-headers.js";
import type { UpstreamCall, UpstreamLeg } from "./upstream-leg.js";

const NOTHING = singleList([]);

export interface UnaryCall {
  readonly upstream: Upstream;
  readonly path: string;
  readonly message: Uint8Array;
  readonly timeout: Millis;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly leg: (upstream: Upstream) => UpstreamLeg | Promise<UpstreamLeg>;
}

/** The response's bytes; rejects with an RpcError. */
export async function unaryCall(call: UnaryCall): Promise<Buffer> {
  const { upstream, path, timeout, clock } = call;
  let leg: UpstreamLeg;
  try {
    leg = await call.leg(upstream);
  } catch (error) {
    throw new RpcError(Status.UNAVAILABLE, `${upstream.what} cannot be reached: ${messageOf(error)}`, { cause: error });
  }
  return await new Promise<Buffer>((resolve, reject) => {
    const own = new OwnCall(call, resolve, reject);
    const timer = clock.after(timeout, () => own.giveUp(`${upstream.what} did not answer ${path} within ${formatGoDuration(timeout)}`));
    own.onSettled = () => timer.cancel();
    inOneWrite(() => leg.enter(own));
  });
}

class OwnCall implements UpstreamCall {
  readonly #call: UnaryCall;
  readonly #resolve: (bytes: Buffer) => void;
  readonly #reject: (error: RpcError) => void;
  readonly #chunks: Buffer[] = [];
  #connection: Connection<UpstreamCall> | undefined;
  #stream: Stream<UpstreamCall> | undefined;
  #size = 0;
  isOver = false;
  row: Set<UpstreamCall> | undefined;
  onSettled: () => void = () => undefined;

  constructor(call: UnaryCall, resolve: (bytes: Buffer) => void, reject: (error: RpcError) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  giveUp(message: string): void {
    this.#fail(Status.DEADLINE_EXCEEDED, message);
    const stream = this.#stream;
    if (stream !== undefined) inOneWrite(() => this.#connection?.reset(stream, ErrorCode.CANCEL));
  }

  onOpen(connection: Connection<UpstreamCall>): void {
    const { path, timeout, headers, message } = this.#call;
    const added = toFields({ "content-type": GRPC_CONTENT_TYPE, "grpc-timeout": formatGrpcTimeout(timeout), ...headers });
    this.#connection = connection;
    this.#stream = connection.request(ownRequest(path, added), false, this);
    if (connection.sendData(this.#stream, frameMessage(message), true) >= 0) return;
    this.#fail(Status.RESOURCE_EXHAUSTED, `${this.#call.upstream.what} does not read what it is sent`);
    connection.reset(this.#stream, ErrorCode.CANCEL);
  }

  onUpstreamHeaders(list: HeaderList, isEnd: boolean): void {
    if (isEnd) this.#settle(list);
  }

  onUpstreamData(data: Buffer, isEnd: boolean): void {
    if (this.isOver) return;
    this.#size += data.length;
    if (this.#size > MAX_MESSAGE_BYTES + 5) {
      const { upstream, path } = this.#call;
      this.#fail(Status.RESOURCE_EXHAUSTED, `${upstream.what} answers ${path} with more than ${MAX_MESSAGE_BYTES} bytes`);
      if (this.#stream !== undefined) this.#connection?.reset(this.#stream, ErrorCode.CANCEL);
      return;
    }
    this.#chunks.push(Buffer.from(data));
    if (this.#stream !== undefined) this.#connection?.consume(this.#stream, data.length);
    if (isEnd) this.#settle(NOTHING);
  }

  onUpstreamReset(code: number, reason: string | undefined): void {
    const { upstream, path } = this.#call;
    const why = reason === undefined ? ` with HTTP/2 code ${code}` : reason === "" ? "" : `: ${reason}`;
    this.#fail(Status.UNAVAILABLE, `${upstream.what} went away during ${path}${why}`);
  }

  onUpstreamSent(): void {
    // The message is a copy of ours; nobody waits for it.
  }

  #settle(trailers: HeaderList): void {
    const { upstream, path } = this.#call;
    const code = trailers.value("grpc-status");
    const body = Buffer.concat(this.#chunks);
    if (code === undefined) this.#fail(Status.UNAVAILABLE, `${upstream.what} ended ${path} without a status`);
    else if (Number(code) !== Status.OK) this.#fail(Number(code), decodeGrpcMessage(trailers.value("grpc-message") ?? ""));
    else if (body.length < 5 || body[0] !== 0) this.#fail(Status.INTERNAL, `${upstream.what} answered ${path} with no plain message`);
    else if (this.#end()) this.#resolve(body.subarray(5, 5 + body.readUInt32BE(1)));
  }

  #fail(code: number, message: string): void {
    if (this.#end()) this.#reject(new RpcError(code, message));
  }

  #end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.row?.delete(this);
    this.onSettled();
    return true;
  }
}
