/**
 * The supervisor's side of safe outputs: drives them through the hardware layer, which is loaded when the first resource says that it has some,
 * remembers them for the case that the supervisor is killed, and tells the history.
 */
import { realpathSync } from "node:fs";
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import { readSafeLevels, writeSafeLevels } from "../hardware/safe/safe-levels-file.js";
import type { HardwarePorts } from "../machine/machine-hardware.js";
import type { SafetyReport } from "../machine/safety-net.js";
import type { ResourceName } from "../resource/resource-name.js";
import { type DirectAction, describeAction, type SafeExecutor, type SafeFailure } from "../resource/safe-action.js";
import type { History } from "./history.js";

export interface SafetyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly home: string;
  readonly history: Pick<History, "tell">;
}

/** The call that builds the resource goes out first; its module is busy with it meanwhile. */
const PREPARE_AFTER: Millis = millis(0);
/** How long a start waits for outputs that a killed supervisor left. */
const START_LIMIT: Millis = millis(1500);

export class Safety implements SafeExecutor {
  readonly #options: SafetyOptions;
  #loading: Promise<SafeExecutor & AsyncDisposable> | undefined;
  #loaded: (SafeExecutor & AsyncDisposable) | undefined;
  /** By description: what cannot be prepared is told once. */
  readonly #prepared = new Set<string>();
  readonly #performing = new Set<Promise<unknown>>();
  /** Driven at the start for resources of the supervisor before this one. */
  #inherited: readonly ResourceName[] = [];

  constructor(options: SafetyOptions) {
    this.#options = options;
  }

  /** For the machine. */
  get ports(): HardwarePorts {
    return {
      executor: this,
      canonicalPort,
      saveSafeLevels: (levels) => this.#save(levels),
      onSafetyReport: (report) => this.#tell(report),
    };
  }

  prepare(actions: readonly DirectAction[]): void {
    const due = actions.filter((action) => !this.#prepared.has(describeAction(action)));
    if (due.length === 0) return;
    for (const action of due) this.#prepared.add(describeAction(action));
    const begin = (): void => this.#background(this.#load().then((executor) => executor.prepare(due)));
    this.#options.clock.after(PREPARE_AFTER, begin, { unref: true });
  }

  perform(resource: ResourceName, actions: readonly DirectAction[]): Promise<readonly SafeFailure[]> {
    const work = this.#loaded?.perform(resource, actions) ?? this.#performLoaded(resource, actions);
    this.#performing.add(work);
    work.finally(() => this.#performing.delete(work)).catch(() => undefined); // whoever asked hears of it
    return work;
  }

  release(resource: ResourceName): void {
    this.#loaded?.release(resource);
  }

  /** A supervisor and its modules were killed: what they drove is made safe, and held until it is built again. Never rejects. */
  async takeOver(): Promise<void> {
    const { home, clock, logger, history } = this.#options;
    const levels = readSafeLevels(home);
    if (levels.size === 0) return;
    this.#inherited = [...levels.keys()];
    const work = [...levels].map(async ([resource, actions]) => {
      const failures = await this.perform(resource, actions);
      return failures.map(({ action, error }) => ({ resource, action: describeAction(action), error: messageOf(error) }));
    });
    const limit = new AbortController();
    try {
      const done = Promise.all(work);
      done.catch(() => undefined); // told below, if it is still waited for
      const failures = await Promise.race([done, clock.sleep(START_LIMIT, limit.signal).then(() => undefined)]);
      for (const failure of failures?.flat() ?? []) logger.error({ ...failure }, "an output could not be made safe");
      logger.warn(
        { resources: this.#inherited, isDone: failures !== undefined },
        "outputs that a killed supervisor left were driven to their safe levels",
      );
      history.tell("outputs-made-safe", `outputs that a killed supervisor left were driven to their safe levels`, {
        detail: { resources: this.#inherited, failures: failures?.flat() ?? [] },
      });
    } catch (error) {
      logger.error({ error: messageOf(error) }, "outputs that a killed supervisor left could not be made safe");
    } finally {
      limit.abort();
    }
  }

  /** These resources are wanted: what was taken over for others is let go. */
  keepOnly(isWanted: (resource: ResourceName) => boolean): void {
    for (const resource of this.#inherited) if (!isWanted(resource)) this.release(resource);
    this.#inherited = [];
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#performing);
    await this.#loaded?.[Symbol.asyncDispose]();
  }

  async #performLoaded(resource: ResourceName, actions: readonly DirectAction[]): Promise<readonly SafeFailure[]> {
    try {
      return await (await this.#load()).perform(resource, actions);
    } catch (error) {
      return actions.map((action) => ({ action, error }));
    }
  }

  #load(): Promise<SafeExecutor & AsyncDisposable> {
    this.#loading ??= import("../hardware/safe/create-safe-outputs.js").then(({ createSafeOutputs }) => {
      this.#loaded = createSafeOutputs(this.#options);
      return this.#loaded;
    });
    return this.#loading;
  }

  #save(levels: ReadonlyMap<ResourceName, readonly DirectAction[]>): void {
    const { home, logger } = this.#options;
    try {
      writeSafeLevels(home, levels);
    } catch (error) {
      logger.error(
        { error: messageOf(error) },
        "safe levels are not kept: should the supervisor be killed, outputs stay as its modules leave them",
      );
    }
  }

  #tell({ module, resources, took, failures }: SafetyReport): void {
    const { history } = this.#options;
    const names = resources.join(", ");
    const detail = { resources, took_ms: Math.round(took * 10) / 10, failures: failures.map((failure) => ({ ...failure })) };
    const [first, ...more] = failures;
    if (first === undefined) {
      history.tell("outputs-made-safe", `the outputs of ${names} were driven to their safe levels`, { module, detail });
      return;
    }
    const rest = more.length === 0 ? "" : `; and ${more.length} more`;
    history.tell("outputs-not-safe", `${first.resource}: ${first.action}: ${first.error}${rest}`, { module, detail });
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#options.logger.error(
        { error: messageOf(error) },
        "the supervisor cannot drive outputs: should their module die, they stay as they are",
      ),
    );
  }
}

function canonicalPort(port: string): string {
  if (!port.startsWith("/")) return port;
  try {
    return realpathSync(port);
  } catch {
    return port; // not plugged in
  }
}
