/** The fast router backend: frames pass from one connection to the other with their stream ids mapped and their bodies untouched. */
import type { Socket } from "node:net";
import type { Timer } from "../../base/clock.js";
import { type Millis, minutes } from "../../base/millis.js";
import { ByteBudget } from "../../http2/byte-budget.js";
import { Connection } from "../../http2/connection.js";
import type { ConnectionEvents } from "../../http2/connection-types.js";
import { ConnectionError } from "../../http2/error-codes.js";
import type { HeaderList } from "../../http2/header-list.js";
import type { Stream } from "../../http2/stream.js";
import { Status } from "../../proto/status-code.js";
import type { Caller } from "../caller.js";
import { peerAddress } from "../peer-address.js";
import type { BackendOptions, RouterBackend, UnaryOptions, Upstream } from "../router-backend.js";
import { IGNORE_BODY } from "../web/web-exchange.js";
import { requestFacts } from "./call-headers.js";
import type { ClientStreamOwner } from "./client-stream-owner.js";
import { Deadlines } from "./deadlines.js";
import { EagerPoll } from "./eager-poll.js";
import { type CallSurroundings, FrameCall } from "./frame-call.js";
import { FrameExchange } from "./frame-exchange.js";
import { unaryCall } from "./unary-call.js";
import { UpstreamLeg } from "./upstream-leg.js";

/** What may wait in memory for peers that do not read, all of them together. */
const MAX_WAITING_BYTES = 134_217_728;
/** A peer without power says nothing; TCP asks. */
const KEEPALIVE_DELAY_MS = 60_000;
/** A client that asks for nothing for so many looks is sent away; clients connect again when they need to. */
const IDLE_LOOK: Millis = minutes(1);
const IDLE_LOOKS = 10;

