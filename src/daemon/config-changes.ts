/**
 * Changes of the config that somebody asked for on the control socket: apply, confirm, roll back. Each puts its text into the config file
 * and makes it the machine's in one step. A config that waits for its confirmation goes back by itself, in this process or at the next start.
 */
import { bootMoment } from "../base/boot-clock.js";
import type { Clock, Timer } from "../base/clock.js";
import { messageOf, PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import { replaceFile } from "../base/replace-file.js";
import { SerialQueue } from "../base/serial-queue.js";
import type { Machine } from "../machine/machine.js";
import { type ConfigJournal, sha256Of } from "../store/config-journal.js";
import type { BootGuard } from "./boot-guard.js";
import type { AppliedConfig, ConfigCause, ConfigController, LocatedProblem } from "./config-controller.js";
import type { History } from "./history.js";
import { baselineOf, describeRegressions, type ResourceBaseline } from "./regressions.js";

export interface ConfigChangesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configs: ConfigController;
  readonly guard: BootGuard;
  readonly machine: Pick<Machine, "whenSettled" | "status">;
  readonly openJournal: () => Promise<ConfigJournal>;
  readonly history: History;
  /** A confirmation came or is no longer waited for. */
  readonly onDecided: () => void;
  /** The config file; absent: the default machine runs, which nobody can change. */
  readonly path?: string;
}

export interface ChangeRequest {
  readonly who: string;
  /** Absent: the change stays. */
  readonly confirmWithin?: Millis;
}

export interface ChangeOutcome {
  readonly isApplied: boolean;
  readonly problems: readonly LocatedProblem[];
  readonly generation: number;
  readonly summary: string;
  readonly regressions: readonly string[];
  readonly isSettled: boolean;
}

const SETTLE_LIMIT: Millis = seconds(10);
const CONFIRM_LIMITS = { shortest: seconds(1), longest: seconds(24 * 3600) };

export class ConfigChanges {
  readonly #options: ConfigChangesOptions;
  readonly #queue = new SerialQueue();
  #timer: Timer | undefined;
  /** Before the config that waits for its confirmation. */
  #baseline: ResourceBaseline | undefined;

  constructor(options: ConfigChangesOptions) {
    this.#options = options;
  }

