/**
 * Knows for each process what makes its resources safe, and does it when the process ends in whatever way: a removal that succeeded is the only
 * thing that takes a resource out. A pin of a board is driven by the board's module while that lives, else by what the board said stands behind it.
 */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, millis } from "../base/millis.js";
import type { PinMeaning, SafeAction } from "../resource/hardware-needs.js";
import type { ResourceName } from "../resource/resource-name.js";
import { type DirectAction, describeAction, type SafeExecutor } from "../resource/safe-action.js";
import type { ModuleRun } from "./module-run.js";

/** For a call to a board whose module is there. */
const BOARD_LIMIT: Millis = millis(250);
/** A pin of a board may be driven through another board, but not for ever. */
const MAX_DEPTH = 4;
/** Resources that are built together are written down together. */
const SAVE_AFTER: Millis = millis(50);

/** What was done when a process ended. */
export interface SafetyReport {
  readonly module: string;
  /** Resources whose outputs were driven. */
  readonly resources: readonly ResourceName[];
  /** From the end of the process to the last step that worked. */
  readonly took: Millis;
  readonly failures: readonly UnsafeOutput[];
}

export interface UnsafeOutput {
  readonly resource: ResourceName;
  readonly action: string;
  readonly error: string;
}

export interface SafetyPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly executor: SafeExecutor | undefined;
  /** Keeps what would make the machine safe without the supervisor. Told when it changed. */
  readonly save: ((steps: ReadonlyMap<ResourceName, readonly DirectAction[]>) => void) | undefined;
  readonly onReport: ((report: SafetyReport) => void) | undefined;
  readonly meaningOf: (board: string, pin: string) => PinMeaning | undefined;
  /** The board and the process in which it is built, if it is. */
  readonly boardRun: (board: string) => { readonly name: ResourceName; readonly run: ModuleRun } | undefined;
  /** Whether the resource is built, or being built, in another process than this one. */
  readonly isElsewhere: (name: ResourceName, module: string, incarnation: number) => boolean;
}

type Steps = Map<ResourceName, readonly SafeAction[]>;

export class SafetyNet {
  readonly #ports: SafetyPorts;
  /** By process. */
  readonly #armed = new Map<string, Steps>();
  /** Of all resources of the config that were built once. */
  readonly #known: Steps = new Map();
  #isSaveDue = false;

  constructor(ports: SafetyPorts) {
    this.#ports = ports;
  }

  /** What the resource would need, as far as it is known: whatever that takes is loaded. Cheap when it is done again. */
  prepare(actions: readonly SafeAction[]): void {
    const direct = this.#withoutBoards(actions);
    if (direct.length > 0) this.#ports.executor?.prepare(direct);
  }

  /** The call that builds it is about to be sent. */
  building(name: ResourceName, run: ModuleRun, actions: readonly SafeAction[]): void {
    // Also what was driven at the end of a process that is forgotten by now.
    this.#ports.executor?.release(name);
    const known = this.#armed.get(keyOf(run))?.get(name);
    // It may drive outputs long before the call is answered, and until then those of its earlier config.
    if (actions.length > 0) this.#arm(run, name, known === undefined ? actions : [...known, ...actions]);
  }

