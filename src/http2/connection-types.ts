/** What a connection is given and what it tells. */
import type { HeaderList } from "./header-list.js";
import type { Stream } from "./stream.js";

export interface ConnectionLimits {
  /** What each stream may hold of the peer's data that was not passed on yet. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  readonly maxConcurrentStreams: number;
  readonly maxHeaderListSize: number;
  /** Streams that the peer is thought to allow before its SETTINGS came (client role): grpclib ends the connection on the 101st. */
  readonly assumedConcurrentStreams: number;
  /** What may wait on this connection for the peer to read, in all streams together. */
  readonly queuedBytes: number;
  /** The peer may give up as many streams as it likes: it passes on what many clients do. Left out: no. */
  readonly mayResetFreely?: boolean;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  streamWindow: 262_144,
  connectionWindow: 16_777_216,
  maxConcurrentStreams: 1024,
  maxHeaderListSize: 65_536,
  assumedConcurrentStreams: 100,
  queuedBytes: 67_108_864,
};

export interface ConnectionEvents<T> {
  /** A request, a response (also an informational one) or trailers; which one, the receiver knows by what came before. */
  onHeaders(stream: Stream<T>, list: HeaderList, isEnd: boolean): void;
  /** `data` is to be copied if it is kept. Give it back with `consume` once it has been passed on. */
  onData(stream: Stream<T>, data: Buffer, isEnd: boolean): void;
  /** The peer gave the stream up, or broke its rules and it was given up for that. */
  onReset(stream: Stream<T>, code: number): void;
  /** Queued data of the stream left: as many bytes. */
  onSent(stream: Stream<T>, bytes: number): void;
  /** The peer allows more streams, or a stream ended: one more can be opened now. */
  onCapacity(): void;
  /** The peer opens and accepts no more streams. */
  onGoaway(): void;
  /** After this nothing comes any more. Streams that were open are told with onReset before. */
  onClose(error: Error | undefined): void;
}
