/**
 * Makes what runs be what is wanted: looks at every resource for which something changed, decides with planNode, acts, and looks again.
 * Restarts, half-done work and recovery are the same path. Only this file changes a node's state.
 */
import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";
import { type NodeEvent, type NodeState, transition } from "../resource/node-state.js";
import type { ResourceName } from "../resource/resource-name.js";
import { type HardwarePorts, MachineHardware } from "./machine-hardware.js";
import type { CallLane, ModuleRun } from "./module-run.js";
import type { Choice, ModuleTable } from "./module-table.js";
import { NodeCalls } from "./node-calls.js";
import { performEffects } from "./node-effects.js";
import { type Decision, isImpossible, planNode, type Surroundings } from "./plan-node.js";
import type { ResourceNode } from "./resource-node.js";
import { ResourceTable } from "./resource-table.js";

/** How long a resource waits for optional dependencies that are being built before it is built without. */
const DEFERRAL: Millis = seconds(1);

export interface ReconcilerOptions extends HardwarePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly modules: ModuleTable;
  readonly buildLimit: Millis;
  /** What status shows of a resource changed. Called often: marks, does nothing. */
  readonly onChanged: () => void;
  /** A resource that nobody wants is gone. */
  readonly onForgotten: () => void;
  /** Before the resources are looked at. */
  readonly onRoundStart: () => void;
  /** After everything that could be done at once was done. */
  readonly onRoundEnd: () => void;
  /** A process holds one resource less. */
  readonly onReleased: (run: ModuleRun) => void;
}

