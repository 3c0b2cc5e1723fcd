/** Owns what config is in force: reads the file, parses it, hands it to the machine, remembers it, and says what is wrong with it. */
import { readFileSync } from "node:fs";
import type { Clock, Timer } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";
import { carryOver } from "../config/carry-over.js";
import { locateProblem } from "../config/locate.js";
import type { ConfigProblem, MachineConfig } from "../config/machine-config.js";
import { type ConfigContext, parseConfig } from "../config/parse-config.js";
import { type ConfigOrigin, sha256Of } from "../store/config-journal.js";
import type { BootGuard } from "./boot-guard.js";
import { summarizeChange } from "./config-summary.js";
import { DEFAULT_MACHINE } from "./default-machine.js";

export interface LocatedProblem extends ConfigProblem {
  readonly line?: number;
  readonly column?: number;
}

export type ConfigSource = "file" | "last-known-good" | "default" | "none";

/** What led to a config: the ways into the machine. */
export type ConfigVia = "start" | "file" | "signal" | "reload" | "apply" | "rollback" | "unconfirmed";

export interface ConfigCause {
  readonly via: ConfigVia;
  /** The user, where one asked. */
  readonly who?: string;
}

export interface AppliedConfig {
  readonly config: MachineConfig;
  readonly text: string;
  readonly sha256: string;
  readonly source: ConfigSource;
  /** Why it is not the file's; only then. */
  readonly reason?: string;
  readonly origin: ConfigOrigin;
  readonly path?: string;
  readonly revision: string;
  readonly generation: number;
  readonly at: Date;
  readonly problems: readonly LocatedProblem[];
}

/** What remembers configs across restarts. */
export interface ConfigJournal {
  /** Durable when it returns. The generation is the same as before when the text is. */
  record(text: string, path: string, origin: ConfigOrigin): number;
  markKnownGood(generation: number): void;
  lastKnownGood(): { readonly text: string; readonly generation: number } | undefined;
}

export interface CheckedConfig {
  readonly problems: readonly LocatedProblem[];
  /** False: the text cannot be applied at all. */
  readonly isUsable: boolean;
}

export interface ConfigControllerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly context: ConfigContext;
  /** Absent: the default machine. */
  readonly path?: string;
  /** The journal, opened when it is first needed: reading a good file at boot does not wait for the database. */
  readonly openJournal: () => Promise<ConfigJournal>;
  readonly guard: BootGuard;
  /** Makes the config the machine's; called before it is journaled, so that start-up does not wait for the disk. */
  readonly adopt: (applied: AppliedConfig, previous: AppliedConfig | undefined) => void;
}

const EMPTY_MACHINE = "{}";
/** How often programs that the config names and that are not there are looked for, on a disk that is mounted late for example. */
const LOOK_FOR_MISSING: Millis = seconds(5);

export class ConfigController {
  readonly #options: ConfigControllerOptions;
  #applied: AppliedConfig | undefined;
  /** Problems of a text that could not be applied as a whole; shown until the next good one. */
  #unreadable: readonly LocatedProblem[] = [];
  #missingTimer: Timer | undefined;

  constructor(options: ConfigControllerOptions) {
    this.#options = options;
  }

