/**
 * Log records as JSON lines, made by pino, which only this file names. It is loaded a moment after the first line, so that a start
 * does not wait for it while modules could be spawned; an error or many lines load it at once.
 */
import { createRequire } from "node:module";
import type { Logger as PinoLogger } from "pino";
import type { Clock, Timer } from "../base/clock.js";
import type { LogRecord } from "../base/log-record.js";
import { millis } from "../base/millis.js";

const LOAD_AFTER = millis(150);
const MAX_WAITING = 200;
/** What the line itself is made of; a field of such a name gets an underscore. */
const OWN_KEYS: ReadonlySet<string> = new Set(["level", "time", "logger", "module", "resource", "msg"]);

export class JsonLines {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  #waiting: LogRecord[] = [];
  #timer: Timer | undefined;
  #pino: PinoLogger | undefined;
  #time = "";

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  write(record: LogRecord): void {
    if (this.#pino !== undefined) {
      this.#emit(this.#pino, record);
      return;
    }
    this.#waiting.push(record);
    if (record.level === "error" || this.#waiting.length >= MAX_WAITING) this.flush();
    else this.#timer ??= this.#clock.after(LOAD_AFTER, () => this.flush(), { unref: true });
  }

  /** Writes what waits for the library. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    this.#pino ??= this.#load();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const record of waiting) this.#emit(this.#pino, record);
  }

  #load(): PinoLogger {
    // A synchronous load keeps the order of lines and lets a dying process still write.
    const { pino } = createRequire(import.meta.url)("pino") as typeof import("pino");
    return pino(
      {
        level: "trace",
        base: null,
        timestamp: () => `,"time":"${this.#time}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write: (line: string) => this.#write(line) },
    );
  }

  #emit(pino: PinoLogger, { time, level, logger, module, resource, fields, message }: LogRecord): void {
    this.#time = time.toISOString();
    const line: Record<string, unknown> = { logger };
    if (module !== undefined) line["module"] = module;
    if (resource !== undefined) line["resource"] = resource;
    for (const [key, value] of Object.entries(fields)) line[OWN_KEYS.has(key) ? `${key}_` : key] = value;
    pino[level](line, message);
  }
}
