/** All that the machine does about hardware, for the reconciler: leases before a build, safe levels after an end. Costs nothing while no resource needs any. */
import type { Clock } from "../base/clock.js";
import { isEqualJson } from "../base/json.js";
import type { Logger } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { HardwareNeeds } from "../resource/hardware-needs.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { DirectAction, SafeExecutor } from "../resource/safe-action.js";
import { LeaseBook } from "./lease-book.js";
import { BOARD_API, boardName } from "./leases.js";
import type { ModuleRun } from "./module-run.js";
import type { ResourceNode } from "./resource-node.js";
import type { ResourceTable } from "./resource-table.js";
import { SafetyNet, type SafetyReport } from "./safety-net.js";

/** What the machine needs of the outside to look after hardware; each part may be missing. */
export interface HardwarePorts {
  /** Drives outputs without a module. */
  readonly executor?: SafeExecutor;
  /** Keeps what makes the machine safe should the supervisor be killed. Called when it changed. */
  readonly saveSafeLevels?: (steps: ReadonlyMap<ResourceName, readonly DirectAction[]>) => void;
  /** The path that all links to a serial port lead to. */
  readonly canonicalPort?: (port: string) => string;
  readonly onSafetyReport?: (report: SafetyReport) => void;
}

export interface MachineHardwareOptions extends HardwarePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resources: ResourceTable;
  /** The resource is to be looked at again. */
  readonly touch: (node: ResourceNode) => void;
}

const NO_ACTIONS: NonNullable<HardwareNeeds["safe"]> = [];

export class MachineHardware {
  readonly leases: LeaseBook;
  readonly #net: SafetyNet;
  readonly #resources: ResourceTable;

  constructor({ clock, logger, resources, touch, executor, saveSafeLevels, onSafetyReport, canonicalPort }: MachineHardwareOptions) {
    this.#resources = resources;
    this.leases = new LeaseBook(touch, canonicalPort);
    this.#net = new SafetyNet({
      clock,
      logger,
      executor,
      save: saveSafeLevels,
      onReport: onSafetyReport,
      meaningOf: (board, pin) => this.leases.meaningOf(board, pin),
      boardRun: (board) => this.#boardRun(board),
      isElsewhere: (name, module, incarnation) => this.#isElsewhere(name, module, incarnation),
    });
  }

  /** What a module said just now, as the same object where it says the same as before. */
  reuse(node: ResourceNode, needs: HardwareNeeds | undefined): HardwareNeeds | undefined {
    if (needs === undefined) return undefined;
    const known = [node.validation?.hardware, node.instance?.validation.hardware];
    return known.find((before) => isEqualJson(before, needs)) ?? needs;
  }

  validated(node: ResourceNode): void {
    this.#net.prepare(node.validation?.hardware?.safe ?? NO_ACTIONS);
  }

  /** It is about to be removed, only to be built again. */
  replacing(node: ResourceNode): void {
    this.leases.building(node);
  }

  building(node: ResourceNode, run: ModuleRun): void {
    this.leases.building(node);
    const actions = node.validation?.hardware?.safe ?? NO_ACTIONS;
    // Again: only by now all boards have said what stands behind their pins.
    this.#net.prepare(actions);
    this.#net.building(node.name, run, actions);
  }

  built(node: ResourceNode, run: ModuleRun): void {
    this.leases.built(node);
    this.#net.built(node.name, run, node.instance?.validation.hardware?.safe ?? NO_ACTIONS);
  }

  notBuilt(node: ResourceNode): void {
    this.leases.notBuilt(node);
  }

  removed(node: ResourceNode, run: ModuleRun): void {
    this.#net.removed(node.name, run);
  }

  forget(node: ResourceNode): void {
    this.leases.forget(node);
    this.#net.forget(node.name);
  }

  onExit(module: string, incarnation: number, at: Millis): void {
    this.#net.onExit(module, incarnation, at);
  }

  #boardRun(board: string): { readonly name: ResourceName; readonly run: ModuleRun } | undefined {
    for (const name of this.#resources.names.find(boardName(board))) {
      const node = this.#resources.get(name);
      if (node?.api === BOARD_API && node.instance !== undefined) return { name, run: node.instance.run };
    }
    return undefined;
  }

  #isElsewhere(name: ResourceName, module: string, incarnation: number): boolean {
    const node = this.#resources.get(name);
    const runs = [node?.instance?.run, node?.call?.kind === "build" ? node.call.run : undefined];
    return runs.some((run) => run !== undefined && (run.module !== module || run.incarnation !== incarnation));
  }
}
