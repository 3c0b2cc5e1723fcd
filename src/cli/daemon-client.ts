/** The connection to a running daemon. Says plainly when there is none. */
import net from "node:net";
import type { ServiceClient, ServiceDefinition } from "../proto/service.js";
import { CliError, type CliPorts, type CommandLine, ExitCode } from "./command.js";
import { controlSocketOf, homeOf } from "./home.js";

export interface DaemonClient {
  client<D extends ServiceDefinition>(definition: D): ServiceClient<D>;
  /** A call of any path and kind, bytes in and bytes out. */
  stream(
    path: string,
    requests: AsyncIterable<Uint8Array>,
    options: { readonly timeout?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}

/** For calls that the daemon answers from its memory. */
export const CALL_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 2000;

/** Runs the work with a connection to the daemon and closes it. */
export async function withDaemon<T>(line: CommandLine, ports: CliPorts, work: (daemon: DaemonClient) => Promise<T>): Promise<T> {
  const socket = controlSocketOf(homeOf(line, ports));
  const [, { openChannel }, { createClient, streamRaw }] = await Promise.all([
    assertListening(socket),
    import("../proto/channel.js"),
    import("../proto/client.js"),
  ]);
  const channel = openChannel(socket);
  try {
    return await work({
      client: (definition) => createClient(definition, channel),
      stream: (path, requests, options) => streamRaw(channel, path, requests, options),
    });
  } finally {
    channel.close();
  }
}

/** Rejects when no daemon listens there. gRPC's own errors do not tell a missing socket from a refused one. */
export function assertListening(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = net.connect(socket);
    probe.setTimeout(CONNECT_TIMEOUT_MS, () => {
      probe.destroy();
      reject(noDaemon(socket, "it accepts no connection"));
    });
    probe.on("error", (error: NodeJS.ErrnoException) => reject(noDaemon(socket, reasonOf(error))));
    probe.on("connect", () => {
      probe.destroy();
      resolve();
    });
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "it does not exist";
    case "ECONNREFUSED":
      return "nobody listens on it (the daemon ended without cleaning up)";
    case "EACCES":
    case "EPERM":
      return "this user may not use it; try as the user that runs the daemon";
    default:
      return error.message;
  }
}

function noDaemon(socket: string, reason: string): CliError {
  const advice = "start one with `pinion run`, or name its home folder with --home DIR or VIAM_HOME";
  return new CliError(ExitCode.NO_DAEMON, `no daemon answers on ${socket}: ${reason}; ${advice}`);
}
