/** RFC 9113 section 5.1.1: the streams of one connection and their numbers, and which of those that are gone we gave up ourselves. */
import { ConnectionError, ErrorCode } from "./error-codes.js";
import { MAX_WINDOW } from "./settings.js";
import type { Stream } from "./stream.js";
import { StreamMap } from "./stream-map.js";

/** As many resets as there can be streams at once, so that frames that crossed them are known for what they are. */
const MAX_REMEMBERED_RESETS = 2048;

export class StreamTable<T> {
  readonly #role: "client" | "server";
  readonly #streams = new StreamMap<Stream<T>>();
  readonly #resetByUs = new Set<number>();
  #nextId = 1;
  #lastPeerId = 0;

  constructor(role: "client" | "server") {
    this.#role = role;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** The highest number that the peer used. */
  get lastPeerId(): number {
    return this.#lastPeerId;
  }

  /** No number is left for a stream of ours. */
  get isUsedUp(): boolean {
    return this.#nextId >= MAX_WINDOW;
  }

  get(id: number): Stream<T> | undefined {
    return this.#streams.get(id);
  }

  all(): readonly Stream<T>[] {
    return this.#streams.all();
  }

  add(stream: Stream<T>): void {
    this.#streams.add(stream);
  }

  delete(stream: Stream<T>): void {
    this.#streams.delete(stream.id);
  }

  /** The number of our next stream. */
  takeId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  /** True when the peer may open a stream under this number: it does so by using it. */
  acceptPeerId(id: number): boolean {
    if (this.#role === "client" || id % 2 === 0 || id <= this.#lastPeerId) return false;
    this.#lastPeerId = id;
    return true;
  }

  rememberReset(id: number): void {
    this.#resetByUs.add(id);
    if (this.#resetByUs.size <= MAX_REMEMBERED_RESETS) return;
    const [oldest] = this.#resetByUs;
    if (oldest !== undefined) this.#resetByUs.delete(oldest);
  }

  isResetByUs(id: number): boolean {
    return this.#resetByUs.has(id);
  }

  /** Section 5.1: on a stream that was never opened only HEADERS and PRIORITY may come. */
  assertNotIdle(id: number, what: string): void {
    const isOurs = id % 2 === (this.#role === "client" ? 1 : 0);
    const isIdle = isOurs ? this.#role === "server" || id >= this.#nextId : id > this.#lastPeerId;
    if (isIdle) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `${what} on the idle stream ${id}`);
  }
}
