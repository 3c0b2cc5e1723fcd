/** One HTTP/2 connection per upstream, opened at the first call and again when it was lost. */
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import net from "node:net";
import { messageOf } from "../../base/errors.js";
import { DEFAULT_LIMITS } from "../../http2/connection-types.js";
import type { Upstream } from "../router-backend.js";
import { MAX_SESSION_MEGABYTES } from "./session-settings.js";

const MAX_REQUESTS = 1_000_000_000;

interface UpstreamEvents {
  /** No new call may be made on it. */
  readonly onUnusable: () => void;
  readonly onClose: () => void;
}

export class UpstreamConnection {
  readonly what: string;
  readonly #socket: net.Socket;
  readonly #session: ClientHttp2Session;
  readonly #onUnusable: () => void;
  #reason: string | undefined;
  #requests = 0;

  constructor(what: string, address: string, events: UpstreamEvents) {
    this.what = what;
    this.#onUnusable = events.onUnusable;
    this.#socket = connect(address);
    // The session reports its end in "close"; the socket's own error says why it could not be opened.
    this.#socket.on("error", (error) => {
      this.#reason ??= messageOf(error);
    });
    this.#session = http2.connect("http://localhost", {
      createConnection: () => this.#socket,
      maxSessionMemory: MAX_SESSION_MEGABYTES,
      peerMaxConcurrentStreams: DEFAULT_LIMITS.assumedConcurrentStreams,
      settings: { enablePush: false, initialWindowSize: DEFAULT_LIMITS.streamWindow },
    });
    this.#session.on("error", (error) => {
      this.#reason ??= messageOf(error);
    });
    this.#session.on("close", () => {
      events.onUnusable();
      events.onClose();
    });
    // A connection that was told to go away takes no new calls; those in flight may end on it.
    this.#session.on("goaway", events.onUnusable);
    this.#session.once("connect", () => this.#session.setLocalWindowSize(DEFAULT_LIMITS.connectionWindow));
    // The listeners keep the process alive; a connection to a module does not.
    this.#session.unref();
  }

  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** Whether streams ended because the connection did. */
  get isGone(): boolean {
    return this.#session.destroyed || this.#socket.destroyed;
  }

  /** Why the connection ended, when somebody said so. */
  get reason(): string | undefined {
    return this.#reason;
  }

  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    this.#requests += 1;
    if (this.#requests === MAX_REQUESTS) {
      // Stream ids run out at 2^30 calls: the next call opens a new connection, those on this one end in peace.
      this.#onUnusable();
      setImmediate(() => this.#session.close());
    }
    return this.#session.request(headers, { endStream: false });
  }

  end(reason: string): void {
    this.#reason ??= reason;
    this.#session.destroy();
    this.#socket.destroy();
  }
}

export class UpstreamPool {
  readonly #connections = new Map<string, UpstreamConnection>();
  readonly #opening = new Map<string, Promise<UpstreamConnection>>();
  /** Also those that drain after a GOAWAY. */
  readonly #alive = new Map<UpstreamConnection, string>();

  /** At once where the address is known, else when the upstream runs. */
  connection(upstream: Upstream): UpstreamConnection | Promise<UpstreamConnection> {
    const known = this.#connections.get(upstream.key);
    if (known?.isUsable === true) return known;
    const { address } = upstream;
    if (typeof address === "string") return this.#open(upstream, address);
    let opening = this.#opening.get(upstream.key);
    if (opening === undefined) {
      opening = address()
        .then((found) => this.#open(upstream, found))
        .finally(() => this.#opening.delete(upstream.key));
      this.#opening.set(upstream.key, opening);
    }
    return opening;
  }

  drop(key: string, reason: string): void {
    this.#connections.delete(key);
    for (const [connection, itsKey] of this.#alive) {
      if (itsKey === key) connection.end(reason);
    }
  }

  close(reason: string): void {
    this.#connections.clear();
    for (const connection of [...this.#alive.keys()]) connection.end(reason);
  }

  #open(upstream: Upstream, address: string): UpstreamConnection {
    const known = this.#connections.get(upstream.key);
    if (known?.isUsable === true) return known;
    const connection = new UpstreamConnection(upstream.what, address, {
      onUnusable: () => {
        if (this.#connections.get(upstream.key) === connection) this.#connections.delete(upstream.key);
      },
      onClose: () => this.#alive.delete(connection),
    });
    this.#connections.set(upstream.key, connection);
    this.#alive.set(connection, upstream.key);
    return connection;
  }
}

function connect(address: string): net.Socket {
  const match = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(address);
  if (match === null) return net.connect({ path: address.replace(/^unix:/, "") });
  return net.connect({ host: match[1] ?? match[2] ?? "127.0.0.1", port: Number(match[3]), noDelay: true });
}
