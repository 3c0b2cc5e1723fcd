/** Makes the calls for one resource that the reconciler decided on, and takes their outcome over. */
import type { Clock } from "../base/clock.js";
import { isPinionError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";
import type { NodeEvent } from "../resource/node-state.js";
import { type CallOutcome, callModule } from "./call-module.js";
import type { MachineHardware } from "./machine-hardware.js";
import type { ModuleRun } from "./module-run.js";
import type { Decision } from "./plan-node.js";
import type { Instance, NodeCall, ResourceNode } from "./resource-node.js";
import type { ResourceTable } from "./resource-table.js";

const VALIDATION_LIMIT: Millis = seconds(5);
const REMOVAL_LIMIT: Millis = seconds(30);

type CallUses = Pick<NodeCall, "required" | "hardware">;

const NO_USES: CallUses = { required: new Map(), hardware: undefined };

/** What calls need of the reconciler. */
export interface CallPort {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly buildLimit: Millis;
  readonly resources: ResourceTable;
  readonly hardware: MachineHardware;
  readonly send: (node: ResourceNode, event: NodeEvent) => void;
  readonly changed: (node: ResourceNode) => void;
  /** Decides and acts at once. */
  readonly look: (node: ResourceNode) => void;
  readonly touchDependents: (node: ResourceNode) => void;
  readonly schedule: () => void;
  readonly onReleased: (run: ModuleRun) => void;
}

export class NodeCalls {
  readonly #port: CallPort;
  #lastBuild = 0;

  constructor(port: CallPort) {
    this.#port = port;
  }

  validate(node: ResourceNode, run: ModuleRun): void {
    const { config, version } = node;
    if (config === undefined) return;
    this.#call(node, run, "validate", NO_USES, {
      limit: VALIDATION_LIMIT,
      work: () => run.calls.validate(config),
      done: ({ required, optional, hardware }) => {
        node.validation = { version, run, required, optional, hardware: this.#port.hardware.reuse(node, hardware) };
        node.isValidationSpent = false;
        node.failure = undefined;
        this.#port.hardware.validated(node);
        this.#port.resources.resolve(node);
      },
      failed: (error) => this.#attemptFailed(node, run, version, error),
    });
  }

  build(node: ResourceNode, decision: Decision & { readonly kind: "build" }): void {
    const { config, version, validation, wantedRevision } = node;
    const { method, run, required, optional } = decision;
    if (config === undefined || validation === undefined) return;
    const { buildLimit, hardware } = this.#port;
    const dependencies = [...required.keys(), ...optional.keys()];
    const uses: CallUses = { required, hardware: validation.hardware };
    node.isValidationSpent = true;
    node.isDeferralOver = false;
    hardware.building(node, run);
    this.#call(node, run, "build", uses, {
      limit: buildLimit,
      work: () => run.calls[method](config, dependencies, buildLimit),
      done: () => {
        this.#lastBuild += 1;
        const { module, incarnation, address } = run;
        const route = { kind: "module", module, incarnation, address } as const;
        node.instance = { run, config, version, build: this.#lastBuild, required, optional, validation, route } satisfies Instance;
        node.remainder = undefined;
        node.failure = undefined;
        node.revision = wantedRevision;
        hardware.built(node, run);
        this.#port.send(node, { kind: "built" });
        this.#port.touchDependents(node);
      },
      failed: (error) => {
        if (isPinionError(error, "METHOD_UNIMPLEMENTED")) {
          run.lacksReconfigure = true;
          node.isValidationSpent = false;
          return;
        }
        node.instance = undefined;
        node.remainder = run;
        hardware.notBuilt(node);
        this.#attemptFailed(node, run, version, error);
      },
    });
  }

  remove(node: ResourceNode, { run, isReplaced }: Decision & { readonly kind: "remove" }): void {
    if (isReplaced && node.instance !== undefined) this.#port.hardware.replacing(node);
    const limit = run.removalLimit(REMOVAL_LIMIT, this.#port.clock.now());
    this.#call(node, run, "remove", NO_USES, {
      limit,
      work: () => run.calls.remove(node.name, limit),
      done: () => {
        if (node.failure?.kind === "remove") node.failure = undefined;
        this.#port.hardware.removed(node, run);
        this.#removed(node, run, undefined);
      },
      failed: (error) => {
        this.#port.logger.warn({ resource: node.name, module: run.module, error: messageOf(error) }, "resource could not be removed");
        this.#removed(node, run, run);
        this.#port.send(node, { kind: "removal-failed" });
        node.failure = { kind: "remove", version: node.version, run, build: this.#lastBuild };
      },
    });
  }

  #removed(node: ResourceNode, run: ModuleRun, remainder: ModuleRun | undefined): void {
    if (node.instance?.run === run) node.instance = undefined;
    node.remainder = remainder;
    if (node.config !== undefined) this.#port.send(node, { kind: "removed" });
    this.#port.changed(node);
    this.#port.onReleased(run);
  }

  #attemptFailed(node: ResourceNode, run: ModuleRun, version: number, error: unknown): void {
    // A module that is gone is not the resource's failure, and a config that is no longer wanted nobody's.
    if (isPinionError(error, "MODULE_NOT_READY") || version !== node.version) {
      if (node.instance === undefined) this.#port.send(node, { kind: "lost" });
      this.#port.send(node, { kind: "interrupted" });
    } else if (node.isImpossible) this.#port.send(node, { kind: "interrupted" });
    else if (node.instance === undefined) this.#port.send(node, { kind: "failed", error: messageOf(error) });
    else this.#port.send(node, { kind: "refused", notice: messageOf(error) });
    node.failure = { kind: "build", version, run, build: this.#lastBuild };
  }

  #call<T>(node: ResourceNode, run: ModuleRun, kind: NodeCall["kind"], uses: CallUses, outcome: CallOutcome<T>): void {
    const lane = kind === "remove" ? run.removals : run.builds;
    const call: NodeCall = { kind, run, ...uses };
    lane.enter();
    node.call = call;
    run.nodes.add(node);
    if (uses.required.size > 0) this.#port.resources.setUses(node);
    if (kind === "remove") this.#port.changed(node);
    callModule(this.#port.clock, `${kind} of ${node.name} in module "${run.module}"`, outcome, (settle) => {
      lane.leave();
      if (node.call === call) {
        node.call = undefined;
        settle();
        if (node.instance?.run !== run && node.remainder !== run) run.nodes.delete(node);
        this.#port.resources.setUses(node);
        // Goes on with this one, so that what was begun is ready before the next begins.
        this.#port.look(node);
      }
      while (lane.hasRoom) {
        const next = lane.next();
        if (next === undefined) break;
        next.queuedIn = undefined;
        this.#port.look(next);
      }
      this.#port.schedule();
    });
  }
}
