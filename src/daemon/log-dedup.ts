/**
 * Holds back lines that repeat: of the same message and fields from the same logger, module and resource three are shown in a minute, then one notice, and
 * when the minute is over how many more there were. A timer runs only while something is held back.
 */
import type { Clock, Timer } from "../base/clock.js";
import type { LogRecord } from "../base/log-record.js";
import { type Millis, millis, minutes } from "../base/millis.js";

export interface LogDedupOptions {
  readonly clock: Clock;
  /** Gets the lines that say what was held back. */
  readonly summarize: (record: LogRecord) => void;
}

const WINDOW = minutes(1);
const SHOWN = 3;
// Lines beyond so many different ones in a minute are not looked at: memory is bounded and nothing is lost.
const MAX_KEYS = 1000;
const MAX_KEY_LENGTH = 512;

interface Window {
  readonly ends: Millis;
  readonly lines: Map<string, { readonly record: LogRecord; count: number }>;
  timer: Timer | undefined;
}

export class LogDedup {
  readonly #clock: Clock;
  readonly #summarize: (record: LogRecord) => void;
  readonly #windows = new Map<string, Window>();
  #keys = 0;

  constructor({ clock, summarize }: LogDedupOptions) {
    this.#clock = clock;
    this.#summarize = summarize;
  }

  /** The record itself, the notice that takes its place, or undefined when it is held back. */
  admit(record: LogRecord): LogRecord | undefined {
    const window = this.#windowOf(record.logger);
    const key = keyOf(record);
    const line = window.lines.get(key);
    if (line === undefined) {
      if (this.#keys >= MAX_KEYS) this.#sweep();
      if (this.#keys >= MAX_KEYS) return record;
      window.lines.set(key, { record, count: 1 });
      this.#keys += 1;
      return record;
    }
    line.count += 1;
    if (line.count <= SHOWN) return record;
    window.timer ??= this.#clock.after(millis(window.ends - this.#clock.now()), () => this.#roll(record.logger), { unref: true });
    if (line.count > SHOWN + 1) return undefined;
    return {
      ...record,
      message: "this line repeats; more of it are counted and not shown until the minute is over",
      fields: { line: record.message },
    };
  }

  /** Says what was held back until now and forgets everything. */
  reset(): void {
    for (const logger of [...this.#windows.keys()]) this.#roll(logger);
  }

  #windowOf(logger: string): Window {
    const now = this.#clock.now();
    const current = this.#windows.get(logger);
    if (current !== undefined && now < current.ends) return current;
    if (current !== undefined) this.#roll(logger);
    const window = { ends: millis(now + WINDOW), lines: new Map(), timer: undefined };
    this.#windows.set(logger, window);
    return window;
  }

  #roll(logger: string): void {
    const window = this.#windows.get(logger);
    if (window === undefined) return;
    window.timer?.cancel();
    this.#windows.delete(logger);
    this.#keys -= window.lines.size;
    for (const { record, count } of window.lines.values()) {
      const held = count - SHOWN - 1;
      if (held <= 0) continue;
      this.#summarize({
        ...record,
        time: this.#clock.wall(),
        message: "this line was repeated",
        fields: { line: record.message, times: held },
      });
    }
  }

  /** Drops windows that are over. */
  #sweep(): void {
    const now = this.#clock.now();
    for (const [logger, { ends }] of [...this.#windows]) if (now >= ends) this.#roll(logger);
  }
}

/** Fields that only say when or how long differ each time and do not make another line of it. */
function keyOf(record: LogRecord): string {
  const fields = JSON.stringify(record.fields, (key, value: unknown) => (TIMING.test(key) ? undefined : value));
  const key = `${record.level} ${record.module ?? ""} ${record.resource ?? ""} ${record.message} ${fields}`;
  return key.length <= MAX_KEY_LENGTH ? key : `${key.slice(0, MAX_KEY_LENGTH)} ${key.length}`;
}

const TIMING = /^(ts|log_ts|time|timestamp|duration|elapsed|took|latency|age|since)$|(_ms|_s|_secs|Ms|_ts|_time|_duration)$/;
