/**
 * Sessions: a client that moves things proves every so often that it is alive. When it no longer does, what it commanded last
 * is handed to `onExpired`, to be stopped.
 */
import type { Clock, Timer } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";
import { RpcError, Status } from "../proto/status-code.js";

export interface Session {
  readonly id: string;
  /** Only who started a session may use it. */
  readonly owner: string;
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** What a session is responsible for. */
export interface CommandedResource {
  /** gRPC service through which it was commanded. */
  readonly service: string;
  /** Simple name. */
  readonly name: string;
}

export interface SessionsOptions {
  readonly clock: Clock;
  readonly heartbeatWindow: () => Millis;
  /** Called once per expired session with everything it commanded last. */
  readonly onExpired: (session: Session, resources: readonly CommandedResource[]) => void;
}

interface LiveSession extends Session {
  deadline: number;
  readonly resources: Map<string, CommandedResource>;
}

/** Exactly this text; clients compare it. */
export const SESSION_EXPIRED = "SESSION_EXPIRED";

const MAX_SESSIONS = 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #lastUser = new Map<string, LiveSession>();
  #timer: Timer | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get heartbeatWindow(): Millis {
    return this.#options.heartbeatWindow();
  }

  list(): readonly Session[] {
    this.#expire();
    return [...this.#sessions.values()];
  }

  /** The id of the session taken up again, or of a new one. */
  start(resume: string, peer: Omit<Session, "id">): string {
    this.#expire();
    if (resume !== "") {
      if (!UUID.test(resume)) throw new RpcError(Status.INVALID_ARGUMENT, `resume: expected the id of a session (a UUID), got "${resume}"`);
      const known = this.#find(resume, peer.owner);
      if (known !== undefined) return known.id;
    }
    if (this.#sessions.size >= MAX_SESSIONS) {
      throw new RpcError(Status.RESOURCE_EXHAUSTED, `there are ${MAX_SESSIONS} sessions already; end clients that are no longer in use`);
    }
    const id = crypto.randomUUID();
    const session: LiveSession = { ...peer, id, deadline: this.#options.clock.now() + this.heartbeatWindow, resources: new Map() };
    this.#sessions.set(id, session);
    this.#arm();
    return id;
  }

  /** Proves that the session's client is alive; false when there is no such session of this owner. */
  beat(id: string, owner: string): boolean {
    this.#expire();
    return this.#find(id, owner) !== undefined;
  }

  /** A monitored call: from now on this session, or nobody when undefined, is responsible for the resource. */
  associate(resource: CommandedResource, id: string | undefined): void {
    const key = keyOf(resource);
    this.#lastUser.get(key)?.resources.delete(key);
    this.#lastUser.delete(key);
    const session = id === undefined ? undefined : this.#sessions.get(id.toLowerCase());
    if (session === undefined) return;
    session.resources.set(key, resource);
    this.#lastUser.set(key, session);
  }

  /** Whether a session that lives commanded the resource last. */
  isCommanded(resource: CommandedResource): boolean {
    return this.#lastUser.has(keyOf(resource));
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sessions.clear();
    this.#lastUser.clear();
  }

  /** Finding a session is a sign of life of its client. */
  #find(id: string, owner: string): LiveSession | undefined {
    const session = this.#sessions.get(id.toLowerCase());
    if (session === undefined || session.owner !== owner) return undefined;
    session.deadline = this.#options.clock.now() + this.heartbeatWindow;
    return session;
  }

  #expire(): void {
    const now = this.#options.clock.now();
    for (const session of [...this.#sessions.values()]) {
      if (session.deadline > now) continue;
      this.#sessions.delete(session.id);
      for (const key of session.resources.keys()) this.#lastUser.delete(key);
      this.#options.onExpired(session, [...session.resources.values()]);
    }
  }

  /** One timer for the session that is due first; none while there are no sessions. */
  #arm(): void {
    if (this.#timer !== undefined || this.#sessions.size === 0) return;
    let first = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#sessions.values()) first = Math.min(first, deadline);
    const delay = millis(Math.max(1, first - this.#options.clock.now()));
    this.#timer = this.#options.clock.after(
      delay,
      () => {
        this.#timer = undefined;
        this.#expire();
        this.#arm();
      },
      { unref: true },
    );
  }
}

function keyOf({ service, name }: CommandedResource): string {
  return `${service}/${name}`;
}