  /** Goes on waiting for a confirmation that a supervisor before this one was told to wait for. */
  start(): void {
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** A config came into force by another way than this: an edit by hand decides the question by itself. */
  noteAdopted(applied: AppliedConfig): void {
    const { guard, history, logger } = this.#options;
    if (guard.pending === undefined || guard.pending.sha256 === applied.sha256 || applied.origin.via === "unconfirmed") return;
    if (applied.origin.via === "apply" || applied.origin.via === "rollback") return;
    logger.warn({}, "the config file was changed while its config waited for a confirmation: nothing is taken back");
    history.tell(
      "config-confirmation-void",
      "the config file was changed while its config waited for a confirmation: nothing is taken back",
    );
    this.#decide();
  }

  apply(text: string, { isForced, ...request }: ChangeRequest & { readonly isForced: boolean }): Promise<ChangeOutcome> {
    return this.#queue.run(async () => {
      const { problems, isUsable } = this.#options.configs.check(text);
      const isRefused = !isUsable || (!isForced && problems.some(({ severity }) => severity === "error"));
      if (isRefused) return { isApplied: false, problems, generation: 0, summary: "", regressions: [], isSettled: true };
      return this.#change(text, { via: "apply", who: request.who }, request.confirmWithin);
    });
  }

  rollBack(generation: number | undefined, { who, confirmWithin }: ChangeRequest): Promise<ChangeOutcome> {
    return this.#queue.run(async () => {
      const { configs, openJournal } = this.#options;
      const journal = await openJournal();
      const current = configs.applied;
      const entry =
        generation === undefined
          ? journal.entries().findLast((candidate) => candidate.generation < current.generation && candidate.sha256 !== current.sha256)
          : journal.entry(generation);
      if (entry === undefined) {
        const wanted = generation === undefined ? "a config before the one in force" : `generation ${generation}`;
        throw new PinionError("USAGE", `expected ${wanted} in the journal, but it is not there; \`pinion config history\` lists what is`);
      }
      return this.#change(entry.text, { via: "rollback", who }, confirmWithin);
    });
  }

  /** The generation that stays. */
  confirm(who: string): Promise<{ readonly generation: number; readonly regressions: readonly string[] }> {
    return this.#queue.run(async () => {
      const { configs, guard, history, machine } = this.#options;
      if (guard.pending === undefined) {
        throw new PinionError(
          "USAGE",
          "no config waits for a confirmation: it was confirmed already, or the time is over and the one before is back",
        );
      }
      guard.setPending(undefined);
      const { generation } = configs.applied;
      history.tell("config-confirmed", `generation ${generation} was confirmed`, { detail: { generation, who } });
      const regressions = this.#baseline === undefined ? [] : describeRegressions(this.#baseline, machine.status());
      this.#decide();
      return { generation, regressions };
    });
  }

  async #change(text: string, cause: ConfigCause, confirmWithin: Millis | undefined): Promise<ChangeOutcome> {
    const { configs, machine, path } = this.#options;
    if (path === undefined)
      throw new PinionError("USAGE", "the default machine has no config file: start the daemon with `pinion run --config FILE`");
    const baseline = baselineOf(machine.status());
    this.#write(path, text, confirmWithin);
    if (confirmWithin !== undefined) this.#baseline ??= baseline;
    configs.put(text, cause);
    if (confirmWithin === undefined) this.#decide();
    else this.#arm();
    await this.#journal();
    const isSettled = await this.#settled();
    const { generation, problems, origin } = configs.applied;
    const regressions = describeRegressions(baseline, machine.status());
    return { isApplied: true, problems, generation, summary: origin.summary, regressions, isSettled };
  }

  /** First the promise to go back, then the file: a power cut between them changes nothing. */
  #write(path: string, text: string, confirmWithin: Millis | undefined): void {
    const { configs, guard } = this.#options;
    const before = guard.pending;
    if (confirmWithin !== undefined) {
      const { shortest, longest } = CONFIRM_LIMITS;
      if (confirmWithin < shortest || confirmWithin > longest) {
        const limits = `between ${formatGoDuration(shortest)} and ${formatGoDuration(longest)}`;
        throw new PinionError("USAGE", `expected a time for the confirmation ${limits}, got ${formatGoDuration(confirmWithin)}`);
      }
      guard.setPending({
        sha256: sha256Of(text),
        appliedAt: bootMoment(),
        confirmWithinMs: confirmWithin,
        // Several unconfirmed changes in a row go back to the last state that somebody wanted to keep.
        goBackText: before?.goBackText ?? configs.applied.text,
        goBackGeneration: before?.goBackGeneration ?? configs.applied.generation,
      });
    }
    try {
      replaceFile(path, text);
    } catch (error) {
      if (confirmWithin !== undefined) guard.setPending(before);
      throw new PinionError("CONFIG_UNREADABLE", `the config file ${path} cannot be written, so nothing was changed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Nothing waits for a confirmation any more. */
  #decide(): void {
    this.#timer?.cancel();
    this.#baseline = undefined;
    try {
      this.#options.guard.setPending(undefined);
    } catch (error) {
      this.#options.logger.error({ error: messageOf(error) }, "the record for the next start cannot be written");
    }
    this.#options.onDecided();
  }

  #arm(): void {
    const { clock, guard } = this.#options;
    this.#timer?.cancel();
    const remaining = guard.remaining();
    if (remaining === undefined) return;
    this.#timer = clock.after(remaining, () => void this.#queue.run(() => this.#goBack()), { unref: true });
  }

  async #goBack(): Promise<void> {
    const { configs, guard, history, logger, path } = this.#options;
    const { pending } = guard;
    if (pending === undefined || path === undefined) return;
    const within = formatGoDuration(millis(pending.confirmWithinMs));
    const message = `nobody confirmed the config within ${within}: the one before is back`;
    logger.warn({ generation: pending.goBackGeneration }, message);
    let isWritten = true;
    try {
      replaceFile(path, pending.goBackText);
    } catch (error) {
      isWritten = false; // the record stays, so that the next start tries again
      logger.error({ path, error: messageOf(error) }, "the config file cannot be written; it still holds the unconfirmed config");
    }
    try {
      configs.put(pending.goBackText, { via: "unconfirmed" });
      history.tell("config-went-back", message, { detail: { generation: pending.goBackGeneration } });
      if (isWritten) this.#decide();
    } catch (error) {
      logger.error({ error: messageOf(error) }, "the config before cannot be applied");
    }
    await this.#journal();
  }

  /** A disk that takes no more costs the entry, not the change: the file is written already. */
  async #journal(): Promise<void> {
    const { configs, logger } = this.#options;
    try {
      await configs.journal();
    } catch (error) {
      logger.error({ error: messageOf(error) }, "the config is in force and in its file, but its journal cannot be written");
    }
  }

  async #settled(): Promise<boolean> {
    const { clock, machine } = this.#options;
    const controller = new AbortController();
    const timer = clock.after(SETTLE_LIMIT, () => controller.abort(), { unref: true });
    try {
      await machine.whenSettled(controller.signal);
      return true;
    } catch {
      return false; // it takes longer than anybody should wait here
    } finally {
      timer.cancel();
    }
  }
}
