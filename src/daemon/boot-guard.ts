/**
 * Decides at the start which config is tried, by what the starts before left on the disk, and keeps that record.
 *
 * A config counts as healthy for this purpose when the supervisor lives: the machine settled under it and the supervisor went on for a
 * while, or was stopped in order. Whether each resource works is no question here: an edit that breaks a resource is shown, never undone.
 */
import { bootMoment, elapsedSince, readBootId } from "../base/boot-clock.js";
import { messageOf } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import { replaceFile } from "../base/replace-file.js";
import type { BootRecordFile, PendingConfig, RunMark } from "../store/boot-record.js";
import { sha256Of } from "../store/config-journal.js";

export interface BootGuardOptions {
  readonly file: BootRecordFile;
  readonly logger: Logger;
}

export type BootChoice =
  | { readonly isGivenUp: false; readonly text: string; readonly via: "start" | "unconfirmed" }
  /** Starts with it failed too often. */
  | { readonly isGivenUp: true; readonly text: string; readonly reason: string };

/** Starts that a config gets to bring the machine up. */
const MAX_ATTEMPTS = 3;

export class BootGuard {
  readonly #file: BootRecordFile;
  readonly #logger: Logger;
  /** Of a supervisor that did not end in order. */
  readonly previousRun: RunMark | undefined;
  /** What was decided about an unconfirmed config at the start, for the history. */
  verdict: string | undefined;

  constructor({ file, logger }: BootGuardOptions) {
    this.#file = file;
    this.#logger = logger;
    this.previousRun = file.record.running;
  }

  get pending(): PendingConfig | undefined {
    return this.#file.record.pending;
  }

  /** How long the pending config may still wait; undefined when nothing waits. */
  remaining(): Millis | undefined {
    const { pending } = this.#file.record;
    if (pending === undefined) return undefined;
    const elapsed = elapsedSince(pending.appliedAt);
    return millis(elapsed === undefined ? 0 : Math.max(0, pending.confirmWithinMs - elapsed));
  }

  /** What to try first, the file at `path` holding `text`. */
  choose(path: string, text: string): BootChoice {
    const goBack = this.#judgePending(path, text);
    if (goBack !== undefined) {
      this.begin(sha256Of(goBack));
      return { isGivenUp: false, text: goBack, via: "unconfirmed" };
    }
    const sha256 = sha256Of(text);
    const { trial } = this.#file.record;
    if (trial?.sha256 === sha256 && trial.attempts >= MAX_ATTEMPTS) {
      const reason = `the supervisor ended ${trial.attempts} times without order soon after it started with the file's config${this.#lastWords()}`;
      return { isGivenUp: true, text, reason };
    }
    this.begin(sha256);
    return { isGivenUp: false, text, via: "start" };
  }

  /** A config is tried; the start with it has failed until `survived` or `end`. */
  begin(sha256: string): void {
    const { trial, goodSha256 } = this.#file.record;
    // What was good once is not doubted because of a power cut: nothing is written then.
    if (sha256 === goodSha256) return;
    const attempts = trial?.sha256 === sha256 ? trial.attempts + 1 : 1;
    this.#update({ trial: { sha256, attempts } });
  }

  /** A config came into force while the supervisor runs: the count begins anew. */
  beginAnew(sha256: string): void {
    if (sha256 === this.#file.record.goodSha256) return;
    this.#update({ trial: { sha256, attempts: 1 } });
  }

  /** Nothing is known yet of how this supervisor will end. */
  markRunning(): void {
    this.#update({ running: { ...bootMoment(), pid: process.pid } });
  }

  /** The supervisor came up under this config. */
  survived(sha256: string, isGood: boolean): void {
    const { trial } = this.#file.record;
    this.#update({ ...(trial?.sha256 === sha256 ? { trial: undefined } : {}), ...(isGood ? { goodSha256: sha256 } : {}) });
  }

  setPending(pending: PendingConfig | undefined): void {
    // Not caught: a confirmation that is not on the disk must not be promised.
    this.#file.update({ pending });
  }

  /** The supervisor ends in order. */
  end(): void {
    this.#update({ running: undefined });
  }

  /** As many words as a dying process can leave. */
  crash(message: string): void {
    this.#update({ running: { ...bootMoment(), pid: process.pid, crash: message.slice(0, 1000) } });
  }

  /** The text to go back to, which is then in the file. */
  #judgePending(path: string, text: string): string | undefined {
    const { pending, trial } = this.#file.record;
    if (pending === undefined) return undefined;
    const sha256 = sha256Of(text);
    if (sha256 !== pending.sha256) {
      this.verdict = "the config file was changed by somebody while it waited for its confirmation: nothing is taken back";
      this.#logger.warn({ path }, this.verdict);
      this.#update({ pending: undefined });
      return undefined;
    }
    const isCrashing = trial?.sha256 === sha256 && trial.attempts >= MAX_ATTEMPTS;
    if (!isCrashing && (this.remaining() ?? 0) > 0) return undefined;
    this.verdict = isCrashing
      ? "the supervisor could not live with the unconfirmed config: the one before is back"
      : `nobody confirmed the config ${this.#isThisBoot(pending) ? `within ${formatGoDuration(millis(pending.confirmWithinMs))}` : "before the system was started anew"}: the one before is back`;
    this.#logger.warn({ path, generation: pending.goBackGeneration }, this.verdict);
    try {
      replaceFile(path, pending.goBackText);
      this.#update({ pending: undefined });
    } catch (error) {
      // The machine runs with the old config in any case; the next start tries to write it again.
      this.#logger.error({ path, error: messageOf(error) }, "the config file cannot be written; it still holds the unconfirmed config");
    }
    return pending.goBackText;
  }

  #isThisBoot({ appliedAt }: PendingConfig): boolean {
    return appliedAt.bootId === readBootId();
  }

  #lastWords(): string {
    const crash = this.previousRun?.crash;
    return crash === undefined ? "" : `, the last time with: ${crash}`;
  }

  /** A disk that cannot be written costs the count, not the machine. */
  #update(change: Parameters<BootRecordFile["update"]>[0]): void {
    try {
      this.#file.update(change);
    } catch (error) {
      this.#logger.warn({ error: messageOf(error) }, "the record for the next start cannot be written");
    }
  }
}
