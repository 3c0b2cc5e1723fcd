/**
 * What to do next for one resource, from what is wanted and what is. Pure: looks, decides, changes nothing.
 * The reconciler acts and asks again until nothing is left to do.
 */
import { formatModel } from "../resource/model.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { ModuleRun } from "./module-run.js";
import type { Choice } from "./module-table.js";
import type { ResourceNode, UsedBuilds } from "./resource-node.js";
import { cycleText, dependenciesText, moduleNames, modulesText, noModuleText, unresolvedText } from "./wait-texts.js";

export type Decision =
  /** All is as wanted. */
  | { readonly kind: "rest" }
  /** It lacks only what it wishes for and what depends on it in turn: that is mended when everything below it is calm. */
  | { readonly kind: "linger" }
  /** Nobody wants it and nothing of it is left. */
  | { readonly kind: "forget" }
  /** The last attempt failed; the next one has its time. */
  | { readonly kind: "hold" }
  /** It is to go, after those that use it. */
  | { readonly kind: "await-dependents" }
  /** `isReplaced`: only to be added again. */
  | { readonly kind: "remove"; readonly run: ModuleRun; readonly isReplaced: boolean }
  | { readonly kind: "validate"; readonly run: ModuleRun }
  | ({ readonly kind: "build"; readonly method: "add" | "reconfigure"; readonly run: ModuleRun } & Uses)
  /** Optional dependencies are being built: it is worth a moment. */
  | { readonly kind: "defer"; readonly waitsFor: readonly string[] }
  /** `isPassing`: what it waits for is on its way. */
  | { readonly kind: "wait"; readonly isPassing: boolean; readonly waitsFor: readonly string[]; readonly error: string };

/** Builds of the dependencies that are passed on. */
export interface Uses {
  readonly required: UsedBuilds;
  readonly optional: UsedBuilds;
}

/** What else there is, as far as a decision needs it. */
export interface Surroundings {
  readonly isClosing: boolean;
  node(name: ResourceName): ResourceNode | undefined;
  choose(node: ResourceNode): Choice;
  /** Whether an instance, or a build in flight, requires this one. */
  isUsed(node: ResourceNode): boolean;
  /** Whether `from` depends on `to` in any way. */
  reaches(from: ResourceName, to: ResourceName): boolean;
  /** Whether nothing is being done, or about to be done, for anything that it depends on in any way. */
  isCalmBelow(node: ResourceNode): boolean;
  /** Why it does not get the hardware that it claims; undefined when it does, or claims none. */
  refusal(node: ResourceNode): string | undefined;
  /** What it runs with belongs to another, as turned out since it was built. */
  isDisplaced(node: ResourceNode): boolean;
  /** Something that it has from an earlier config now belongs to another. */
  mustLetGo(node: ResourceNode): boolean;
  /** Those that still have something that now belongs to it. */
  holdersOf(node: ResourceNode): readonly ResourceNode[];
  shortest(name: ResourceName): string;
}

/** How far dependents may count on a resource. */
export type Standing = "ready" | "coming" | "down";

function standingOf(node: ResourceNode | undefined): Standing {
  if (node?.state.kind === "ready") return "ready";
  return node?.state.kind === "configuring" ? "coming" : "down";
}

/** Whether the config itself, and not what happens at run time, keeps the resource from being built. */
export function isImpossible(node: ResourceNode, around: Surroundings): boolean {
  if (node.config === undefined) return node.invalid !== undefined;
  if (node.unresolved.length > 0 || node.cycle !== undefined) return true;
  return node.required.some(({ name }) => around.node(name)?.isImpossible === true);
}

export function planNode(node: ResourceNode, around: Surroundings): Decision {
  const { instance, remainder } = node;
  const isWanted = node.config !== undefined && !around.isClosing;
  if (instance !== undefined) {
    if (!isWanted || node.isImpossible || instance.run.isEvicted || around.isDisplaced(node)) return leave(node, around);
    const next = planBuild(node, around);
    return isForsaken(node, around) && !replaces(next) ? leave(node, around) : next;
  }
  const next = isWanted ? planWanted(node, around) : planUnwanted(node, around);
  if (remainder === undefined || (next.kind !== "wait" && next.kind !== "forget")) return next;
  if (isRemovalHeld(node)) return next.kind === "forget" ? { kind: "hold" } : next;
  if (around.isUsed(node)) return isWanted ? next : { kind: "await-dependents" };
  return { kind: "remove", run: remainder, isReplaced: true };
}

function leave(node: ResourceNode, around: Surroundings): Decision {
  if (node.instance === undefined) return { kind: "rest" };
  return around.isUsed(node) ? { kind: "await-dependents" } : { kind: "remove", run: node.instance.run, isReplaced: false };
}

/** Something that the instance requires is gone for good or failed. */
function isForsaken({ instance }: ResourceNode, around: Surroundings): boolean {
  for (const name of instance?.required.keys() ?? []) if (standingOf(around.node(name)) === "down") return true;
  return false;
}

