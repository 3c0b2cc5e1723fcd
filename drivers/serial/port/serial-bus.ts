/**
 * A serial port whose devices speak when asked: one request and its answer at a time, whoever asks. Knows no protocol. What comes while nobody asks is
 * dropped, and after a failure the line has to be quiet before the next request, so that a late answer is never taken for another's.
 */
import type { Clock, SerialLink } from "pinion/hardware";
import { millis } from "pinion/hardware";
import { unavailable } from "pinion/sdk";
import { toHex } from "./hex.js";

export interface Exchange<T> {
  readonly request: Uint8Array;
  /** Begins every error, for example `RoboClaw 128 on /dev/ttyACM0: reading the encoder`. */
  readonly what: string;
  /** Bytes the answer may have at most: their time on the wire is added to the deadline. */
  readonly answerLength: number;
  /**
   * Looks at all that was received since the request; undefined while the answer is not there. What it throws ends the attempt.
   * `isLast`: the deadline is over and nothing more will come.
   */
  readonly parse: (received: Uint8Array, isLast: boolean) => T | undefined;
  /** Default: 3. 1 for what must not be done twice. */
  readonly attempts?: number | undefined;
  /** Goes before what waits. */
  readonly isUrgent?: boolean | undefined;
  /** Aborted: not sent, or not again; the reason is what the caller gets. What was sent before is not undone. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds that a device may think before it answers, USB adapters' own delay of 16 ms included. */
const THINKING = 100;
const QUIET = 15;
const MOST_NOISE_TIME = 200;
/** Longer than any answer with all the noise that is looked past; more is dropped. */
const MOST_RECEIVED = 1024;

interface Job {
  readonly isUrgent: boolean;
  readonly run: () => Promise<void>;
}

export class SerialBus {
  readonly link: SerialLink;
  readonly #baudRate: number;
  readonly #clock: Clock;
  readonly #jobs: Job[] = [];
  readonly #unsubscribe: (() => void)[];
  #isBusy = false;
  #isDirty = false;
  #received: number[] = [];
  #generation = 0;
  #onBytes: (() => void) | undefined;
  #onGone: ((error: Error) => void) | undefined;

  constructor(link: SerialLink, { baudRate, clock }: { readonly baudRate: number; readonly clock: Clock }) {
    this.link = link;
    this.#baudRate = baudRate;
    this.#clock = clock;
    this.#unsubscribe = [
      link.onData((bytes) => this.#take(bytes)),
      link.onState((state) => {
        if (state.isConnected) return;
        this.#generation++;
        this.#onGone?.(state.error);
      }),
    ];
  }

  /** Grows whenever the port goes away: what was set up on its devices may be lost. */
  get generation(): number {
    return this.#generation;
  }

  /** Resolves to what `parse` finds. Rejects with UNAVAILABLE when the port is away or no right answer came. */
  exchange<T>(exchange: Exchange<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { isUrgent = false } = exchange;
      const job = { isUrgent, run: () => this.#try(exchange).then(resolve, reject) };
      if (isUrgent) this.#jobs.splice(this.#jobs.findLastIndex((other) => other.isUrgent) + 1, 0, job);
      else this.#jobs.push(job);
      this.#next();
    });
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#onGone?.(unavailable(`${this.link.port} was closed`));
  }

  #next(): void {
    if (this.#isBusy) return;
    const job = this.#jobs.shift();
    if (job === undefined) return;
    this.#isBusy = true;
    void job.run().finally(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  async #try<T>(exchange: Exchange<T>): Promise<T> {
    const { attempts = 3, what, signal } = exchange;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      if (this.#isDirty) await this.#untilQuiet();
      signal?.throwIfAborted();
      const { generation } = this;
      try {
        return await this.#once(exchange);
      } catch (cause) {
        this.#isDirty = true;
        const isGone = generation !== this.generation || !this.link.isConnected;
        if (attempt < attempts && !isGone) {
          // A device that is silent must not hold up the stop of another one.
          if (exchange.isUrgent !== true) await this.#runUrgent();
          continue;
        }
        const text = cause instanceof Error ? cause.message : String(cause);
        throw unavailable(`${what}: ${text}${attempt > 1 ? ` (${attempt} attempts)` : ""}`, { cause });
      }
    }
  }

  async #runUrgent(): Promise<void> {
    while (this.#jobs[0]?.isUrgent === true) await this.#jobs.shift()?.run();
  }

  #once<T>({ request, answerLength, parse }: Exchange<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#received = [];
      const finish = (): void => {
        timer.cancel();
        this.#onBytes = undefined;
        this.#onGone = undefined;
      };
      const fail = (error: unknown): void => {
        finish();
        reject(error);
      };
      const look = (isLast: boolean): void => {
        try {
          const found = parse(Uint8Array.from(this.#received), isLast);
          if (found !== undefined) {
            finish();
            resolve(found);
          } else if (isLast) fail(new Error(this.#disappointment(limit)));
        } catch (error) {
          fail(error);
        }
      };
      const limit = THINKING + Math.ceil(((request.length * 2 + answerLength) * 10_000) / this.#baudRate);
      const timer = this.#clock.after(millis(limit), () => look(true));
      this.#onBytes = () => look(false);
      this.#onGone = fail;
      this.link.write(request).catch(fail);
    });
  }

  #disappointment(limit: number): string {
    if (this.#received.length === 0) return `no answer within ${limit} ms (is it powered, wired, and set to ${this.#baudRate} baud?)`;
    const bytes = toHex(Uint8Array.from(this.#received.slice(0, 16)));
    return `no intact answer within ${limit} ms, received ${this.#received.length} bytes: ${bytes}${this.#received.length > 16 ? " …" : ""}`;
  }

  #take(bytes: Uint8Array): void {
    if (this.#onBytes === undefined) return;
    for (const byte of bytes) if (this.#received.length < MOST_RECEIVED) this.#received.push(byte);
    this.#onBytes();
  }

  /** Until nothing comes for a while, but not for ever: a device that never falls silent gets its chance. */
  #untilQuiet(): Promise<void> {
    return new Promise((resolve) => {
      const end = this.#clock.now() + MOST_NOISE_TIME;
      const finish = (): void => {
        timer.cancel();
        this.#onBytes = undefined;
        this.#isDirty = false;
        resolve();
      };
      const arm = (): ReturnType<Clock["after"]> => this.#clock.after(millis(QUIET), finish);
      let timer = arm();
      this.#onBytes = () => {
        this.#received = [];
        if (this.#clock.now() >= end) return finish();
        timer.cancel();
        timer = arm();
      };
    });
  }
}
