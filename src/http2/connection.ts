/**
 * One HTTP/2 connection over a socket, as server or as client (RFC 9113): frames in and out, streams, header compression, flow control. It knows
 * nothing of what the streams carry. Whoever uses it gets its events and calls its methods inside `inOneWrite`, or one write each.
 */
import type { Duplex } from "node:stream";
import type { Clock, Timer } from "../base/clock.js";
import { seconds } from "../base/millis.js";
import { ByteBudget } from "./byte-budget.js";
import { type ConnectionEvents, type ConnectionLimits, DEFAULT_LIMITS } from "./connection-types.js";
import { checkLength, expectLength } from "./content-length.js";
import { DataSender } from "./data-sender.js";
import { ConnectionError, ErrorCode, StreamError } from "./error-codes.js";
import { FloodGuard, type FloodKind } from "./flood-guard.js";
import { FrameReader, type FrameSink } from "./frame-reader.js";
import { FrameWriter } from "./frame-writer.js";
import { HeaderDecoder } from "./header-decoding.js";
import { HeaderEncoder } from "./header-encoding.js";
import type { HeaderList } from "./header-list.js";
import { requestProblem, responseProblem, trailersProblem, withoutOuterBlanks } from "./message-rules.js";
import { beginWrites, endWrites, inOneWrite, Output } from "./output.js";
import { PeerPatience } from "./peer-patience.js";
import { PingAnswers } from "./ping-answers.js";
import { ReceiveWindows } from "./receive-windows.js";
import { applySettings, defaultSettings, MAX_WINDOW, SETTINGS_ACK, Setting, type Settings, settingsFrame } from "./settings.js";
import { Stream } from "./stream.js";
import { StreamTable } from "./stream-table.js";

/** RFC 9113 section 6.5.2: what holds without SETTINGS; ours stays there, and a larger one of the peer is its offer, not our duty. */
const HEADER_TABLE_BYTES = 4096;
const CLIENT_PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const NO_PREFACE = Buffer.alloc(0);
/**
 * A header block in all its frames. A list that is too long costs its stream; a block that is not even read to its end costs the connection: a
 * client's is its own, but one of ours to a module carries everybody's calls.
 */
const MAX_BLOCK_BYTES = { server: 131_072, client: 1_048_576 };
const GOAWAY_PING = Buffer.from("goingaway");
/** Answers to a peer that asks but never reads. */
const MAX_WAITING_BYTES = 2_097_152;
/** How long what was written last may take to leave. */
const LINGER = seconds(5);
/** How long the peer may take to say that it knows we are going away. */
const GOAWAY_PATIENCE = seconds(1);

export interface ConnectionOptions<T> {
  readonly socket: Duplex;
  readonly role: "client" | "server";
  readonly events: ConnectionEvents<T>;
  readonly clock: Clock;
  readonly limits?: ConnectionLimits;
  /** Shared with other connections: what may wait for all peers together. */
  readonly memory?: ByteBudget;
}

export class Connection<T> implements FrameSink {
  readonly role: "client" | "server";
  /** What waits on this connection; its user may count in what it stores itself. */
  readonly budget: ByteBudget;
  readonly #socket: Duplex;
  readonly #events: ConnectionEvents<T>;
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #output: Output;
  readonly #frames: FrameWriter;
  readonly #decoder: HeaderDecoder;
  readonly #encoder = new HeaderEncoder(HEADER_TABLE_BYTES);
  readonly #guard: FloodGuard;
  readonly #reader: FrameReader;
  readonly #sender: DataSender<T>;
  readonly #receiveWindows: ReceiveWindows<T>;
  readonly #streams: StreamTable<T>;
  readonly #peer: Settings = defaultSettings();
  readonly #pings: PingAnswers;
  readonly #patience: PeerPatience;
  #goawayTimer: Timer | undefined;
  #state: "open" | "closing" | "going-away" | "closed" = "open";
  #isPeerGoingAway = false;
  #error: Error | undefined;

