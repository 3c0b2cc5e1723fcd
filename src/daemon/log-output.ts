/**
 * Writes log lines to a file descriptor in order and at once, yet never waits for whoever reads them: what a stuck terminal or pipe does
 * not take is kept up to a limit and then counted as lost.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import type { Clock, Timer } from "../base/clock.js";
import { millis } from "../base/millis.js";

export interface LogOutput {
  write(text: string): void;
  /** Tries for a fifth of a second to get rid of what is kept. */
  flush(): void;
  /** Lines lost since the last question. */
  takeLost(): number;
  close(): void;
}

export interface LogOutputOptions {
  readonly clock: Clock;
  /** 1 for stdout. */
  readonly fd: number;
}

const MAX_KEPT_BYTES = 256 * 1024;
const RETRY_AFTER = millis(50);
const FLUSH_LIMIT_MS = 200;
const FLUSH_PAUSE_MS = 5;

export function openLogOutput({ clock, fd: given }: LogOutputOptions): LogOutput {
  const { fd, isOwn } = openWithoutBlocking(given);
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let lost = 0;
  let timer: Timer | undefined;
  let isBroken = false;

  /** Writes what is kept; false when the reader takes no more now. */
  const drain = (): boolean => {
    for (let first = kept[0]; first !== undefined && !isBroken; first = kept[0]) {
      const written = writeSome(first);
      if (written === undefined) return false;
      keptBytes -= written;
      if (written === first.length) kept.shift();
      else kept[0] = first.subarray(written);
    }
    return true;
  };
  const writeSome = (bytes: Buffer): number | undefined => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
      // Nobody reads any more, or the disk is full; the store still gets the lines.
      isBroken = !(error instanceof Error && "code" in error && error.code === "ENOSPC");
      return bytes.length;
    }
  };
  const retryLater = (): void => {
    timer ??= clock.after(
      RETRY_AFTER,
      () => {
        timer = undefined;
        if (!drain()) retryLater();
      },
      { unref: true },
    );
  };
  const flush = (): void => {
    // A lent clock may stand still in tests, and sleeping here must block: the process is about to end.
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; !drain() && waited < FLUSH_LIMIT_MS; waited += FLUSH_PAUSE_MS) Atomics.wait(sleeper, 0, 0, FLUSH_PAUSE_MS);
  };
  return {
    write(text) {
      if (isBroken) return;
      const bytes = Buffer.from(text);
      if (keptBytes + bytes.length > MAX_KEPT_BYTES && keptBytes > 0) {
        lost += 1;
        return;
      }
      kept.push(bytes);
      keptBytes += bytes.length;
      if (timer === undefined && !drain()) retryLater();
    },
    flush,
    takeLost() {
      const count = lost;
      if (keptBytes === 0) lost = 0;
      return keptBytes === 0 ? count : 0;
    },
    close() {
      flush();
      timer?.cancel();
      isBroken = true;
      kept = [];
      if (isOwn) closeSync(fd);
    },
  };
}

/**
 * Terminals and pipes are opened once more, since the flag that makes writes return at once belongs to the opening and other processes
 * share the given one. Files never make anybody wait for a reader and keep their common position.
 */
function openWithoutBlocking(fd: number): { readonly fd: number; readonly isOwn: boolean } {
  try {
    const stat = fstatSync(fd);
    if (stat.isSocket()) {
      // A socket cannot be opened again; Node makes it non-blocking when it makes a stream of it.
      if (fd === 1) void process.stdout;
      if (fd === 2) void process.stderr;
    } else if (stat.isFIFO() || stat.isCharacterDevice()) {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_APPEND;
      return { fd: openSync(`/proc/self/fd/${fd}`, flags), isOwn: true };
    }
  } catch {
    // No /proc, or not ours to open again: a stuck reader can then hold us up.
  }
  return { fd, isOwn: false };
}