export class FrameBackend implements RouterBackend {
  readonly #options: BackendOptions;
  readonly #clients = new Set<ClientLeg>();
  readonly #legs = new Map<string, UpstreamLeg>();
  /** Also those that drain after a GOAWAY. */
  readonly #alive = new Map<UpstreamLeg, string>();
  readonly #opening = new Map<string, Promise<UpstreamLeg>>();
  readonly #memory = new ByteBudget(MAX_WAITING_BYTES);
  readonly #deadlines: Deadlines;
  readonly #eager = new EagerPoll();
  #idleTimer: Timer | undefined;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: BackendOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
  }

  accept(socket: Socket, caller: Caller): void {
    if (this.#isClosing || socket.destroyed) {
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, KEEPALIVE_DELAY_MS);
    const client = new ClientLeg({
      ...this.#options,
      memory: this.#memory,
      deadlines: this.#deadlines,
      eager: this.#eager,
      socket,
      caller,
      leg: (upstream) => this.#leg(upstream),
      onClose: () => {
        this.#clients.delete(client);
        if (this.#clients.size === 0) this.#onIdle?.();
      },
    });
    this.#clients.add(client);
    if (this.#idleTimer === undefined) this.#watchIdle();
  }

  unary(upstream: Upstream, path: string, message: Uint8Array, options: UnaryOptions): Promise<Buffer> {
    return unaryCall({ upstream, path, message, clock: this.#options.clock, leg: (wanted) => this.#leg(wanted), ...options });
  }

  drop(key: string, reason: string): void {
    this.#legs.delete(key);
    for (const [leg, itsKey] of [...this.#alive]) if (itsKey === key) leg.end(reason);
  }

  async close(grace: Millis): Promise<void> {
    this.#isClosing = true;
    this.#idleTimer?.cancel();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    for (const client of [...this.#clients]) client.goAway();
    if (this.#clients.size > 0) {
      const patience = new AbortController();
      await Promise.race([idle, this.#options.clock.sleep(grace, patience.signal).catch(() => undefined)]); // aborted when all ended in time
      patience.abort();
    }
    for (const client of [...this.#clients]) client.close();
    for (const leg of [...this.#alive.keys()]) leg.end("the machine is shutting down");
  }

  #watchIdle(): void {
    const onLook = (): void => {
      this.#idleTimer = undefined;
      for (const client of [...this.#clients]) client.lookIfIdle();
      if (this.#clients.size > 0) this.#watchIdle();
    };
    this.#idleTimer = this.#options.clock.after(IDLE_LOOK, onLook, { unref: true });
  }

  /** At once where the address is known, else when the upstream runs. */
  #leg(upstream: Upstream): UpstreamLeg | Promise<UpstreamLeg> {
    const { key, address } = upstream;
    const known = this.#legs.get(key);
    if (known?.isUsable === true) return known;
    if (typeof address === "string") return this.#open(upstream, address);
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = address()
        .then((found) => this.#open(upstream, found))
        .finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  #open(upstream: Upstream, address: string): UpstreamLeg {
    const { key, what } = upstream;
    const { clock, logger } = this.#options;
    const leg = new UpstreamLeg({
      what,
      address,
      clock,
      logger,
      memory: this.#memory,
      onSpent: (waiting) => {
        const known = this.#legs.get(key);
        const next = known?.isUsable === true ? known : this.#open(upstream, address);
        for (const call of waiting) next.enter(call);
      },
      onClose: () => {
        this.#alive.delete(leg);
        if (this.#legs.get(key) === leg) this.#legs.delete(key);
      },
    });
    this.#legs.set(key, leg);
    this.#alive.set(leg, key);
    return leg;
  }
}

interface ClientLegOptions extends BackendOptions {
  readonly socket: Socket;
  readonly caller: Caller;
  readonly memory: ByteBudget;
  readonly deadlines: Deadlines;
  readonly eager: EagerPoll;
  readonly leg: (upstream: Upstream) => UpstreamLeg | Promise<UpstreamLeg>;
  readonly onClose: () => void;
}

/** A client's connection and its calls. */
class ClientLeg implements ConnectionEvents<ClientStreamOwner> {
  readonly #options: ClientLegOptions;
  readonly #connection: Connection<ClientStreamOwner>;
  readonly #around: CallSurroundings;
  readonly #remoteAddress: string;
  readonly #localAddress: string;
  #isUsed = true;
  #idleLooks = 0;

  constructor(options: ClientLegOptions) {
    this.#options = options;
    const { socket, clock, memory } = options;
    this.#remoteAddress = peerAddress(socket.remoteAddress, socket.remotePort);
    this.#localAddress = peerAddress(socket.localAddress, socket.localPort);
    this.#connection = new Connection<ClientStreamOwner>({ socket, role: "server", events: this, clock, memory });
    this.#around = {
      connection: this.#connection,
      caller: options.caller,
      remoteAddress: this.#remoteAddress,
      localAddress: this.#localAddress,
      clock,
      deadlines: options.deadlines,
      eager: options.eager,
      leg: options.leg,
    };
  }

  goAway(): void {
    for (const { owner } of this.#connection.streams())
      if (owner instanceof FrameCall && owner.isBackground) owner.cancel(Status.UNAVAILABLE, "the machine is shutting down");
    this.#connection.goAway();
  }

  close(): void {
    this.#connection.close();
  }

  /** Modules and the command line may stay as long as they like. */
  lookIfIdle(): void {
    const isIdle = !this.#isUsed && this.#connection.size === 0 && this.#options.caller.kind === "public";
    this.#isUsed = false;
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks >= IDLE_LOOKS) this.#connection.goAway();
  }

  onHeaders(stream: Stream<ClientStreamOwner>, list: HeaderList, isEnd: boolean): void {
    if (stream.owner !== undefined) {
      stream.owner.onClientTrailers();
      return;
    }
    this.#isUsed = true;
    const facts = requestFacts(list);
    if (!facts.isGrpc) {
      const exchange = this.#exchange(stream, list, isEnd);
      if (this.#options.web === undefined) answerPlain(exchange, this.#options.greeting);
      else this.#options.web.handle(exchange);
      return;
    }
    const call = new FrameCall(this.#around, stream, list, facts);
    stream.owner = call;
    const decision = this.#options.router.begin(call, call);
    if (decision.kind === "refusal") call.cancel(decision.code, decision.message);
    else call.start(decision, isEnd);
  }

  onData(stream: Stream<ClientStreamOwner>, data: Buffer, isEnd: boolean): void {
    if (stream.owner === undefined) this.#connection.consume(stream, data.length);
    else stream.owner.onClientData(data, isEnd);
  }

  onReset(stream: Stream<ClientStreamOwner>): void {
    stream.owner?.abandon();
  }

  onSent(stream: Stream<ClientStreamOwner>, bytes: number): void {
    stream.owner?.onClientSent(bytes);
  }

  onCapacity(): void {
    // A server opens no streams.
  }

  onGoaway(): void {
    // The connection ends by itself when its last stream has.
  }

  onClose(error: Error | undefined): void {
    this.#options.onClose();
    if (error === undefined) return;
    const fields = { error: error.message, peer: this.#remoteAddress };
    const isExpected = error instanceof ConnectionError || "code" in error;
    if (isExpected) this.#options.logger.debug(fields, "client connection failed");
    else this.#options.logger.error({ ...fields, stack: error.stack }, "a client connection failed by a mistake of ours");
  }

  #exchange(stream: Stream<ClientStreamOwner>, list: HeaderList, isEnd: boolean): FrameExchange {
    const peer = { caller: this.#options.caller, remoteAddress: this.#remoteAddress, localAddress: this.#localAddress };
    const exchange = new FrameExchange({ connection: this.#connection, stream, list, isEnd, clock: this.#options.clock, peer });
    stream.owner = exchange;
    return exchange;
  }
}

/** Not gRPC: the readiness probe gets its answer, everything else is told what is spoken here. */
function answerPlain(exchange: FrameExchange, greeting: string): void {
  const isRoot = exchange.request.path === "/";
  exchange.respond(isRoot ? 200 : 415, { "content-type": "text/plain; charset=utf-8" });
  exchange.end(Buffer.from(isRoot ? greeting : "expected gRPC: a POST with a content-type of application/grpc\n"));
  exchange.start(IGNORE_BODY);
}