  get applied(): AppliedConfig {
    if (this.#applied === undefined) throw new Error("no config was applied yet"); // start() comes first
    return { ...this.#applied, problems: [...this.#unreadable, ...this.#applied.problems] };
  }

  /** The first config: the file's, else the last good one, else an empty machine that waits for the file. */
  async start(): Promise<void> {
    const { path, guard } = this.#options;
    if (path === undefined) {
      this.#apply(DEFAULT_MACHINE, { source: "default", cause: { via: "start" } });
      return;
    }
    const text = this.#readFile(path);
    const choice = text === undefined ? undefined : guard.choose(path, text);
    if (choice !== undefined && !choice.isGivenUp && this.#tryApply(choice.text, { via: choice.via })) return;
    const reason = choice?.isGivenUp === true ? choice.reason : `the file cannot be used: ${this.#unreadable[0]?.message ?? ""}`;
    await this.#startWithLastGood(path, choice?.isGivenUp === true ? choice.text : undefined, reason);
  }

  /** Reads the file again. What runs goes on when it cannot be used. */
  reload(cause: ConfigCause): { readonly isChanged: boolean; readonly problems: readonly LocatedProblem[] } {
    const { path } = this.#options;
    if (path === undefined) return { isChanged: false, problems: this.applied.problems };
    const before = this.#applied;
    const text = this.#readFile(path);
    if (text !== undefined) this.#tryApply(text, cause);
    return { isChanged: this.#applied?.text !== before?.text, problems: this.applied.problems };
  }

  /** A new text that the watcher read. */
  offer(text: string): void {
    this.#tryApply(text, { via: "file" });
  }

  /** Makes a text the machine's that was put into the file. CONFIG_INVALID when it is no config at all. */
  put(text: string, cause: ConfigCause): void {
    if (text === this.#applied?.text && this.#applied.source === "file") return;
    this.#apply(text, { source: "file", cause });
  }

  /** What would be wrong with a text. */
  check(text: string): CheckedConfig {
    try {
      const { problems } = parseConfig(text, this.#options.context);
      return { problems: located(text, problems), isUsable: true };
    } catch (error) {
      return { problems: [{ path: "", message: messageOf(error), severity: "error" }], isUsable: false };
    }
  }

  /** Writes the config in force to the journal; durable when it resolves. */
  async journal(): Promise<void> {
    const { path, openJournal } = this.#options;
    const applied = this.#applied;
    if (path === undefined || applied?.source !== "file") return;
    const generation = (await openJournal()).record(applied.text, path, applied.origin);
    if (this.#applied === applied) this.#applied = { ...applied, generation };
  }

  close(): void {
    this.#missingTimer?.cancel();
  }

  async #startWithLastGood(path: string, givenUp: string | undefined, reason: string): Promise<void> {
    const { logger, openJournal } = this.#options;
    const good = (await openJournal()).lastKnownGood();
    const cause: ConfigCause = { via: "start" };
    if (good !== undefined && good.text !== givenUp) {
      const { generation } = good;
      logger.error(
        { path, generation, reason },
        "running the last known good config instead of the config file's; correct the file, or `pinion reload` tries it again",
      );
      this.#apply(good.text, { source: "last-known-good", cause, generation, reason });
      return;
    }
    // Nothing better is known, so the file's config is tried as often as it takes.
    if (givenUp !== undefined && this.#tryApply(givenUp, cause)) return;
    logger.error({ path }, "no usable config yet: the machine stays empty until the file is there and readable");
    const unreadable = this.#unreadable;
    this.#apply(EMPTY_MACHINE, { source: "none", cause, reason });
    this.#unreadable = unreadable;
  }

  #readFile(path: string): string | undefined {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      this.#reject({ path: "", message: `cannot read ${path}: ${messageOf(error)}`, severity: "error" });
      return undefined;
    }
  }

  /** Of the config file. */
  #tryApply(text: string, cause: ConfigCause): boolean {
    if (text === this.#applied?.text && this.#unreadable.length === 0 && this.#applied.source === "file") return true;
    try {
      this.#apply(text, { source: "file", cause });
      return true;
    } catch (error) {
      this.#reject({ path: "", message: messageOf(error), severity: "error" });
      return false;
    }
  }

  #reject(problem: LocatedProblem): void {
    const { logger, path } = this.#options;
    this.#unreadable = [problem];
    logger.error({ path, problem: problem.message }, "config not applied; what runs goes on unchanged");
  }

  #apply(text: string, { source, cause, generation, reason }: Application): void {
    const { context, logger, clock, path, adopt } = this.#options;
    const previous = this.#applied;
    const parsed = parseConfig(text, context);
    const config = carryOver(previous?.config, parsed);
    const sha256 = sha256Of(text);
    this.#unreadable = [];
    this.#applied = {
      config,
      text,
      sha256,
      source,
      ...(reason === undefined ? {} : { reason }),
      ...(path === undefined ? {} : { path }),
      origin: { via: cause.via, who: cause.who ?? "", summary: summarizeChange(previous?.config, config) },
      // A short name for a text that names no revision itself.
      revision: config.revision === "" ? sha256.slice(0, 12) : config.revision,
      generation: generation ?? previous?.generation ?? 0,
      at: clock.wall(),
      problems: located(text, parsed.problems),
    };
    logProblems(logger, this.#applied.problems);
    adopt(this.#applied, previous);
    this.#awaitMissing(this.#applied, parsed.missingFiles);
  }

  #awaitMissing(applied: AppliedConfig, files: readonly string[]): void {
    this.#missingTimer?.cancel();
    if (files.length === 0) return;
    const { clock, context, logger } = this.#options;
    const look = (): void => {
      const found = files.find((file) => context.fileExists(file));
      if (found === undefined) {
        this.#awaitMissing(applied, files);
        return;
      }
      logger.info({ file: found }, "a program of the config has appeared: applying the config again");
      const { text, source, generation, reason } = applied;
      this.#apply(text, { source, cause: { via: "file" }, generation, ...(reason === undefined ? {} : { reason }) });
    };
    this.#missingTimer = clock.after(LOOK_FOR_MISSING, look, { unref: true });
  }
}

interface Application {
  readonly source: ConfigSource;
  readonly cause: ConfigCause;
  readonly generation?: number;
  readonly reason?: string;
}

function located(text: string, problems: readonly ConfigProblem[]): readonly LocatedProblem[] {
  return problems.map((problem) => ({ ...problem, ...locateProblem(text, problem.path) }));
}

function logProblems(logger: Logger, problems: readonly LocatedProblem[]): void {
  for (const { path, message, severity, line, column } of problems) {
    const fields = { path, ...(line === undefined ? {} : { line, column }) };
    if (severity === "error") logger.error(fields, message);
    else logger.warn(fields, message);
  }
}
