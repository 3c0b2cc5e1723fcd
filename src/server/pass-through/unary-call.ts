/** A call of the supervisor's own over a connection that clients' calls share: Stop on expiry, questions to reflection. */
import type { ClientHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import type { Millis } from "../../base/millis.js";
import { frameMessage } from "../../proto/grpc-message.js";
import { decodeGrpcMessage, formatGrpcTimeout } from "../../proto/grpc-text.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { GRPC_CONTENT_TYPE } from "../grpc-headers.js";
import type { Upstream } from "../router-backend.js";
import { toUpstreamHeaders } from "./headers.js";
import type { UpstreamConnection, UpstreamPool } from "./upstream-pool.js";

export interface UnaryCall {
  readonly upstream: Upstream;
  readonly path: string;
  readonly message: Uint8Array;
  readonly timeout: Millis;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** The response's bytes; rejects with an RpcError. */
export async function callUnary(pool: UpstreamPool, call: UnaryCall): Promise<Buffer> {
  let connection: UpstreamConnection;
  let stream: ClientHttp2Stream;
  try {
    connection = await pool.connection(call.upstream);
    const added = { "content-type": GRPC_CONTENT_TYPE, "grpc-timeout": formatGrpcTimeout(call.timeout), ...call.headers };
    stream = connection.request(toUpstreamHeaders(call.path, [], added));
  } catch (error) {
    throw new RpcError(Status.UNAVAILABLE, `${call.upstream.what} cannot be called: ${messageOf(error)}`, { cause: error });
  }
  return await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status: Readonly<Record<string, unknown>> = {};
    const timer = call.clock.after(call.timeout, () => {
      reject(
        new RpcError(
          Status.DEADLINE_EXCEEDED,
          `${call.upstream.what} did not answer ${call.path} within ${formatGoDuration(call.timeout)}`,
        ),
      );
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("error", () => undefined); // "close" follows and is acted on
    stream.on("response", (headers) => {
      status = headers;
    });
    stream.on("trailers", (headers) => {
      status = headers;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("close", () => {
      timer.cancel();
      settle({ call, connection, status, body: Buffer.concat(chunks) }, resolve, reject);
    });
    stream.end(frameMessage(call.message));
  });
}

interface Outcome {
  readonly call: UnaryCall;
  readonly connection: UpstreamConnection;
  readonly status: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function settle({ call, connection, status, body }: Outcome, resolve: (bytes: Buffer) => void, reject: (error: RpcError) => void): void {
  const code = status["grpc-status"];
  if (code === undefined) {
    const why = connection.reason === undefined ? "" : `: ${connection.reason}`;
    reject(new RpcError(Status.UNAVAILABLE, `${call.upstream.what} went away during ${call.path}${why}`));
    return;
  }
  if (Number(code) !== Status.OK) {
    const text = status["grpc-message"];
    reject(new RpcError(Number(code), typeof text === "string" ? decodeGrpcMessage(text) : ""));
    return;
  }
  if (body.length < 5 || body[0] !== 0) {
    reject(new RpcError(Status.INTERNAL, `${call.upstream.what} answered ${call.path} with no plain message`));
    return;
  }
  resolve(body.subarray(5, 5 + body.readUInt32BE(1)));
}
