/**
 * One call on its way through: a stream of the client's connection and one of the upstream's. Bodies pass untouched; each side may send only as
 * much as the other has taken; whichever way the call ends, both sides and the router hear of it once.
 */
import type { Clock, Timer } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { type Millis, millis } from "../../base/millis.js";
import type { Connection } from "../../http2/connection.js";
import { ErrorCode } from "../../http2/error-codes.js";
import { headerField } from "../../http2/header-field.js";
import { type HeaderList, singleList } from "../../http2/header-list.js";
import { inOneWrite } from "../../http2/output.js";
import type { Stream } from "../../http2/stream.js";
import { encodeGrpcMessage } from "../../proto/grpc-text.js";
import { Status, statusOfReset } from "../../proto/status-code.js";
import type { Caller } from "../caller.js";
import { type FirstMessageResult, firstMessageProblem } from "../first-message.js";
import { shortName } from "../name-scanner.js";
import type { CallHandle, CallStart, RoutedCall, Target, Upstream } from "../router-backend.js";
import { type AddedFields, operationFields, type RequestFacts, toClient, toFields, toUpstream } from "./call-headers.js";
import type { ClientStreamOwner } from "./client-stream-owner.js";
import type { Deadline, Deadlines } from "./deadlines.js";
import type { EagerPoll } from "./eager-poll.js";
import { EARLY_ANSWER_PATIENCE } from "./frame-exchange.js";
import { HeldRequest } from "./held-request.js";
import type { UpstreamCall, UpstreamLeg } from "./upstream-leg.js";

const STATUS_200 = headerField(":status", "200");
const GRPC = headerField("content-type", "application/grpc");
const EMPTY = Buffer.alloc(0);
const NONE: AddedFields = [];

/** What all calls of a client's connection have in common. */
export interface CallSurroundings {
  readonly connection: Connection<ClientStreamOwner>;
  readonly caller: Caller;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly eager: EagerPoll;
  readonly leg: (upstream: Upstream) => UpstreamLeg | Promise<UpstreamLeg>;
}

export class FrameCall implements CallHandle, CallStart, ClientStreamOwner, UpstreamCall {
  readonly #around: CallSurroundings;
  readonly #stream: Stream<ClientStreamOwner>;
  readonly #list: HeaderList;
  readonly #facts: RequestFacts;
  #routed: RoutedCall | undefined;
  /** Go to both sides. */
  #added: AddedFields = NONE;
  /** What came before the upstream's stream was there. */
  #held: HeldRequest | undefined;
  #isReadingName = false;
  /** Belongs behind what is held; sent from where it lies if that can be done at once. */
  #fresh: Buffer = EMPTY;
  #hasClientEnded = false;
  #target: Target | undefined;
  #upstream: Connection<UpstreamCall> | undefined;
  #upstreamStream: Stream<UpstreamCall> | undefined;
  #hasAnswered = false;
  /** Given back to the client before they were passed on, so that a long first message can come in whole. */
  #prepaid = 0;
  #timer: Timer | undefined;
  #deadline: Deadline | undefined;
  isOver = false;
  row: Set<UpstreamCall> | undefined;

  constructor(around: CallSurroundings, stream: Stream<ClientStreamOwner>, list: HeaderList, facts: RequestFacts) {
    this.#around = around;
    this.#stream = stream;
    this.#list = list;
    this.#facts = facts;
  }

  get path(): string {
    return this.#facts.path;
  }

  get caller(): Caller {
    return this.#around.caller;
  }

  get remoteAddress(): string {
    return this.#around.remoteAddress;
  }

  get localAddress(): string {
    return this.#around.localAddress;
  }

  header(name: string): string | undefined {
    return this.#list.value(name);
  }

  isRepeated(name: string): boolean {
    return this.#list.fields.filter((field) => field.name === name).length > 1;
  }

  /** Whether nobody misses the call when the machine shuts down. */
  get isBackground(): boolean {
    return this.#routed?.isBackground === true;
  }

  /** Goes to work on what the router decided. */
  start(routed: RoutedCall, isEnd: boolean): void {
    this.#routed = routed;
    if (this.isOver) {
      routed.end();
      return;
    }
    this.#added = operationFields(routed.operationId);
    this.#hasClientEnded = isEnd;
    if (routed.timeout !== undefined) this.#armDeadline(routed.timeout);
    if (routed.namePlace === "none" || isEnd) {
      this.#bind("");
      return;
    }
    this.#isReadingName = true;
  }