/** The decision leads to an instance that may do without what the present one has lost. */
function replaces({ kind }: Decision): boolean {
  return kind === "validate" || kind === "build" || kind === "remove";
}

function planUnwanted(node: ResourceNode, around: Surroundings): Decision {
  if (node.invalid === undefined || around.isClosing) return { kind: "forget" };
  return { kind: "wait", isPassing: false, waitsFor: [], error: node.invalid };
}

function planWanted(node: ResourceNode, around: Surroundings): Decision {
  return node.isImpossible ? planImpossible(node, around) : planBuild(node, around);
}

/** Its module is asked all the same, once: what it needs besides is worth knowing. */
function planImpossible(node: ResourceNode, around: Surroundings): Decision {
  const choice = around.choose(node);
  if (choice.kind === "ready" && node.validation?.version !== node.version && !isHeld(node, choice.run, around)) {
    return { kind: "validate", run: choice.run };
  }
  return blockedByConfig(node, around);
}

function blockedByConfig(node: ResourceNode, around: Surroundings): Decision {
  const shared = { kind: "wait", isPassing: false } as const;
  if (node.cycle !== undefined) {
    const others = node.cycle.filter((name) => name !== node.name).map(around.shortest);
    return { ...shared, waitsFor: [...new Set(others)], error: cycleText(node.cycle, around.shortest) };
  }
  if (node.unresolved.length > 0) {
    return { ...shared, waitsFor: node.unresolved.map(({ written }) => written), error: unresolvedText(node.unresolved) };
  }
  return waitForDependencies(node, around) ?? { kind: "rest" };
}

/** For a resource that can be built as far as its config goes: the next step towards an instance that is as wanted. */
function planBuild(node: ResourceNode, around: Surroundings): Decision {
  const { instance, config } = node;
  const choice = around.choose(node);
  if (choice.kind !== "ready") {
    // What runs as wanted may go on in a module that is about to leave.
    return instance?.version === node.version ? { kind: "rest" } : waitForModule(node, choice);
  }
  const { run } = choice;
  if (isCurrent(node, run, around)) {
    const waiting = waitForUsed(node, around);
    if (waiting !== undefined || !lacksCompanion(node, around)) return waiting ?? { kind: "rest" };
    if (!around.isCalmBelow(node)) return { kind: "linger" };
  }
  if (isHeld(node, run, around)) return { kind: "hold" };
  if (!hasFreshValidation(node, run)) return waitAsBefore(node, run, around) ?? { kind: "validate", run };
  const refused = refuse(node, around);
  if (refused !== undefined) return refused;
  if (instance !== undefined && around.mustLetGo(node)) return { kind: "remove", run: instance.run, isReplaced: true };
  const waiting = waitForDependencies(node, around) ?? deferForOptional(node, around) ?? waitForHolders(node, around);
  if (waiting !== undefined) return waiting;
  const isSameModel = instance !== undefined && config !== undefined && formatModel(instance.config.model) === formatModel(config.model);
  const uses = usesOf(node, around);
  if (instance?.run === run && isSameModel && !run.lacksReconfigure) return { kind: "build", method: "reconfigure", run, ...uses };
  if (instance !== undefined) return { kind: "remove", run: instance.run, isReplaced: true };
  if (node.remainder !== undefined) {
    return isRemovalHeld(node) ? { kind: "hold" } : { kind: "remove", run: node.remainder, isReplaced: true };
  }
  return { kind: "build", method: "add", run, ...uses };
}

function hasFreshValidation({ validation, isValidationSpent, version }: ResourceNode, run: ModuleRun): boolean {
  return validation !== undefined && !isValidationSpent && validation.version === version && validation.run === run;
}

/** What may be left in a process could not be removed just now. */
function isRemovalHeld({ failure, remainder, isRetryDue }: ResourceNode): boolean {
  return failure?.kind === "remove" && failure.run === remainder && !isRetryDue;
}

/** The process said before what this config needs, and that is not there: no need to ask again now. */
function waitAsBefore(node: ResourceNode, run: ModuleRun, around: Surroundings): Decision | undefined {
  if (node.validation?.version !== node.version || node.validation.run !== run) return undefined;
  return refuse(node, around) ?? waitForDependencies(node, around);
}

/** Another resource has the hardware. Nothing to wait for: as far as the config goes, it keeps it. */
function refuse(node: ResourceNode, around: Surroundings): Decision | undefined {
  const refusal = around.refusal(node);
  return refusal === undefined ? undefined : { kind: "wait", isPassing: false, waitsFor: [], error: refusal };
}

/** The hardware is its own, but what ran with it before is not gone yet. */
function waitForHolders(node: ResourceNode, around: Surroundings): Decision | undefined {
  const holders = around.holdersOf(node);
  if (holders.length === 0) return undefined;
  const waitsFor = holders.map(({ name }) => around.shortest(name));
  const isPassing = holders.every(({ state }) => state.kind === "configuring" || state.kind === "removing");
  const error = isPassing ? "" : `waits for ${waitsFor.join(", ")} to let go of hardware that its new config no longer claims`;
  return { kind: "wait", isPassing, waitsFor, error };
}

