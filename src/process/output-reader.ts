/**
 * Reads what a process prints, line by line. However fast it prints, it costs the reader bounded memory and time:
 * bytes beyond the budget wait in the pipe, lines beyond theirs are counted and left out.
 */
import type { Readable } from "node:stream";
import type { Clock, Timer } from "../base/clock.js";
import { type Millis, millis } from "../base/millis.js";
import { LineSplitter, MAX_LINE_BYTES } from "./line-splitter.js";

const BYTES_PER_WINDOW = 1024 * 1024;
const WINDOW: Millis = millis(100);
const LINE_BURST = 2000;
const LINES_PER_SECOND = 500;

// Control characters but tab and escape: they would garble a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

export class OutputReader {
  readonly #stream: Readable;
  readonly #clock: Clock;
  readonly #onLine: (line: string) => void;
  readonly #splitter: LineSplitter;
  #windowStart: Millis;
  #windowBytes = 0;
  #lineTokens = LINE_BURST;
  #refilledAt: Millis;
  #leftOut = 0;
  #resume: Timer | undefined;

  constructor(stream: Readable, clock: Clock, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#clock = clock;
    this.#onLine = onLine;
    this.#splitter = new LineSplitter((line, isTruncated) => this.#take(line, isTruncated));
    this.#windowStart = clock.now();
    this.#refilledAt = this.#windowStart;
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("close", () => this.#finish());
    stream.on("error", () => stream.destroy()); // a pipe that breaks has nothing more to read
  }

  /** Stops waiting for whoever still holds the other end. */
  close(): void {
    this.#stream.destroy();
  }

  #read(chunk: Buffer): void {
    const now = this.#clock.now();
    if (now - this.#windowStart >= WINDOW) {
      this.#windowStart = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += chunk.length;
    this.#refill(now);
    this.#splitter.push(chunk);
    if (this.#windowBytes < BYTES_PER_WINDOW) return;
    this.#stream.pause();
    this.#resume = this.#clock.after(WINDOW, () => this.#stream.resume(), { unref: true });
  }

  #refill(now: Millis): void {
    const gained = ((now - this.#refilledAt) / 1000) * LINES_PER_SECOND;
    this.#lineTokens = Math.min(LINE_BURST, this.#lineTokens + gained);
    this.#refilledAt = now;
  }

  #take(line: Buffer, isTruncated: boolean): void {
    if (this.#lineTokens < 1) {
      this.#leftOut += 1;
      return;
    }
    this.#lineTokens -= 1;
    this.#reportLeftOut();
    const text = line.toString("utf8").replace(CONTROL, "\u{FFFD}");
    this.#onLine(isTruncated ? `${text} … (cut: the line is longer than ${MAX_LINE_BYTES} bytes)` : text);
  }

  #reportLeftOut(): void {
    if (this.#leftOut === 0) return;
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#onLine(`… ${count} lines left out: they came faster than ${LINES_PER_SECOND} a second`);
  }

  #finish(): void {
    this.#resume?.cancel();
    this.#splitter.end();
    this.#reportLeftOut();
  }
}