  constructor({ socket, role, events, clock, limits = DEFAULT_LIMITS, memory }: ConnectionOptions<T>) {
    this.role = role;
    this.#socket = socket;
    this.#events = events;
    this.#clock = clock;
    this.#limits = limits;
    this.budget = new ByteBudget(limits.queuedBytes, memory);
    this.#output = new Output(socket);
    this.#frames = new FrameWriter(this.#output, this.#encoder);
    this.#pings = new PingAnswers((payload) => {
      if (!this.isClosed) this.#frames.ping(payload, true);
    });
    this.#decoder = new HeaderDecoder({ tableSize: HEADER_TABLE_BYTES, listSize: limits.maxHeaderListSize });
    this.#guard = new FloodGuard(() => clock.now());
    this.#reader = new FrameReader(this, role === "server" ? CLIENT_PREFACE : NO_PREFACE, MAX_BLOCK_BYTES[role]);
    this.#patience = new PeerPatience({ clock, reader: this.#reader, role, onExpired: (what) => this.#onExpired(what) });
    this.#streams = new StreamTable(role);
    this.#receiveWindows = new ReceiveWindows(this.#frames, limits);
    this.#sender = new DataSender({
      output: this.#output,
      frames: this.#frames,
      guard: this.#guard,
      budget: this.budget,
      onEnded: (stream) => this.#endLocal(stream),
      onEmpty: (stream) => {
        if (typeof stream.end === "object") this.#writeHeaders(stream, stream.end, true);
      },
      onSent: (stream, bytes) => events.onSent(stream, bytes),
    });
    inOneWrite(() => this.#open());
    socket.on("data", (chunk: Buffer) => this.receive(chunk, chunk.length));
    socket.on("drain", () => inOneWrite(() => this.#onDrain()));
    socket.on("error", (error) => this.#close(error));
    socket.once("close", () => this.#close(undefined));
    socket.once("end", () => this.#close(undefined));
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  streams(): readonly Stream<T>[] {
    return this.#streams.all();
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Why the connection ended, where there is a reason. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** True while a new stream may be opened (client role). */
  get hasCapacity(): boolean {
    const allowed = this.#reader.hasSettings ? this.#peer.maxConcurrentStreams : this.#limits.assumedConcurrentStreams;
    return !this.isSpent && this.#streams.size < allowed;
  }

  /** True when no stream will ever be opened here again. */
  get isSpent(): boolean {
    return this.#state === "closed" || this.#isPeerGoingAway || this.#streams.isUsedUp;
  }

  /** The first bytes of a chunk of the peer's, where they do not come as the socket's data. They are the caller's again afterwards. */
  receive(chunk: Buffer, length: number): void {
    if (this.isClosed) return;
    beginWrites();
    try {
      this.#reader.read(chunk, length);
      if (!this.isClosed) this.#patience.look();
    } catch (error) {
      this.#fail(error);
    } finally {
      endWrites();
    }
  }

  /** Opens a stream with a request (client role). Ask hasCapacity before. */
  request(list: HeaderList, isEnd: boolean, owner: T): Stream<T> {
    const stream = new Stream<T>(this.#streams.takeId(), this.#peer.initialWindowSize, this.#limits.streamWindow);
    stream.owner = owner;
    this.#streams.add(stream);
    this.#writeHeaders(stream, list, isEnd);
    return stream;
  }

  /** Response headers, or trailers with `isEnd`; trailers wait behind queued data. */
  sendHeaders(stream: Stream<T>, list: HeaderList, isEnd: boolean): void {
    if (stream.isClosed || stream.isLocalEnded || stream.end !== "none") return;
    if (isEnd && stream.queuedBytes > 0) stream.end = list;
    else this.#writeHeaders(stream, list, isEnd);
  }

  /**
   * Sends or queues a copy of `data`. Returns how many bytes left at once; the rest is told through onSent. -1 when too much
   * waits already: the stream cannot go on.
   */
  sendData(stream: Stream<T>, data: Buffer, isEnd: boolean): number {
    if (stream.isClosed || stream.isLocalEnded || stream.end !== "none") return data.length;
    return this.#sender.send(stream, data, isEnd);
  }

  /** Data of the peer was passed on: it may send as much again. */
  consume(stream: Stream<T>, bytes: number): void {
    if (bytes > 0) this.#receiveWindows.consume(stream, bytes);
  }

  reset(stream: Stream<T>, code: number): void {
    if (stream.isClosed) return;
    this.#frames.reset(stream.id, code);
    this.#streams.rememberReset(stream.id);
    this.#remove(stream);
  }

  /**
   * Section 6.8: no new streams; those that are open may end. A server first says so and asks for a sign that it was heard, so that
   * requests that are on their way are still served.
   */
  goAway(): void {
    if (this.#state !== "open") return;
    if (this.role === "client" || !this.#reader.hasSettings) {
      inOneWrite(() => this.#finishGoaway());
      return;
    }
    this.#state = "closing";
    inOneWrite(() => {
      this.#frames.goaway(MAX_WINDOW, ErrorCode.NO_ERROR, "");
      this.#frames.ping(GOAWAY_PING, false);
    });
    this.#goawayTimer = this.#clock.after(GOAWAY_PATIENCE, () => inOneWrite(() => this.#finishGoaway()), { unref: true });
  }

  /** Ends at once: open streams are told, the socket closes when what was written has left. */
  close(): void {
    if (this.isClosed) return;
    if (this.#state !== "going-away") this.#frames.goaway(this.#streams.lastPeerId, ErrorCode.NO_ERROR, "");
    this.#close(undefined);
  }

  // ---- frames in (FrameSink) ----

  onDataFrame(id: number, data: Buffer, flowControlled: number, isEnd: boolean): void {
    const stream = this.#streams.get(id);
    this.#receiveWindows.receive(flowControlled);
    if (data.length === 0 && !isEnd) this.#guard.count("empty");
    if (stream === undefined) {
      this.#onClosedStream(id, "DATA");
      return;
    }
    if (stream.isRemoteEnded) throw new StreamError(id, ErrorCode.STREAM_CLOSED, "DATA after the end of the stream");
    if (!stream.hasHeaders) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, "DATA before HEADERS");
    this.#receiveWindows.receiveOn(stream, flowControlled);
    stream.receivedBytes += data.length;
    checkLength(stream, isEnd);
    this.consume(stream, flowControlled - data.length);
    if (isEnd) stream.isRemoteEnded = true;
    this.#events.onData(stream, data, isEnd);
    this.#removeIfDone(stream);
  }

  onHeaderBlock(id: number, block: Buffer, start: number, end: number, isEnd: boolean): void {
    const list = this.#decoder.decode(block, start, end);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#onMoreHeaders(stream, list, isEnd);
    else if (this.#streams.acceptPeerId(id)) this.#onRequest(id, list, isEnd);
    else this.#onClosedStream(id, "HEADERS");
  }

  onPriorityFrame(id: number, dependency: number): void {
    this.#guard.count("priority");
    if (dependency === id) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, "a stream depends on itself");
  }

  onResetFrame(id: number, code: number): void {
    if (this.#limits.mayResetFreely !== true) this.#guard.count("reset");
    this.#streams.assertNotIdle(id, "RST_STREAM");
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#remove(stream);
    this.#events.onReset(stream, code);
  }

  onSettingsFrame(payload: Buffer, isAck: boolean): void {
    if (isAck) return;
    this.#guard.count("settings");
    const before = this.#peer.initialWindowSize;
    applySettings(this.#peer, payload);
    if (!this.#reader.hasSettings) this.#patience.onSettings();
    this.#reader.hasSettings = true;
    this.#encoder.resize(Math.min(this.#peer.headerTableSize, HEADER_TABLE_BYTES));
    this.#frames.raw(SETTINGS_ACK);
    this.#assertPeerReads();
    this.#sender.shiftWindows(this.#streams.all(), this.#peer.initialWindowSize - before);
    this.#events.onCapacity();
  }

  onPingFrame(payload: Buffer, isAck: boolean): void {
    if (isAck) {
      if (this.#state === "closing" && payload.equals(GOAWAY_PING.subarray(0, 8))) this.#finishGoaway();
      return;
    }
    this.#guard.count("ping");
    // Who is leaving may wait for the answer before it goes.
    if (this.#isPeerGoingAway) this.#frames.ping(payload, true);
    else this.#pings.add(payload);
    this.#assertPeerReads();
  }

  onGoawayFrame(lastStreamId: number): void {
    this.#isPeerGoingAway = true;
    this.#pings.pay();
    if (this.role === "client") {
      // The peer did not and will not look at these.
      for (const stream of this.#streams.all()) {
        if (stream.id <= lastStreamId) continue;
        this.#remove(stream);
        this.#events.onReset(stream, ErrorCode.REFUSED_STREAM);
      }
    }
    this.#events.onGoaway();
    this.#closeWhenIdle();
  }

  onWindowUpdateFrame(id: number, increment: number): void {
    this.#guard.count("window");
    if (id === 0) {
      if (increment === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
      this.#sender.growConnection(increment);
      return;
    }
    this.#streams.assertNotIdle(id, "WINDOW_UPDATE");
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
    this.#sender.growStream(stream, increment);
  }

  /** Section 5.4.2: a stream error costs the stream. */
  onStreamError(error: StreamError): void {
    this.#guard.count(error.code === ErrorCode.REFUSED_STREAM ? "refused" : "fault");
    const stream = this.#streams.get(error.streamId);
    this.#frames.reset(error.streamId, error.code);
    this.#streams.rememberReset(error.streamId);
    this.#assertPeerReads();
    if (stream === undefined) return;
    this.#remove(stream);
    this.#events.onReset(stream, error.code);
  }

  /** Counts a costly kind of frame that the reader saw. */
  onCostly(kind: FloodKind): void {
    this.#guard.count(kind);
  }

  // ---- inside ----

  #open(): void {
    if (this.role === "client") this.#frames.raw(CLIENT_PREFACE);
    this.#frames.raw(
      settingsFrame([
        ...(this.role === "client"
          ? ([[Setting.ENABLE_PUSH, 0]] as const)
          : ([[Setting.MAX_CONCURRENT_STREAMS, this.#limits.maxConcurrentStreams]] as const)),
        [Setting.INITIAL_WINDOW_SIZE, this.#limits.streamWindow],
        [Setting.MAX_HEADER_LIST_SIZE, this.#limits.maxHeaderListSize],
      ]),
    );
    this.#receiveWindows.fill();
  }

  #onDrain(): void {
    if (this.isClosed) return;
    this.#output.flushLast();
    this.#sender.pump();
  }

  #onRequest(id: number, list: HeaderList | undefined, isEnd: boolean): void {
    if (this.#state === "going-away") return;
    if (this.#streams.size >= this.#limits.maxConcurrentStreams) {
      throw new StreamError(id, ErrorCode.REFUSED_STREAM, "too many streams at once");
    }
    if (list === undefined) throw new StreamError(id, ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large");
    const problem = requestProblem(list);
    if (problem !== undefined) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, problem);
    const stream = new Stream<T>(id, this.#peer.initialWindowSize, this.#limits.streamWindow);
    stream.hasHeaders = true;
    expectLength(stream, list);
    checkLength(stream, isEnd);
    stream.isRemoteEnded = isEnd;
    this.#streams.add(stream);
    this.#events.onHeaders(stream, list, isEnd);
    this.#removeIfDone(stream);
  }

  #onMoreHeaders(stream: Stream<T>, received: HeaderList | undefined, isEnd: boolean): void {
    const { id } = stream;
    if (stream.isRemoteEnded) throw new StreamError(id, ErrorCode.STREAM_CLOSED, "HEADERS after the end of the stream");
    if (received === undefined) throw new StreamError(id, ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large");
    const list = this.role === "client" ? withoutOuterBlanks(received) : received;
    const isTrailers = stream.hasHeaders;
    if (isTrailers && !isEnd) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, "trailers that do not end the stream");
    const problem = isTrailers ? trailersProblem(list) : responseProblem(list);
    if (problem !== undefined) throw new StreamError(id, ErrorCode.PROTOCOL_ERROR, problem);
    if (!isTrailers) this.#onResponse(stream, list, isEnd);
    checkLength(stream, isEnd);
    stream.isRemoteEnded = isEnd;
    this.#events.onHeaders(stream, list, isEnd);
    this.#removeIfDone(stream);
  }

  /** Section 8.1: informational responses come before the final one. */
  #onResponse(stream: Stream<T>, list: HeaderList, isEnd: boolean): void {
    const isInformational = list.steady.fields[0]?.value.startsWith("1") === true;
    if (isInformational) this.#guard.count("empty");
    if (isInformational && isEnd) throw new StreamError(stream.id, ErrorCode.PROTOCOL_ERROR, "an informational response ends the stream");
    stream.hasHeaders = !isInformational;
    if (!isInformational) expectLength(stream, list);
  }

  /** A frame for a stream that is not there: never opened, ended, or given up by us while the frame was on its way. */
  #onClosedStream(id: number, what: "DATA" | "HEADERS"): void {
    this.#streams.assertNotIdle(id, what);
    if (this.#streams.isResetByUs(id) || this.#state === "going-away") return;
    // A client that mixes up its streams has lost its way; a module that does so still serves others.
    if (what === "HEADERS" && this.role === "server")
      throw new ConnectionError(ErrorCode.STREAM_CLOSED, `HEADERS on the closed stream ${id}`);
    throw new StreamError(id, ErrorCode.STREAM_CLOSED, `${what} on a closed stream`);
  }

  /** Section 5.4.1: a connection error costs the connection. */
  #fail(error: unknown): void {
    if (this.isClosed) return;
    const known = error instanceof ConnectionError;
    this.#frames.goaway(this.#streams.lastPeerId, known ? error.code : ErrorCode.INTERNAL_ERROR, known ? error.message : "");
    this.#close(error instanceof Error ? error : new Error(String(error)));
  }

  #close(error: Error | undefined): void {
    if (this.isClosed) return;
    this.#state = "closed";
    this.#error = error;
    this.#patience.stop();
    this.#goawayTimer?.cancel();
    this.#output.flushLast();
    inOneWrite(() => {
      for (const stream of this.#streams.all()) {
        this.#remove(stream);
        this.#events.onReset(stream, ErrorCode.CANCEL);
      }
      this.#events.onClose(error);
    });
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.end(() => socket.destroy());
    // What a peer that does not read still has to get is not worth keeping its socket for.
    const linger = this.#clock.after(LINGER, () => socket.destroy(), { unref: true });
    socket.once("close", () => linger.cancel());
  }

  #finishGoaway(): void {
    if (this.#state !== "open" && this.#state !== "closing") return;
    this.#goawayTimer?.cancel();
    this.#state = "going-away";
    this.#frames.goaway(this.#streams.lastPeerId, ErrorCode.NO_ERROR, "");
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if ((this.#state === "going-away" || this.#isPeerGoingAway) && this.#streams.size === 0) this.#close(undefined);
  }

  #onExpired(what: string): void {
    inOneWrite(() => this.#fail(new ConnectionError(ErrorCode.SETTINGS_TIMEOUT, `${what} did not come in time`)));
  }

  /** A peer that lets answers pile up gets no more of them. */
  #assertPeerReads(): void {
    if (this.#output.waiting > MAX_WAITING_BYTES) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "answers pile up unread");
  }

  #writeHeaders(stream: Stream<T>, list: HeaderList, isEnd: boolean): void {
    this.#frames.headers(stream.id, list, isEnd);
    this.#guard.onSent(0);
    if (isEnd) this.#endLocal(stream);
    // Flow control does not bound these, and whoever made us send them is not to be blamed for the peer.
    if (this.#output.waiting > MAX_WAITING_BYTES) this.#fail(new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "answers pile up unread"));
  }

  #endLocal(stream: Stream<T>): void {
    stream.isLocalEnded = true;
    stream.end = "none";
    this.#removeIfDone(stream);
  }

  #removeIfDone(stream: Stream<T>): void {
    if (stream.isLocalEnded && stream.isRemoteEnded) this.#remove(stream);
  }

  #remove(stream: Stream<T>): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.#streams.delete(stream);
    this.#sender.forget(stream);
    if (this.isClosed) return;
    this.#events.onCapacity();
    this.#closeWhenIdle();
  }
}