export class Reconciler implements Surroundings {
  readonly resources: ResourceTable;
  readonly hardware: MachineHardware;
  isClosing = false;
  readonly #options: ReconcilerOptions;
  readonly #dirty = new Set<ResourceNode>();
  readonly #deferred = new Set<ResourceNode>();
  readonly #lingering = new Set<ResourceNode>();
  #isScheduled = false;
  readonly #calls: NodeCalls;
  #onEmpty: (() => void) | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.resources = new ResourceTable((node) => this.touch(node));
    this.hardware = new MachineHardware({ ...options, resources: this.resources, touch: (node) => this.touch(node) });
    this.#calls = new NodeCalls({
      ...options,
      resources: this.resources,
      hardware: this.hardware,
      send: (node, event) => this.send(node, event),
      changed: (node) => this.changed(node),
      look: (node) => this.#look(node),
      touchDependents: (node) => this.#touchDependents(node),
      schedule: () => this.schedule(),
    });
  }

  /** Nothing to look at and nothing deferred; calls in flight are known by the lanes. */
  get isQuiet(): boolean {
    return this.#dirty.size === 0 && this.#deferred.size === 0 && !this.#isScheduled;
  }

  /** Looks at the resource in the next round. */
  touch(node: ResourceNode): void {
    this.hardware.leases.note(node);
    this.#dirty.add(node);
    this.schedule();
  }

  /** Makes a round happen, also when no resource is to be looked at. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#round());
  }

  /** What status shows of the resource changed. */
  changed(node: ResourceNode): void {
    node.statusCache = undefined;
    this.#options.onChanged();
    this.schedule();
  }

  send(node: ResourceNode, event: NodeEvent): void {
    const before = node.state;
    const { state, effects } = transition(before, event);
    if (state !== before) {
      node.state = state;
      if (state.kind !== before.kind) node.since = this.#options.clock.wall();
      this.changed(node);
      if (isNews(before, state)) this.#touchDependents(node);
    }
    performEffects(node, effects, { ...this.#options, touch: () => this.touch(node) });
  }

  /** The process is gone, and all that was in it. */
  lose(run: ModuleRun): void {
    run.isAlive = false;
    for (const node of [...run.nodes]) {
      if (node.call?.run === run) this.#abandonCall(node);
      if (node.remainder === run) node.remainder = undefined;
      if (node.instance?.run === run) node.instance = undefined;
      this.resources.setUses(node);
      this.send(node, { kind: "lost" });
      this.changed(node);
      this.touch(node);
      this.#touchDependents(node);
    }
    run.nodes.clear();
  }

  /** Waits no longer for builds in a process that is about to end: their results no longer matter. */
  abandonBuilds(run: ModuleRun): void {
    for (const node of [...run.nodes]) {
      if (node.call?.run !== run || node.call.kind === "remove") continue;
      this.#abandonCall(node);
      if (node.instance?.run !== run) run.nodes.delete(node);
      this.resources.setUses(node);
      this.touch(node);
    }
  }

  /** Removes everything and builds nothing any more. `onEmpty`: nothing runs and no call is in flight. */
  close(onEmpty: () => void): void {
    this.isClosing = true;
    this.#onEmpty = onEmpty;
    for (const node of this.resources.nodes.values()) this.touch(node);
    this.schedule();
  }

  // What planNode asks for

  node = (name: ResourceName): ResourceNode | undefined => this.resources.get(name);
  choose = (node: ResourceNode): Choice => this.#options.modules.choose(node.pair, node.instance?.run);
  isUsed = (node: ResourceNode): boolean => this.resources.isUsed(node);
  reaches = (from: ResourceName, to: ResourceName): boolean => this.resources.graph.reaches(from, to);
  isCalmBelow = (node: ResourceNode): boolean => {
    for (const name of this.resources.graph.dependenciesOf(node.name)) {
      const below = this.resources.get(name);
      if (below === undefined || below === node) continue;
      if (below.call !== undefined || below.queuedIn !== undefined || below.state.kind === "configuring") return false;
    }
    return true;
  };
  refusal = (node: ResourceNode): string | undefined => this.hardware.leases.refusal(node);
  isDisplaced = (node: ResourceNode): boolean => this.hardware.leases.isDisplaced(node);
  mustLetGo = (node: ResourceNode): boolean => this.hardware.leases.mustLetGo(node);
  holdersOf = (node: ResourceNode): readonly ResourceNode[] => this.hardware.leases.holdersOf(node);
  shortest = (name: ResourceName): string => this.resources.names.shortest(name);

  #round(): void {
    this.#isScheduled = false;
    this.#options.onRoundStart();
    this.hardware.leases.settle();
    this.#lookAtDirty();
    for (const node of this.#lingering) this.#dirty.add(node);
    this.#lookAtDirty();
    // What was let go meanwhile may be what another waits for.
    this.hardware.leases.settle();
    this.#lookAtDirty();
    this.#options.onRoundEnd();
    if (this.#onEmpty !== undefined && this.#isEmpty()) this.#onEmpty();
  }

  #isEmpty(): boolean {
    for (const { instance, call } of this.resources.nodes.values()) if (instance !== undefined || call !== undefined) return false;
    return true;
  }

  #lookAtDirty(): void {
    for (const node of this.#dirty) {
      this.#dirty.delete(node);
      this.#look(node);
    }
  }

  #touchDependents(node: ResourceNode): void {
    for (const dependent of this.resources.dependentsOf(node.name)) this.touch(dependent);
  }

  #look(node: ResourceNode): void {
    this.hardware.leases.note(node);
    if (node.call !== undefined || this.resources.get(node.name) !== node) return;
    try {
      const wasImpossible = node.isImpossible;
      node.isImpossible = isImpossible(node, this);
      if (node.isImpossible !== wasImpossible) this.#touchDependents(node);
      this.#leaveQueues(node);
      this.#act(node, planNode(node, this));
    } catch (error) {
      this.#options.logger.error({ resource: node.name, error: messageOf(error) }, "resource could not be planned");
    }
  }

  #act(node: ResourceNode, decision: Decision): void {
    if (decision.kind !== "defer") this.#endDeferral(node);
    if (decision.kind === "linger") this.#lingering.add(node);
    else this.#lingering.delete(node);
    switch (decision.kind) {
      case "rest":
      case "linger":
        if (node.instance === undefined) return;
        node.revision = node.wantedRevision;
        this.send(node, { kind: "confirmed" });
        return;
      case "forget":
        this.#forget(node);
        return;
      case "hold":
        return;
      case "await-dependents":
        this.send(node, { kind: "removal-started" });
        return;
      case "remove":
        this.#announce(node, decision.isReplaced || node.instance === undefined ? "build" : "removal");
        this.#queue(node, decision.run.removals, () => this.#calls.remove(node, decision));
        return;
      case "validate":
        // A retry of what was refused shows only when it succeeds.
        if (node.instance === undefined || node.failure === undefined) this.#announce(node, "build");
        this.#queue(node, decision.run.builds, () => this.#calls.validate(node, decision.run));
        return;
      case "build":
        this.#announce(node, "build");
        this.#queue(node, decision.run.builds, () => this.#calls.build(node, decision));
        return;
      case "defer":
        this.#announce(node, "build", decision.waitsFor);
        this.#defer(node);
        return;
      case "wait":
        this.#wait(node, decision);
    }
  }

  #announce(node: ResourceNode, what: "build" | "removal", waitsFor: readonly string[] = []): void {
    if (what === "removal") this.send(node, { kind: "removal-started" });
    else if (node.instance !== undefined) this.send(node, { kind: "outdated", waitsFor });
    else if (node.config !== undefined) this.send(node, { kind: "waits", waitsFor });
  }

  #wait(node: ResourceNode, { isPassing, waitsFor, error }: Decision & { readonly kind: "wait" }): void {
    if (isPassing) this.#announce(node, "build", waitsFor);
    else if (node.instance !== undefined) this.send(node, { kind: "kept", notice: error, waitsFor });
    else this.send(node, { kind: "blocked", error, waitsFor });
  }

  #defer(node: ResourceNode): void {
    if (node.deferral !== undefined) return;
    this.#deferred.add(node);
    const end = (): void => {
      node.isDeferralOver = true;
      this.touch(node);
    };
    node.deferral = this.#options.clock.after(DEFERRAL, end, { unref: true });
  }

  #endDeferral(node: ResourceNode): void {
    node.deferral?.cancel();
    node.deferral = undefined;
    this.#deferred.delete(node);
  }

  #forget(node: ResourceNode): void {
    node.retry?.cancel();
    // While closing, what is wanted stays known: status still tells of it.
    if (node.config !== undefined || node.invalid !== undefined) return;
    this.resources.delete(node);
    this.hardware.forget(node);
    this.changed(node);
    this.#options.onForgotten();
    this.#touchDependents(node);
  }

  // Calls

  #abandonCall(node: ResourceNode): void {
    if (node.call?.kind === "build") this.hardware.notBuilt(node);
    node.call = undefined;
  }

  #queue(node: ResourceNode, lane: CallLane, start: () => void): void {
    if (lane.hasRoom) {
      start();
      return;
    }
    lane.waiting.add(node);
    node.queuedIn = lane;
  }

  #leaveQueues(node: ResourceNode): void {
    if (node.queuedIn === undefined) return;
    node.queuedIn.waiting.delete(node);
    node.queuedIn = undefined;
  }
}

/** Others may plan differently because of it. */
function isNews(before: NodeState, after: NodeState): boolean {
  if (before.kind !== after.kind) return true;
  if (before.kind !== "unhealthy" || after.kind !== "unhealthy") return false;
  return before.error !== after.error || before.waitsFor !== after.waitsFor;
}
