/**
 * Everything about the config of a running daemon in one place: reading and watching the file, the journal, changes on request, what is known
 * to be good, and the record for the next start.
 */
import { readBootId } from "../base/boot-clock.js";
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { ConfigContext } from "../config/parse-config.js";
import { type ConfigWatch, watchConfig } from "../config/watch-config.js";
import type { Machine } from "../machine/machine.js";
import { openBootRecord, type RunMark } from "../store/boot-record.js";
import type { ConfigJournal } from "../store/config-journal.js";
import type { Store } from "../store/open-store.js";
import { BootGuard } from "./boot-guard.js";
import { ConfigChanges } from "./config-changes.js";
import { type AppliedConfig, ConfigController } from "./config-controller.js";
import type { History } from "./history.js";
import { KnownGood } from "./known-good.js";
import { baselineOf } from "./regressions.js";

export interface ConfigKeeperOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The config file; absent: the default machine. */
  readonly path?: string;
  readonly context: ConfigContext;
  readonly machine: Machine;
  readonly history: History;
  readonly openStore: () => Promise<Store>;
  /** Makes a config the machine's. */
  readonly adopt: (applied: AppliedConfig, previous: AppliedConfig | undefined) => void;
}

export class ConfigKeeper {
  readonly #options: ConfigKeeperOptions;
  readonly #guard: BootGuard;
  readonly #knownGood: KnownGood;
  readonly controller: ConfigController;
  readonly changes: ConfigChanges;
  #watch: ConfigWatch | undefined;

  constructor(options: ConfigKeeperOptions) {
    this.#options = options;
    const { clock, logger, path, context, machine, history } = options;
    const file = path === undefined ? {} : { path };
    const openJournal = async (): Promise<ConfigJournal> => (await options.openStore()).journal;
    this.#guard = new BootGuard({ file: openBootRecord(context.home), logger });
    const guard = this.#guard;
    this.controller = new ConfigController({
      clock,
      logger,
      ...file,
      context,
      guard,
      openJournal,
      adopt: (applied, previous) => this.#adopt(applied, previous),
    });
    this.changes = new ConfigChanges({
      clock,
      logger,
      ...file,
      configs: this.controller,
      guard,
      machine,
      openJournal,
      history,
      onDecided: () => this.#background(this.#knownGood.reconsider()),
    });
    this.#knownGood = new KnownGood({ clock, logger, machine, guard, mark: (applied) => this.#markKnownGood(applied) });
  }

  get applied(): AppliedConfig {
    return this.controller.applied;
  }

  /** How long the config in force still waits for its confirmation; undefined when it waits for none. */
  confirmRemaining(): ReturnType<BootGuard["remaining"]> {
    return this.#guard.remaining();
  }

  /** The first config is in force when it resolves, unless there is none at all. */
  async start(version: string): Promise<void> {
    await this.controller.start();
    const { history } = this.#options;
    const { previousRun, verdict } = this.#guard;
    const { source, reason } = this.applied;
    if (previousRun !== undefined) history.tell("supervisor-unclean-end", describeEnd(previousRun), { detail: { pid: previousRun.pid } });
    history.tell("supervisor-started", `pinion ${version} started`, { detail: { pid: process.pid } });
    if (verdict !== undefined) history.tell("config-went-back", verdict);
    if (source === "last-known-good") history.tell("config-fallback", reason ?? "the config file cannot be used");
  }

  /** From now on the file is looked at, and a config that waits for its confirmation goes back when the time is over. */
  watch(): void {
    const { clock, logger, path } = this.#options;
    this.changes.start();
    if (path === undefined) return;
    this.#watch = watchConfig({
      path,
      clock,
      // What was written since it was read counts as a change.
      ...(this.applied.source === "file" ? { current: this.applied.text } : {}),
      onChange: (text) => this.controller.offer(text),
      onError: (error) => logger.error({ path, error: messageOf(error) }, "the config file cannot be watched"),
    });
  }

  /** What can wait until the modules were started. */
  async remember(): Promise<void> {
    await this.controller.journal();
    this.#guard.markRunning();
    this.#tell(this.applied);
  }

  /** The supervisor is about to end in order; everything still runs. */
  async close(): Promise<void> {
    this.#watch?.close();
    this.controller.close();
    this.changes.close();
    await this.#knownGood.close();
  }

  /** The last thing to be done. */
  noteEnd(): void {
    this.#guard.end();
  }

  noteCrash(message: string): void {
    this.#guard.crash(message);
  }

  #adopt(applied: AppliedConfig, previous: AppliedConfig | undefined): void {
    const { adopt, logger, machine } = this.#options;
    const baseline = previous === undefined ? undefined : baselineOf(machine.status());
    adopt(applied, previous);
    this.#knownGood.watch(applied, baseline);
    if (previous === undefined) return;
    const { via, who, summary } = applied.origin;
    logger.info({ revision: applied.revision, via, ...(who === "" ? {} : { who }), changes: summary }, "config applied");
    this.changes.noteAdopted(applied);
    this.#background(this.#keep(applied));
  }

  async #keep(applied: AppliedConfig): Promise<void> {
    this.#guard.beginAnew(applied.sha256);
    await this.controller.journal();
    this.#tell(applied);
  }

  async #markKnownGood({ sha256 }: AppliedConfig): Promise<void> {
    await this.controller.journal();
    const { journal } = await this.#options.openStore();
    if (this.applied.sha256 === sha256) journal.markKnownGood(this.applied.generation);
  }

  #tell({ origin, problems, source }: AppliedConfig): void {
    const { generation } = this.applied;
    const { via, who, summary } = origin;
    const errors = problems.filter(({ severity }) => severity === "error").length;
    const detail = { generation, via, source, errors, ...(who === "" ? {} : { who }) };
    this.#options.history.tell("config-applied", summary, { detail });
  }

  /** Nobody waits for it: what goes wrong is logged. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.logger.error({ error: messageOf(error) }, "the config cannot be remembered"));
  }
}

function describeEnd({ bootId, crash }: RunMark): string {
  if (crash !== undefined) return `the supervisor before this one ended with an error that nobody expected: ${crash}`;
  if (bootId !== readBootId()) return "the system went down without ending the supervisor: power cut, hard reset or crash of the kernel";
  return "the supervisor before this one was killed or ended itself without order";
}
