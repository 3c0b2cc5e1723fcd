/** Tunnel: bytes between a client and a TCP port of this host that the config allows. */
import net, { type Socket } from "node:net";
import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import type { TunnelRequest, TunnelResponse } from "../../proto/gen/viam/robot/v1/robot.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { TunnelAllowance } from "../server-ports.js";

export async function* tunnel(
  requests: AsyncIterable<TunnelRequest>,
  allowed: readonly TunnelAllowance[],
  clock: Clock,
): AsyncGenerator<TunnelResponse> {
  const incoming = requests[Symbol.asyncIterator]();
  const first = await incoming.next();
  if (first.done === true) throw new RpcError(Status.UNKNOWN, "expected a first message with the port to connect to, got none");
  const socket = await connect(first.value.destinationPort, allowed, clock);
  try {
    const sending = send(socket, first.value, incoming);
    sending.catch(() => socket.destroy()); // the client is gone: the loop below ends
    for await (const data of socket as AsyncIterable<Buffer>) yield { data };
  } finally {
    socket.destroy();
  }
}

async function send(socket: Socket, first: TunnelRequest, rest: AsyncIterator<TunnelRequest>): Promise<void> {
  for (let next: IteratorResult<TunnelRequest> = { value: first }; next.done !== true; next = await rest.next()) {
    const { data } = next.value;
    if (data.length > 0 && !socket.write(data)) await drained(socket);
    if (socket.destroyed) return;
  }
  socket.end();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off("drain", finish);
      socket.off("close", finish);
      resolve();
    };
    socket.once("drain", finish);
    socket.once("close", finish);
    if (socket.destroyed) finish();
  });
}

function connect(port: number, allowed: readonly TunnelAllowance[], clock: Clock): Promise<Socket> {
  const allowance = allowed.find((candidate) => candidate.port === port);
  if (allowance === undefined) {
    const list = allowed.length === 0 ? "none" : allowed.map((candidate) => candidate.port).join(", ");
    throw new RpcError(
      Status.UNKNOWN,
      `tunnel not available at port ${port}: expected one of network.traffic_tunnel_endpoints of the config, which are ${list}`,
    );
  }
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    const timer = clock.after(allowance.connectionTimeout, () => {
      socket.destroy();
      reject(
        new RpcError(
          Status.UNKNOWN,
          `nothing accepted a connection on port ${port} within ${formatGoDuration(allowance.connectionTimeout)}`,
        ),
      );
    });
    const onError = (error: Error): void => {
      timer.cancel();
      reject(new RpcError(Status.UNKNOWN, `cannot connect to port ${port} of this host: ${messageOf(error)}`));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      timer.cancel();
      socket.off("error", onError);
      resolve(socket);
    });
  });
}
