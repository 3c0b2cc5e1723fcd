/** Lines, and questions with answers, over a serial link. Both are bounded: noise, as from a wrong baud rate, never makes them grow. */
import { type Clock, systemClock } from "../../base/clock.js";
import { PinionError } from "../../base/errors.js";
import { formatGoDuration } from "../../base/go-duration.js";
import { millis } from "../../base/millis.js";
import { turnsOf } from "./exchange-turns.js";
import type { SerialLink } from "./serial-link.js";

export interface LineSplitter {
  /** The lines that these bytes complete, as Latin-1, without their ends (LF, or CR LF). */
  push(bytes: Uint8Array): string[];
  /** Forgets a line that has begun, for example after a reconnect. */
  reset(): void;
  /** Lines that were longer than allowed; they are left out. */
  readonly dropped: number;
}

/** For text protocols. `maxLength`: bytes of the longest line to expect, without its end. */
export function lineSplitter(maxLength: number): LineSplitter {
  let line = "";
  let isSkipping = false;
  let dropped = 0;
  return {
    push(bytes) {
      const parts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").split("\n");
      const lines: string[] = [];
      for (const [index, part] of parts.entries()) {
        line = isSkipping ? "" : line + part;
        // One more than allowed: the CR of a line of full length.
        if (line.replace(/\r$/, "").length > maxLength) {
          isSkipping = true;
          dropped++;
          line = "";
        }
        if (index === parts.length - 1) break;
        if (!isSkipping) lines.push(line.replace(/\r$/, ""));
        line = "";
        isSkipping = false;
      }
      return lines;
    },
    reset() {
      line = "";
      isSkipping = false;
    },
    get dropped() {
      return dropped;
    },
  };
}

/**
 * What was found in the bytes received so far: an answer; that many bytes which begin none (noise, an answer to something else) and are dropped; or
 * nothing yet. It throws for an answer that is there and wrong, which fails the exchange.
 */
export type Parsed<T> = { readonly value: T } | { readonly skip: number } | undefined;

export interface ExchangeOptions {
  /** Milliseconds from the request being sent to its answer being whole. */
  readonly timeout: number;
  /** Milliseconds: an answer that has begun and pauses for longer is given up. Left out: only `timeout` ends it. USB adapters pause for up to 16. */
  readonly gap?: number;
  /** The adapter sends the request back before the answer. */
  readonly isEchoed?: boolean;
  /** For the texts of errors: `RoboClaw 0x80: encoder of M1`. */
  readonly what?: string;
  /** For tests. */
  readonly clock?: Clock;
}

/** No answer is longer. */
const MAX_ANSWER = 8192;
/** Milliseconds of silence that end what belongs to a failed exchange; and how long that is waited for. */
const QUIET = 20;
const QUIET_LIMIT = 200;

/**
 * Sends a request and waits for its answer. One at a time on a port, through whichever link. After a failure what still comes is dropped before the next one begins,
 * so that a late answer is never taken for another's. Rejects with SERIAL_TIMEOUT, SERIAL_NOT_CONNECTED, SERIAL_FAILED, or with what `parse` throws.
 */
export function exchange<T>(
  link: SerialLink,
  request: Uint8Array,
  parse: (received: Uint8Array) => Parsed<T>,
  options: ExchangeOptions,
): Promise<T> {
  return turnsOf(link).run(async () => {
    try {
      return await new Exchange(link, request, parse, options).run();
    } catch (error) {
      await untilQuiet(link, options.clock ?? systemClock);
      throw error;
    }
  });
}

class Exchange<T> {
  readonly #link: SerialLink;
  readonly #request: Uint8Array;
  readonly #parse: (received: Uint8Array) => Parsed<T>;
  readonly #options: ExchangeOptions;
  readonly #clock: Clock;
  #received = Buffer.alloc(0);
  #isEchoDue: boolean;
  #heard = 0;
  #settle: { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void } | undefined;
  #endGap = (): void => undefined;

  constructor(link: SerialLink, request: Uint8Array, parse: (received: Uint8Array) => Parsed<T>, options: ExchangeOptions) {
    this.#link = link;
    this.#request = request;
    this.#parse = parse;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#isEchoDue = options.isEchoed ?? false;
  }

