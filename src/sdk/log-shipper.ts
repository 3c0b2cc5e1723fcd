/** Sends log lines to the supervisor in order, one call a line; to standard output while there is none. */
import { hostname } from "node:os";
import type { Clock } from "../base/clock.js";
import { millis } from "../base/millis.js";
import type { LogEntry } from "../proto/gen/viam/common/v1/common.js";
import { toLogEntry, toLogText } from "./log-entry.js";
import type { LogLine } from "./resource-logger.js";

/** Sends one entry; rejects when it did not arrive. */
export type SendEntry = (entry: LogEntry) => Promise<void>;

// About a second of a busy module; beyond it the newest lines go to standard output.
const MAX_WAITING = 1000;
// The connection keeps the order of calls, so a few may be on their way at once.
const MAX_IN_FLIGHT = 8;

export class LogShipper {
  readonly #clock: Clock;
  readonly #host: string = hostname();
  #send: SendEntry | undefined;
  #waiting: { readonly line: LogLine; readonly time: Date }[] = [];
  readonly #inFlight = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly sink = (line: LogLine): void => {
    if (this.#send === undefined || this.#waiting.length >= MAX_WAITING) {
      print(line);
      return;
    }
    this.#waiting.push({ line, time: this.#clock.wall() });
    this.#next();
  };

  /** From now on lines go there; undefined: to standard output again. */
  connect(send: SendEntry | undefined): void {
    this.#send = send;
    if (send === undefined) for (const { line } of this.#waiting.splice(0)) print(line);
  }

  /** Waits until everything is sent, at most `limit` milliseconds. */
  async flush(limit: number): Promise<void> {
    const deadline = this.#clock.now() + limit;
    while ((this.#inFlight.size > 0 || this.#waiting.length > 0) && this.#clock.now() < deadline) {
      const patience = new AbortController();
      const tooLong = this.#clock.sleep(millis(deadline - this.#clock.now()), patience.signal).catch(() => undefined); // ended below
      await Promise.race([...this.#inFlight, tooLong]);
      patience.abort();
    }
    for (const { line } of this.#waiting.splice(0)) print(line);
  }

  #next(): void {
    while (this.#send !== undefined && this.#inFlight.size < MAX_IN_FLIGHT) {
      const item = this.#waiting.shift();
      if (item === undefined) return;
      const sending: Promise<void> = this.#send(toLogEntry(item.line, item.time, this.#host))
        .catch(() => print(item.line)) // no supervisor: whoever started us reads our output
        .finally(() => {
          this.#inFlight.delete(sending);
          this.#next();
        });
      this.#inFlight.add(sending);
    }
  }
}

function print(line: LogLine): void {
  const stream = line.level === "error" ? process.stderr : process.stdout;
  stream.write(toLogText(line));
}
