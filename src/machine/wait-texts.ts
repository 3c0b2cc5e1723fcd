/** Sentences that say what a resource waits for and why. */
import { formatModel } from "../resource/model.js";
import type { UnresolvedName } from "../resource/resolve-dependencies.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { HostedModule } from "./hosted-module.js";
import type { ResourceNode } from "./resource-node.js";

export function cycleText(cycle: readonly ResourceName[], shortest: (name: ResourceName) => string): string {
  return `dependency cycle: ${cycle.map(shortest).join(" -> ")}; none of them is built until one of these dependencies is taken out`;
}

export function unresolvedText(unresolved: readonly UnresolvedName[]): string {
  return unresolved.map(({ written, message }) => `waits for "${written}": ${message}`).join("; ");
}

export interface MissingDependency {
  readonly written: string;
  readonly node: ResourceNode | undefined;
}

export function dependenciesText(missing: readonly MissingDependency[]): string {
  return missing.map(({ written, node }) => `waits for "${written}", which ${conditionText(node)}`).join("; ");
}

function conditionText(node: ResourceNode | undefined): string {
  const state = node?.state;
  if (node === undefined || state === undefined) return "does not exist";
  if (node.cycle !== undefined) return "is part of a dependency cycle";
  switch (state.kind) {
    case "unhealthy":
      // One step of the chain is enough: the next resource tells the next one.
      return state.waitsFor.length > 0 ? `itself waits for ${state.waitsFor.join(", ")}` : `failed: ${state.error}`;
    case "removing":
      return "is being removed";
    case "unconfigured":
    case "configuring":
      return "is not built yet";
    case "ready":
      return "is ready";
  }
}

export function moduleNames(modules: readonly HostedModule[]): readonly string[] {
  return modules.map(({ name }) => `module ${name}`);
}

export function modulesText(modules: readonly HostedModule[]): string {
  return modules.map((module) => `module "${module.name}" is not ready: ${module.cause}`).join("; ");
}

const BUILT_IN = "rdk:builtin:";

export function noModuleText(node: ResourceNode, unready: readonly HostedModule[]): string {
  const model = node.config === undefined ? "" : formatModel(node.config.model);
  const start = `no module offers the model ${model} of ${node.api}`;
  if (unready.length > 0) return `${start}; it may be in one that is not ready: ${modulesText(unready)}`;
  if (!model.startsWith(BUILT_IN)) return `${start}: check its spelling, or add the module that has it to "modules"`;
  return `${start}: what is called ${BUILT_IN}… ships with the supervisor, and Pinion has no such model (its README lists those it has); check its spelling, or add a module for such hardware to "modules" and name its model here`;
}