/** Nothing changed since the last failure that might help. */
function isHeld(node: ResourceNode, run: ModuleRun, around: Surroundings): boolean {
  const { failure } = node;
  if (failure === undefined || node.isRetryDue || failure.version !== node.version || failure.run !== run) return false;
  return !node.required.some(({ name }) => (around.node(name)?.instance?.build ?? 0) > failure.build);
}

/** What runs was built from the wanted config, where it belongs, with the dependencies as they are now. */
function isCurrent(node: ResourceNode, run: ModuleRun, around: Surroundings): boolean {
  const { instance } = node;
  if (instance === undefined || instance.run !== run || instance.version !== node.version) return false;
  if (instance.required.size !== node.required.length) return false;
  for (const { name } of node.required) {
    const used = instance.required.get(name);
    if (used === undefined) return false;
    const dependency = around.node(name);
    if (standingOf(dependency) === "ready" && dependency?.instance?.build !== used) return false;
  }
  const wished = new Set(node.optional.map(({ name }) => name));
  for (const name of instance.optional.keys()) if (!wished.has(name)) return false;
  return node.optional.every(({ name }) => isCurrentOptional(node, name, around));
}

function isCurrentOptional(node: ResourceNode, name: ResourceName, around: Surroundings): boolean {
  const used = node.instance?.optional.get(name);
  const dependency = around.node(name);
  switch (standingOf(dependency)) {
    case "ready":
      // Two that wish for one another would rebuild each other for ever.
      return dependency?.instance?.build === used || around.reaches(name, node.name);
    case "coming":
      return used !== undefined || !isThere(dependency) || around.reaches(name, node.name);
    case "down":
      return used === undefined;
  }
}

/** It was built without something that it wishes for, that is there and that depends on it in turn. */
function lacksCompanion({ name: own, instance, optional }: ResourceNode, around: Surroundings): boolean {
  return optional.some(({ name }) => !instance?.optional.has(name) && isThere(around.node(name)) && around.reaches(name, own));
}

/** It can be used, even if it waits to be rebuilt; perhaps it does so because it depends on the very node that asks. */
function isThere(node: ResourceNode | undefined): boolean {
  return node?.instance !== undefined && node.call === undefined && standingOf(node) !== "down";
}

function usesOf(node: ResourceNode, around: Surroundings): Uses {
  const required = new Map<ResourceName, number>();
  const optional = new Map<ResourceName, number>();
  for (const { name } of node.required) required.set(name, around.node(name)?.instance?.build ?? 0);
  for (const { name } of node.optional) {
    const dependency = around.node(name);
    if (isThere(dependency)) optional.set(name, dependency?.instance?.build ?? 0);
  }
  return { required, optional };
}

/** The instance is as wanted, but one that it requires is being rebuilt: it will be as well. */
function waitForUsed({ instance }: ResourceNode, around: Surroundings): Decision | undefined {
  const coming: string[] = [];
  for (const name of instance?.required.keys() ?? []) {
    if (standingOf(around.node(name)) === "coming") coming.push(around.shortest(name));
  }
  return coming.length === 0 ? undefined : { kind: "wait", isPassing: true, waitsFor: coming, error: "" };
}

function waitForDependencies(node: ResourceNode, around: Surroundings): Decision | undefined {
  const missing = node.required.filter(({ name }) => standingOf(around.node(name)) !== "ready");
  if (missing.length === 0) return undefined;
  const isPassing = missing.every(({ name }) => isOnItsWay(around.node(name)));
  const waitsFor = missing.map(({ written }) => written);
  const error = isPassing ? "" : dependenciesText(missing.map(({ written, name }) => ({ written, node: around.node(name) })));
  return { kind: "wait", isPassing, waitsFor, error };
}

/** It will be ready unless something goes wrong, if only after it was removed. */
function isOnItsWay(node: ResourceNode | undefined): boolean {
  if (standingOf(node) === "coming") return true;
  return node?.state.kind === "removing" && node.config !== undefined && !node.isImpossible;
}

function deferForOptional(node: ResourceNode, around: Surroundings): Decision | undefined {
  if (node.isDeferralOver) return undefined;
  const imminent = node.optional.filter(({ name }) => {
    const dependency = around.node(name);
    if (dependency === undefined || standingOf(dependency) !== "coming" || around.choose(dependency).kind !== "ready") return false;
    return !around.reaches(name, node.name);
  });
  return imminent.length === 0 ? undefined : { kind: "defer", waitsFor: imminent.map(({ written }) => written) };
}

function waitForModule(node: ResourceNode, choice: Choice & { readonly kind: "coming" | "none" }): Decision {
  if (choice.kind === "coming") {
    return { kind: "wait", isPassing: true, waitsFor: moduleNames(choice.modules), error: modulesText(choice.modules) };
  }
  const { offering, unready } = choice;
  if (offering.length > 0) {
    return { kind: "wait", isPassing: false, waitsFor: moduleNames(offering), error: modulesText(offering) };
  }
  return { kind: "wait", isPassing: false, waitsFor: moduleNames(unready), error: noModuleText(node, unready) };
}
