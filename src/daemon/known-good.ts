/**
 * Finds out whether a config is good enough to fall back to: the machine settled under it, the supervisor lived on for a while (or was
 * stopped in order), nothing that was ready before it is down, and nobody is still to confirm it.
 */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";
import type { Machine } from "../machine/machine.js";
import type { BootGuard } from "./boot-guard.js";
import type { AppliedConfig } from "./config-controller.js";
import { lostResources, type ResourceBaseline } from "./regressions.js";

export interface KnownGoodOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machine: Pick<Machine, "whenSettled" | "status" | "onChange">;
  readonly guard: BootGuard;
  /** Remembers that the config in force is good; durable when it resolves. */
  readonly mark: (applied: AppliedConfig) => Promise<void>;
  readonly survival?: Millis;
}

/** How long the supervisor must live under a config before its start counts as a success. */
const SURVIVAL: Millis = seconds(30);

export class KnownGood {
  readonly #options: KnownGoodOptions;
  #watched: Watched | undefined;

  constructor(options: KnownGoodOptions) {
    this.#options = options;
  }

  /** This config is in force now; the one before counts no more. */
  watch(applied: AppliedConfig, baseline: ResourceBaseline | undefined): void {
    this.stop();
    if (applied.source !== "file") return;
    const controller = new AbortController();
    const watched: Watched = { applied, baseline, controller, isSettled: false, isSurvived: false, isMarked: false };
    this.#watched = watched;
    this.#follow(watched).catch((error: unknown) => {
      if (!controller.signal.aborted) this.#options.logger.error({ error: messageOf(error) }, "the config cannot be remembered as good");
    });
  }

  stop(): void {
    this.#watched?.controller.abort();
    this.#watched = undefined;
  }

  /** Something that stood in the way may have gone. */
  async reconsider(): Promise<void> {
    const watched = this.#watched;
    if (watched?.isSurvived === true) await this.#conclude(watched);
  }

  /** The supervisor is about to end in order, everything still runs. */
  async close(): Promise<void> {
    const watched = this.#watched;
    this.stop();
    if (watched?.isSettled === true && !watched.isMarked) await this.#conclude(watched);
  }

  async #follow(watched: Watched): Promise<void> {
    const { clock, machine, survival = SURVIVAL } = this.#options;
    const { signal } = watched.controller;
    await machine.whenSettled(signal);
    watched.isSettled = true;
    await clock.sleep(survival, signal);
    watched.isSurvived = true;
    await this.#conclude(watched);
    if (watched.isMarked) return;
    const stop = machine.onChange(() => {
      this.#conclude(watched).then(
        () => watched.isMarked && stop(),
        (error: unknown) => this.#options.logger.error({ error: messageOf(error) }, "the config cannot be remembered as good"),
      );
    });
    signal.addEventListener("abort", stop, { once: true });
  }

  async #conclude(watched: Watched): Promise<void> {
    if (watched.isMarked) return;
    const { guard, machine, mark } = this.#options;
    const { applied, baseline } = watched;
    const isLosing = baseline !== undefined && lostResources(baseline, machine.status()).length > 0;
    const isGood = !isLosing && guard.pending === undefined;
    guard.survived(applied.sha256, isGood);
    if (!isGood) return;
    watched.isMarked = true;
    await mark(applied);
  }
}

interface Watched {
  readonly applied: AppliedConfig;
  readonly baseline: ResourceBaseline | undefined;
  readonly controller: AbortController;
  isSettled: boolean;
  isSurvived: boolean;
  isMarked: boolean;
}
