/**
 * Tells when the bytes of a config file change: written in place, replaced by rename, deleted and made anew, reached through symlinks that
 * move (Kubernetes swaps a `..data` link), or in a folder that is replaced or mounted later. It parses nothing; it only looks whether the
 * text is complete JSON, to give a writer in the middle of its work a moment more.
 *
 * Folders are watched rather than the file, whose inode changes when it is replaced: each folder in which the next step to the file is
 * looked up. One stat of the file every two seconds is the safety net for what no event tells (mounts, network file systems).
 */
import { readFileSync, type Stats, statSync } from "node:fs";
import type { Clock, Timer } from "../base/clock.js";
import { PinionError } from "../base/errors.js";
import { type Millis, millis } from "../base/millis.js";
import { FolderWatches } from "./folder-watches.js";
import { JsonCursor } from "./json-cursor.js";

export interface WatchConfigOptions {
  readonly path: string;
  readonly clock: Clock;
  /** The text as it was read last: only another one is told. Left out: the file as it is now. */
  readonly current?: string;
  onChange(text: string): void;
  /** CONFIG_UNREADABLE: the file is gone or cannot be read. Told once; onChange follows when it can be read again, changed or not. */
  onError(error: PinionError): void;
  /** Quiet time after the last event before the file is read. */
  readonly debounce?: Millis;
  /** Pause between looks at the file without an event. */
  readonly pollInterval?: Millis;
}

export interface ConfigWatch {
  close(): void;
}

const DEBOUNCE = millis(15);
/** A file that is written without a pause is read at the latest after this. */
const LONGEST_DEBOUNCE = millis(75);
const POLL_INTERVAL = millis(2000);
/** What a writer gets that has truncated the file, or an editor that has deleted it. */
const INCOMPLETE_GRACE = millis(60);
const MISSING_GRACE = millis(300);

export function watchConfig(options: WatchConfigOptions): ConfigWatch {
  const watch = new Watch(options);
  watch.start();
  return { close: () => watch.close() };
}

type Reading = { readonly text: string } | { readonly text?: undefined; readonly error: unknown };

class Watch {
  readonly #options: WatchConfigOptions;
  readonly #folders: FolderWatches;
  readonly #debounce: Millis;
  #known: string | undefined;
  #signature = "";
  #isFailing = false;
  #isClosed = false;
  #burstStart: Millis | undefined;
  #debounceTimer: Timer | undefined;
  #graceTimer: Timer | undefined;
  #pollTimer: Timer | undefined;

  constructor(options: WatchConfigOptions) {
    this.#options = options;
    this.#debounce = options.debounce ?? DEBOUNCE;
    this.#folders = new FolderWatches(options.path, () => this.#onEvent());
  }

  start(): void {
    this.#folders.arm();
    this.#signature = signatureOf(this.#options.path);
    const reading = this.#read();
    if (this.#options.current === undefined) this.#known = reading.text;
    else this.#known = this.#options.current;
    // What changed between the caller's reading and now is a change like any other.
    if (reading.text !== this.#known || reading.text === undefined) this.#onEvent();
    this.#schedulePoll();
  }

  close(): void {
    this.#isClosed = true;
    this.#folders.close();
    this.#debounceTimer?.cancel();
    this.#graceTimer?.cancel();
    this.#pollTimer?.cancel();
  }

  #onEvent(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const now = clock.now();
    this.#burstStart ??= now;
    const rest = Math.max(0, LONGEST_DEBOUNCE - (now - this.#burstStart));
    this.#debounceTimer?.cancel();
    this.#debounceTimer = clock.after(millis(Math.min(this.#debounce, rest)), () => this.#look(), { unref: true });
  }

  #schedulePoll(): void {
    const interval = this.#options.pollInterval ?? POLL_INTERVAL;
    this.#pollTimer = this.#options.clock.after(
      interval,
      () => {
        if (signatureOf(this.#options.path) !== this.#signature) this.#onEvent();
        this.#schedulePoll();
      },
      { unref: true },
    );
  }

  /** Reads the file and tells a change; a file that is missing or incomplete gets a grace first. */
  #look(): void {
    this.#burstStart = undefined;
    this.#graceTimer?.cancel();
    this.#folders.arm(); // links and folders on the way may have changed
    this.#signature = signatureOf(this.#options.path);
    const reading = this.#read();
    if (reading.text === undefined) {
      this.#afterGrace(MISSING_GRACE);
    } else if (reading.text !== this.#known && !isCompleteJson(reading.text)) {
      this.#afterGrace(INCOMPLETE_GRACE);
    } else {
      this.#tell(reading);
    }
  }

  #afterGrace(grace: Millis): void {
    this.#graceTimer = this.#options.clock.after(
      grace,
      () => {
        this.#signature = signatureOf(this.#options.path);
        this.#tell(this.#read());
      },
      { unref: true },
    );
  }

  #tell(reading: Reading): void {
    const { path, onChange, onError } = this.#options;
    if (reading.text === undefined) {
      if (this.#isFailing) return;
      this.#isFailing = true;
      onError(new PinionError("CONFIG_UNREADABLE", `cannot read ${path}: ${reasonOf(reading.error)}`, { cause: reading.error }));
      return;
    }
    if (reading.text === this.#known && !this.#isFailing) return;
    this.#isFailing = false;
    this.#known = reading.text;
    onChange(reading.text);
  }

  #read(): Reading {
    try {
      return { text: readFileSync(this.#options.path, "utf8") };
    } catch (error) {
      return { error };
    }
  }
}

/** Changes whenever the file is another one or has other bytes; one system call. */
function signatureOf(path: string): string {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return reasonOf(error); // no permission, a loop of links: reading it says the same
  }
  return stats === undefined ? "" : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

function isCompleteJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return isCompleteWithVariables(text);
  }
}

function isCompleteWithVariables(text: string): boolean {
  try {
    new JsonCursor(text, { hasVariables: true }).skipValue();
    return true;
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES") return "no permission";
  return error instanceof Error ? error.message : String(error);
}