  async run(): Promise<T> {
    const { timeout } = this.#options;
    const ends: (() => void)[] = [];
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#settle = { resolve, reject };
        ends.push(this.#link.onData((bytes) => this.#take(bytes)));
        ends.push(
          this.#link.onState((state) => {
            if (!state.isConnected) reject(state.error);
          }),
        );
        this.#link.write(this.#request).then(() => {
          if (this.#settle === undefined) return; // answered, or failed, before the write was through
          ends.push(after(this.#clock, timeout, () => reject(this.#timeoutError(`within ${formatGoDuration(millis(timeout))}`))));
        }, reject);
      });
    } finally {
      this.#settle = undefined;
      this.#endGap();
      for (const end of ends) end();
    }
  }

  #take(bytes: Uint8Array): void {
    this.#heard += bytes.length;
    this.#received = Buffer.concat([this.#received, bytes]);
    this.#endGap();
    try {
      this.#read();
    } catch (error) {
      this.#settle?.reject(error);
      return;
    }
    const { gap } = this.#options;
    if (gap !== undefined && this.#settle !== undefined && this.#received.length > 0) {
      this.#endGap = after(this.#clock, gap, () =>
        this.#settle?.reject(this.#timeoutError(`before a pause of ${formatGoDuration(millis(gap))}`)),
      );
    }
  }

  #read(): void {
    if (!this.#dropEcho()) return;
    while (this.#received.length > 0) {
      const parsed = this.#parse(this.#received);
      if (parsed === undefined) break;
      if ("value" in parsed) {
        this.#settle?.resolve(parsed.value);
        this.#settle = undefined;
        return;
      }
      this.#received = this.#received.subarray(Math.max(1, parsed.skip));
    }
    if (this.#received.length > MAX_ANSWER) {
      throw new PinionError("SERIAL_FAILED", `${this.#name()}: got ${this.#received.length} bytes that are no answer. Check the baud rate`);
    }
  }

  /** Whether the answer may begin. */
  #dropEcho(): boolean {
    if (!this.#isEchoDue) return true;
    const length = Math.min(this.#received.length, this.#request.length);
    // Something else came first: there is no echo, and what came may be the answer.
    if (!this.#received.subarray(0, length).equals(this.#request.subarray(0, length))) {
      this.#isEchoDue = false;
      return true;
    }
    if (length < this.#request.length) return false;
    this.#isEchoDue = false;
    this.#received = this.#received.subarray(length);
    return true;
  }

  #timeoutError(when: string): PinionError {
    const found =
      this.#heard === 0 ? "nothing came" : `${this.#heard} bytes came, no whole answer: ${this.#received.toString("hex", 0, 32)}`;
    const todo = "Check power, wiring (TX to RX), address and baud rate";
    return new PinionError("SERIAL_TIMEOUT", `${this.#name()}: no answer ${when}: ${found}. ${todo}`);
  }

  #name(): string {
    const { what } = this.#options;
    return what === undefined ? `serial port ${this.#link.port}` : `serial port ${this.#link.port}, ${what}`;
  }
}

/** Resolves when nothing comes any more, or when that was waited for long enough. */
async function untilQuiet(link: SerialLink, clock: Clock): Promise<void> {
  if (!link.isConnected) return;
  await new Promise<void>((resolve) => {
    let endQuiet = after(clock, QUIET, finish);
    const endLimit = after(clock, QUIET_LIMIT, finish);
    const stop = link.onData(() => {
      endQuiet();
      endQuiet = after(clock, QUIET, finish);
    });
    function finish(): void {
      stop();
      endQuiet();
      endLimit();
      resolve();
    }
  });
}

/** Runs `action` after `delay`, once what had arrived by then was read: a busy process must not take its own lateness for the device's. */
function after(clock: Clock, delay: number, action: () => void): () => void {
  let isEnded = false;
  const timer = clock.after(millis(delay), () => {
    setImmediate(() => {
      if (!isEnded) action();
    });
  });
  return () => {
    isEnded = true;
    timer.cancel();
  };
}
