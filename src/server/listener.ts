/** Listening on unix sockets and TCP ports, with errors that say who is in the way. */
import { chmodSync, existsSync, rmSync } from "node:fs";
import net, { type Server, type Socket } from "node:net";
import { messageOf, PinionError } from "../base/errors.js";

export type OnConnection = (socket: Socket) => void;

export interface Listener {
  /** `host:port`, or the path of the socket. */
  readonly address: string;
  readonly port: number | undefined;
  /** Stops accepting; connections live on. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Longest path of a unix socket that works everywhere (macOS; Linux allows four more). */
export const MAX_SOCKET_PATH = 103;

/**
 * Only the owner may connect. A file that a dead process left is replaced; one that somebody listens on is LISTEN_FAILED.
 */
export async function listenUnix(path: string, onConnection: OnConnection): Promise<Listener> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new PinionError(
      "LISTEN_FAILED",
      `${path}: expected a socket path of at most ${MAX_SOCKET_PATH} bytes, got ${Buffer.byteLength(path)}`,
    );
  }
  if (existsSync(path)) await removeStale(path);
  const server = createServer(onConnection);
  await listening(server, path, () => {
    // The file is made inside listen(): this way nobody else can open it even for a moment.
    const mask = process.umask(0o177);
    try {
      server.listen({ path });
    } finally {
      process.umask(mask);
    }
  });
  chmodSync(path, 0o600);
  return toListener(server, path);
}

/** One host name, every address of it that this host has. Port 0 picks a free one. */
export async function listenTcp(host: string, port: number, onConnection: OnConnection): Promise<Listener> {
  if (host !== "localhost") return listenAddress(host, port, onConnection);
  const first = await listenAddress("127.0.0.1", port, onConnection);
  try {
    const second = await listenAddress("::1", first.port ?? port, onConnection);
    return both(first, second);
  } catch (error) {
    // A host without IPv6 is served on IPv4 alone; so is a port picked at random that is taken there.
    if (!isPortTaken(error) || port === 0) return first;
    await first.close();
    throw error;
  }
}

async function listenAddress(host: string, port: number, onConnection: OnConnection): Promise<Listener> {
  const server = createServer(onConnection);
  const shown = host.includes(":") ? `[${host}]` : host;
  await listening(server, `${shown}:${port}`, () => server.listen(host === "" ? { port } : { host, port }));
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return toListener(server, `${shown}:${bound}`, bound);
}

function createServer(onConnection: OnConnection): Server {
  // Half-open: a client that has sent all its requests may still read the answers.
  return net.createServer({ pauseOnConnect: false, allowHalfOpen: false }, onConnection);
}

function listening(server: Server, what: string, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      toListenError(error, what).then(reject, reject);
    };
    server.once("error", onError);
    server.once("listening", () => {
      server.off("error", onError);
      resolve();
    });
    start();
  });
}

async function toListenError(error: NodeJS.ErrnoException, what: string): Promise<PinionError> {
  const port = Number(/:(\d+)$/.exec(what)?.[1] ?? 0);
  if (error.code === "EADDRINUSE") {
    const { portOwner } = await import("./port-owner.js");
    const owner = port === 0 ? undefined : portOwner(port);
    const who = owner === undefined ? "another program" : owner;
    return new PinionError(
      "LISTEN_FAILED",
      `cannot listen on ${what}: ${who} uses it; end that program or set network.bind_address to another port`,
      {
        cause: error,
      },
    );
  }
  if (error.code === "EACCES") {
    const why = port > 0 && port < 1024 ? "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE" : "permission denied";
    return new PinionError("LISTEN_FAILED", `cannot listen on ${what}: ${why}`, { cause: error });
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
    return new PinionError(
      "LISTEN_FAILED",
      `cannot listen on ${what}: this host has no such address; set network.bind_address to one that it has`,
      {
        cause: error,
      },
    );
  }
  return new PinionError("LISTEN_FAILED", `cannot listen on ${what}: ${messageOf(error)}`, { cause: error });
}

function isPortTaken(error: unknown): boolean {
  return error instanceof PinionError && error.cause instanceof Error && "code" in error.cause && error.cause.code === "EADDRINUSE";
}

async function removeStale(path: string): Promise<void> {
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = net.connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (isAlive) {
    throw new PinionError(
      "LISTEN_FAILED",
      `${path} is in use: another pinion runs with this home folder; stop it or give this one another VIAM_HOME`,
    );
  }
  rmSync(path, { force: true });
}

function toListener(server: Server, address: string, port?: number): Listener {
  let closing: Promise<void> | undefined;
  // What goes wrong with accepting later (too many open files) must not end the process.
  server.on("error", () => undefined);
  return {
    address,
    port,
    close: () => {
      closing ??= new Promise((resolve) => {
        // The callback would wait for all connections to end; those are the backend's business.
        server.close();
        setImmediate(resolve);
      });
      return closing;
    },
  };
}

function both(first: Listener, second: Listener): Listener {
  return {
    address: first.address,
    port: first.port,
    close: async () => {
      await Promise.all([first.close(), second.close()]);
    },
  };
}