  built(name: ResourceName, run: ModuleRun, actions: readonly SafeAction[]): void {
    if (actions.length === 0) {
      this.removed(name, run);
      if (this.#known.delete(name)) this.#save();
      return;
    }
    this.#arm(run, name, actions);
    this.#known.set(name, actions);
    this.#save();
  }

  removed(name: ResourceName, run: ModuleRun): void {
    const armed = this.#armed.get(keyOf(run));
    armed?.delete(name);
    if (armed?.size === 0) this.#armed.delete(keyOf(run));
  }

  /** It left the config. */
  forget(name: ResourceName): void {
    this.#ports.executor?.release(name);
    if (this.#known.delete(name)) this.#save();
  }

  onExit(module: string, incarnation: number, at: Millis): void {
    const key = keyOf({ module, incarnation });
    const armed = this.#armed.get(key);
    if (armed === undefined) return;
    this.#armed.delete(key);
    const work = [...armed]
      .filter(([name]) => !this.#ports.isElsewhere(name, module, incarnation))
      .map(async ([name, actions]) => ({ name, ...(await this.#perform(name, actions, module)) }));
    Promise.all(work).then(
      (outcomes) => this.#report(module, at, outcomes),
      (error: unknown) =>
        this.#ports.logger.error({ module, error: messageOf(error) }, "unexpected error while outputs were driven to their safe levels"),
    );
  }

  #arm(run: ModuleRun, name: ResourceName, actions: readonly SafeAction[]): void {
    const armed = this.#armed.get(keyOf(run));
    if (armed === undefined) this.#armed.set(keyOf(run), new Map([[name, actions]]));
    else armed.set(name, actions);
  }

  /** Without a wait before the first step. */
  async #perform(name: ResourceName, actions: readonly SafeAction[], deadModule: string): Promise<Outcome> {
    const failures: UnsafeOutput[] = [];
    let pending: DirectAction[] = [];
    let doneAt = this.#ports.clock.now();
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      const steps = pending;
      pending = [];
      failures.push(...(await this.#drive(name, steps)));
      doneAt = this.#ports.clock.now();
    };
    for (const action of actions) {
      if (action.kind !== "pin") {
        pending.push(action);
        continue;
      }
      const board = this.#ports.boardRun(action.board);
      if (board === undefined || !board.run.isAlive || board.run.module === deadModule) {
        const direct = this.#withoutBoards([action]);
        if (direct.length > 0) pending.push(...direct);
        else failures.push(unsafe(name, action, `board "${action.board}" is not built and has not said what stands behind that pin`));
        continue;
      }
      await flush();
      failures.push(...(await this.#driveThroughBoard(name, action, board)));
      doneAt = this.#ports.clock.now();
    }
    await flush();
    return { failures, doneAt };
  }

  async #driveThroughBoard(
    resource: ResourceName,
    action: SafeAction & { readonly kind: "pin" },
    board: { readonly name: ResourceName; readonly run: ModuleRun },
  ): Promise<readonly UnsafeOutput[]> {
    try {
      await board.run.calls.drivePin(board.name, action.pin, action.isHigh, BOARD_LIMIT);
      return [];
    } catch (error) {
      const direct = this.#withoutBoards([action]);
      const failures = direct.length === 0 ? undefined : await this.#drive(resource, direct);
      if (failures?.length === 0) return [];
      return [unsafe(resource, action, [messageOf(error), ...(failures ?? []).map((failure) => failure.error)].join("; "))];
    }
  }

  async #drive(resource: ResourceName, actions: readonly DirectAction[]): Promise<readonly UnsafeOutput[]> {
    const { executor } = this.#ports;
    if (executor === undefined) return actions.map((action) => unsafe(resource, action, "nothing here can drive it"));
    const failures = await executor.perform(resource, actions);
    return failures.map(({ action, error }) => unsafe(resource, action, messageOf(error)));
  }

  /** Pins as what stands behind them; those of which nothing is known are left out. */
  #withoutBoards(actions: readonly SafeAction[], depth = 0): readonly DirectAction[] {
    return actions.flatMap((action): readonly DirectAction[] => {
      if (action.kind !== "pin") return [action];
      const meaning = depth < MAX_DEPTH ? this.#ports.meaningOf(action.board, action.pin) : undefined;
      return meaning === undefined ? [] : this.#withoutBoards(action.isHigh ? meaning.high : meaning.low, depth + 1);
    });
  }

  #report(module: string, at: Millis, outcomes: readonly (Outcome & { readonly name: ResourceName })[]): void {
    if (outcomes.length === 0) return;
    const { logger, onReport } = this.#ports;
    const failures = outcomes.flatMap((outcome) => outcome.failures);
    for (const { resource, action, error } of failures)
      logger.error({ resource, module, action, error }, "an output could not be made safe");
    const resources = outcomes.map(({ name }) => name);
    const took = millis(Math.max(0, ...outcomes.map(({ doneAt }) => doneAt - at)));
    logger.warn({ module, resources, took_ms: Math.round(took * 10) / 10 }, "the module is gone: outputs were driven to their safe levels");
    onReport?.({ module, resources, took, failures });
  }

  #save(): void {
    const { clock, save } = this.#ports;
    if (save === undefined || this.#isSaveDue) return;
    this.#isSaveDue = true;
    const write = (): void => {
      this.#isSaveDue = false;
      const steps = [...this.#known].map(([name, actions]) => [name, this.#withoutBoards(actions)] as const);
      save(new Map(steps.filter(([, actions]) => actions.length > 0)));
    };
    clock.after(SAVE_AFTER, write, { unref: true });
  }
}

interface Outcome {
  readonly failures: readonly UnsafeOutput[];
  readonly doneAt: Millis;
}

function keyOf({ module, incarnation }: Pick<ModuleRun, "module" | "incarnation">): string {
  return `${module}#${incarnation}`;
}

function unsafe(resource: ResourceName, action: SafeAction, error: string): UnsafeOutput {
  return { resource, action: describeAction(action), error };
}