  /** Ends the call with a status of ours. */
  cancel(code: Status, message: string): void {
    if (!this.#finish()) return;
    inOneWrite(() => {
      this.#resetUpstream(ErrorCode.CANCEL);
      const { connection } = this.#around;
      const stream = this.#stream;
      const status = [headerField("grpc-status", String(code)), headerField("grpc-message", encodeGrpcMessage(message))];
      const fields = this.#hasAnswered ? status : [STATUS_200, GRPC, ...status, ...this.#added];
      connection.sendHeaders(stream, singleList(fields), true);
      this.#hangUp();
    });
  }

  // ---- the client's side ----

  onClientData(data: Buffer, isEnd: boolean): void {
    const { connection } = this.#around;
    const stream = this.#stream;
    if (isEnd) this.#hasClientEnded = true;
    if (this.isOver) {
      connection.consume(stream, data.length);
      if (isEnd) this.#timer?.cancel();
      return;
    }
    if (this.#upstreamStream !== undefined) this.#forward(data, isEnd);
    else if (this.#isReadingName) this.#readName(data, isEnd);
    else this.#keep(data);
  }

  onClientTrailers(): void {
    this.onClientData(EMPTY, true);
  }

  /** The client is gone or reset the call. */
  abandon(): void {
    if (this.#finish()) this.#resetUpstream(ErrorCode.CANCEL);
    else this.#timer?.cancel();
  }

  onClientSent(bytes: number): void {
    if (this.#upstreamStream !== undefined) this.#upstream?.consume(this.#upstreamStream, bytes);
  }

  // ---- the upstream's side ----

  onOpen(upstream: Connection<UpstreamCall>): void {
    if (this.#target === undefined || this.isOver) return;
    const fresh = this.#fresh;
    const held = this.#held?.bytes ?? EMPTY;
    this.#fresh = EMPTY;
    const isEnd = this.#hasClientEnded;
    const isEmpty = held.length + fresh.length === 0;
    this.#upstream = upstream;
    this.#around.eager.began();
    this.#upstreamStream = upstream.request(toUpstream(this.#facts, this.#list, this.#addedFor(this.#target)), isEnd && isEmpty, this);
    this.#held?.release();
    this.#held = undefined;
    if (held.length > 0) this.#forward(held, isEnd && fresh.length === 0);
    if (fresh.length > 0 && !this.isOver) this.#forward(fresh, isEnd);
  }

  onUpstreamHeaders(list: HeaderList, isEnd: boolean): void {
    if (this.isOver) return;
    const { connection } = this.#around;
    const stream = this.#stream;
    const added = this.#hasAnswered ? NONE : this.#added;
    this.#hasAnswered = true;
    if (isEnd) this.#finish(list.value("grpc-status") === "0");
    connection.sendHeaders(stream, toClient(list, added), isEnd);
    if (isEnd) this.#hangUp();
  }

  onUpstreamData(data: Buffer, isEnd: boolean): void {
    if (this.isOver) return;
    const { connection } = this.#around;
    const { path } = this;
    const stream = this.#stream;
    const sent = connection.sendData(stream, data, false);
    if (sent < 0) {
      this.cancel(Status.RESOURCE_EXHAUSTED, `the client does not read the answers to ${path} and too much waits for it`);
      return;
    }
    if (this.#upstreamStream !== undefined) this.#upstream?.consume(this.#upstreamStream, sent);
    if (isEnd) this.cancel(Status.INTERNAL, `${this.#what} ended ${path} without a status`);
  }

  onUpstreamSent(bytes: number): void {
    this.#creditClient(bytes);
  }

  onUpstreamReset(code: number, reason: string | undefined): void {
    if (this.isOver) return;
    const { path } = this;
    if (reason === undefined) this.cancel(statusOfReset(code), `${this.#what} broke off ${path} with HTTP/2 code ${code}`);
    else this.cancel(Status.UNAVAILABLE, `${this.#what} went away during ${path}${reason === "" ? "" : `: ${reason}`}`);
  }

  // ---- inside ----

  get #what(): string {
    return this.#target?.upstream.what ?? "the module";
  }

  #forward(data: Buffer, isEnd: boolean): void {
    if (this.#upstreamStream === undefined || this.#upstream === undefined) return;
    const sent = this.#upstream.sendData(this.#upstreamStream, data, isEnd);
    if (sent >= 0) this.#creditClient(sent);
    else this.cancel(Status.RESOURCE_EXHAUSTED, `${this.#what} does not read what it is sent and too much waits for it`);
  }

  #readName(data: Buffer, isEnd: boolean): void {
    if (data.length === 0 && !isEnd) return;
    const isFirst = this.#held === undefined;
    if (isFirst && this.#routed?.namePlace === "field-1") {
      const name = shortName(data);
      if (name !== undefined) {
        this.#fresh = data;
        this.#bind(name);
        this.#keepFresh();
        return;
      }
    }
    if (!isFirst && !this.#keep(data)) return;
    this.#fresh = isFirst ? data : EMPTY;
    this.#look(isFirst ? data : (this.#held?.bytes ?? EMPTY), isEnd);
    if (!this.#keepFresh()) return;
    if (!this.#isReadingName || this.isOver) return;
    // The name may be far behind in a long message, beyond what the window lets through unasked.
    const { connection } = this.#around;
    const stream = this.#stream;
    this.#prepaid += data.length;
    connection.consume(stream, data.length);
  }

  /** What could not be sent on at once. False when the call had to end for it. */
  #keepFresh(): boolean {
    const fresh = this.#fresh;
    this.#fresh = EMPTY;
    return fresh.length === 0 || this.isOver || this.#keep(fresh);
  }

  #look(bytes: Buffer, isEnd: boolean): void {
    const result = bytes.length === 0 ? { kind: "missing" as const } : this.#hold().look(bytes);
    if (!(result instanceof Promise)) {
      this.#onFirstMessage(result.kind === "more" && isEnd ? { kind: "missing" } : result);
      return;
    }
    this.#isReadingName = false;
    result.then(
      (found) => inOneWrite(() => this.#onFirstMessage(found)),
      (error: unknown) => this.cancel(Status.INTERNAL, messageOf(error)),
    );
  }

  #onFirstMessage(result: FirstMessageResult): void {
    if (this.isOver || result.kind === "more") return;
    const problem = firstMessageProblem(result, this.path);
    if (problem !== undefined) this.cancel(problem.code, problem.message);
    // An empty name is what a message without the field means; the router knows what to say to it.
    else this.#bind(result.kind === "name" ? result.name : "");
  }

  #bind(name: string): void {
    this.#isReadingName = false;
    const bound = this.#routed?.bind(name);
    if (bound === undefined || this.isOver) return;
    if (bound.kind === "refusal") {
      this.cancel(bound.code, bound.message);
      return;
    }
    this.#target = bound;
    const leg = this.#around.leg(bound.upstream);
    if (!(leg instanceof Promise)) {
      leg.enter(this);
      return;
    }
    leg.then(
      (found) => {
        if (!this.isOver) inOneWrite(() => found.enter(this));
      },
      (error: unknown) => this.cancel(Status.UNAVAILABLE, `${bound.upstream.what} cannot be reached: ${messageOf(error)}`),
    );
  }

  #hold(): HeldRequest {
    const { budget } = this.#around.connection;
    this.#held ??= new HeldRequest(budget, this.#routed?.namePlace === "field-1.1", this.header("grpc-encoding"));
    return this.#held;
  }

  /** False when the call had to end for it. */
  #keep(data: Buffer): boolean {
    if (data.length === 0 || this.#hold().add(data)) return true;
    this.cancel(Status.RESOURCE_EXHAUSTED, `too many bytes of this connection's calls wait for their first message to be complete`);
    return false;
  }

  #armDeadline(limit: Millis): void {
    this.#deadline = this.#around.deadlines.add(this, limit);
  }

  onDeadline(): void {
    const limit = this.#routed?.timeout ?? millis(0);
    this.cancel(Status.DEADLINE_EXCEEDED, `${this.path} did not end within its deadline of ${formatGoDuration(limit)}`);
  }

  #addedFor({ headers }: Target): AddedFields {
    const more = toFields(headers);
    return more.length === 0 ? this.#added : [...more, ...this.#added];
  }

  #creditClient(bytes: number): void {
    const paid = Math.min(bytes, this.#prepaid);
    this.#prepaid -= paid;
    this.#around.connection.consume(this.#stream, bytes - paid);
  }

  /** True for the first caller only: what ends a call does so once. */
  #finish(isOk: boolean = false): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.#deadline?.cancel();
    if (this.#upstreamStream !== undefined) this.#around.eager.ended();
    this.#routed?.end(isOk);
    this.row?.delete(this);
    this.#isReadingName = false;
    this.#held?.release();
    this.#held = undefined;
    this.#fresh = EMPTY;
    return true;
  }

  /** After the answer: an upstream that still waits for more is told at once, a client that still sends when it goes on doing so. */
  #hangUp(): void {
    if (this.#upstreamStream?.isLocalEnded === false) this.#resetUpstream(ErrorCode.NO_ERROR);
    if (!this.#hasClientEnded) this.#waitForClient();
  }

  /** Clients stop by themselves when they have the status. A reset right behind it could overtake it in some. */
  #waitForClient(): void {
    const { clock, connection } = this.#around;
    const stream = this.#stream;
    if (stream.isClosed) return;
    const onTimeout = (): void => {
      if (stream.isLocalEnded) inOneWrite(() => connection.reset(stream, ErrorCode.NO_ERROR));
      else this.#waitForClient();
    };
    this.#timer = clock.after(EARLY_ANSWER_PATIENCE, onTimeout, { unref: true });
  }

  #resetUpstream(code: number): void {
    if (this.#upstreamStream === undefined) return;
    const stream = this.#upstreamStream;
    inOneWrite(() => this.#upstream?.reset(stream, code));
  }
}
