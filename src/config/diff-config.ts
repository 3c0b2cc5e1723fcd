/** What differs between two configs. Pure; its cost grows with their size, and comparing equal ones gives nothing. */
import { isEqualJson } from "../base/json.js";
import { formatModel } from "../resource/model.js";
import type { ResourceName } from "../resource/resource-name.js";
import type { MachineConfig, ModuleConfig, ResourceConfig } from "./machine-config.js";

interface SetDiff<K> {
  readonly added: readonly K[];
  readonly changed: readonly K[];
  readonly removed: readonly K[];
  readonly unchangedCount: number;
}

export interface ConfigDiff {
  readonly resources: SetDiff<ResourceName>;
  readonly modules: SetDiff<string>;
  /** Associated configs (`service_configs`) of a resource changed; the resource itself did not. */
  readonly associated: readonly ResourceName[];
  readonly network: boolean;
  readonly auth: boolean;
  /** Patterns, the debug flag, de-duplication or the level of a resource. */
  readonly log: boolean;
  /** Messages of invalid entries: what status says changes, nothing else. */
  readonly invalid: boolean;
  readonly dormant: boolean;
  readonly revision: boolean;
  readonly isEmpty: boolean;
}

export function diffConfig(current: MachineConfig, next: MachineConfig): ConfigDiff {
  const resources = diffMaps(current.resources, next.resources, isEqualResourceConfig);
  const modules = diffMaps(current.modules, next.modules, isEqualModuleConfig);
  const associated = [...next.resources.values()].filter((config) => {
    const before = current.resources.get(config.name)?.associatedConfigs ?? [];
    return before !== config.associatedConfigs && !isEqualJson(before, config.associatedConfigs);
  });
  const network = !isEqualJson(current.network, next.network);
  const auth = !isEqualJson(current.apiKeys, next.apiKeys) || (current.isAuthRequired ?? false) !== (next.isAuthRequired ?? false);
  const log =
    current.isDebug !== next.isDebug ||
    current.isLogDeduplicated !== next.isLogDeduplicated ||
    !isEqualJson(current.logPatterns, next.logPatterns) ||
    [...resources.added, ...resources.changed, ...resources.removed].some(
      (name) => current.resources.get(name)?.logLevel !== next.resources.get(name)?.logLevel,
    );
  const invalid = !isEqualMap(current.invalidResources, next.invalidResources) || !isEqualMap(current.invalidModules, next.invalidModules);
  const dormant = !isEqualJson(current.dormant, next.dormant);
  const revision = current.revision !== next.revision;
  const flags = { network, auth, log, invalid, dormant, revision };
  const isEmpty = isEmptySet(resources) && isEmptySet(modules) && associated.length === 0 && !Object.values(flags).includes(true);
  return { resources, modules, associated: associated.map((config) => config.name), ...flags, isEmpty };
}

/** Associated configs do not count: they concern the service they are for. */
export function isEqualResourceConfig(a: ResourceConfig, b: ResourceConfig): boolean {
  if (a === b) return true;
  return (
    a.name === b.name &&
    a.logLevel === b.logLevel &&
    formatModel(a.model) === formatModel(b.model) &&
    isEqualJson(a.dependsOn, b.dependsOn) &&
    isEqualJson(a.frame, b.frame) &&
    isEqualJson(a.attributes, b.attributes)
  );
}

export function isEqualModuleConfig(a: ModuleConfig, b: ModuleConfig): boolean {
  if (a === b) return true;
  return (
    a.name === b.name &&
    a.executablePath === b.executablePath &&
    a.type === b.type &&
    a.moduleId === b.moduleId &&
    a.logLevel === b.logLevel &&
    a.isTcp === b.isTcp &&
    a.firstRunTimeout === b.firstRunTimeout &&
    a.isBuiltin === b.isBuiltin &&
    isEqualJson(a.limits, b.limits) &&
    isEqualJson(a.env, b.env)
  );
}

function diffMaps<K, V>(current: ReadonlyMap<K, V>, next: ReadonlyMap<K, V>, isEqual: (a: V, b: V) => boolean): SetDiff<K> {
  const added: K[] = [];
  const changed: K[] = [];
  let unchangedCount = 0;
  for (const [name, config] of next) {
    const before = current.get(name);
    if (before === undefined) added.push(name);
    else if (isEqual(before, config)) unchangedCount += 1;
    else changed.push(name);
  }
  const removed = [...current.keys()].filter((name) => !next.has(name));
  return { added, changed, removed, unchangedCount };
}

function isEmptySet(diff: SetDiff<unknown>): boolean {
  return diff.added.length === 0 && diff.changed.length === 0 && diff.removed.length === 0;
}

function isEqualMap<K>(a: ReadonlyMap<K, string>, b: ReadonlyMap<K, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
