/** What runs goes on: entries that an edit broke keep the config they had before it. */
import type { MachineConfig, NetworkConfig, ParsedConfig } from "./machine-config.js";

/**
 * The config to act on. Invalid resources and modules keep their version in `previous` when it has one (and stay in `invalidResources` and
 * `invalidModules`, so that status can say so), bad keys of network, auth and flags keep their value. `previous` is the last config acted on.
 */
export function carryOver(previous: MachineConfig | undefined, parsed: ParsedConfig): MachineConfig {
  const { config, defaulted } = parsed;
  const isWhole = defaulted.size === 0 && config.invalidResources.size === 0 && config.invalidModules.size === 0;
  if (previous === undefined || isWhole) return config;
  const isAuthKept = defaulted.has("auth");
  const isAuthRequired = config.isAuthRequired === true || (isAuthKept && previous.isAuthRequired === true);
  const { isAuthRequired: _, ...rest } = config;
  return {
    ...rest,
    resources: defaulted.has("resources")
      ? withAll(config.resources, previous.resources, previous.resources.keys())
      : withAll(config.resources, previous.resources, config.invalidResources.keys()),
    modules: defaulted.has("modules")
      ? withAll(config.modules, previous.modules, previous.modules.keys())
      : withAll(config.modules, previous.modules, config.invalidModules.keys()),
    network: carryNetwork(previous.network, parsed),
    apiKeys: isAuthKept ? previous.apiKeys : config.apiKeys,
    ...(isAuthRequired && { isAuthRequired }),
    isDebug: defaulted.has("isDebug") ? previous.isDebug : config.isDebug,
    isLogDeduplicated: defaulted.has("isLogDeduplicated") ? previous.isLogDeduplicated : config.isLogDeduplicated,
  };
}

/** `current` and, of the `wanted` names it lacks, the entries that `previous` has. */
function withAll<K, V>(current: ReadonlyMap<K, V>, previous: ReadonlyMap<K, V>, wanted: Iterable<K>): ReadonlyMap<K, V> {
  const result = new Map(current);
  for (const name of wanted) {
    const kept = previous.get(name);
    if (kept !== undefined && !result.has(name)) result.set(name, kept);
  }
  return result;
}

function carryNetwork(previous: NetworkConfig, { config, defaulted }: ParsedConfig): NetworkConfig {
  const network: Record<string, unknown> = { ...config.network };
  for (const field of Object.keys({ ...previous, ...config.network }) as (keyof NetworkConfig)[]) {
    if (!defaulted.has(`network.${field}`)) continue;
    if (previous[field] === undefined) delete network[field];
    else network[field] = previous[field];
  }
  return network as unknown as NetworkConfig; // field by field from two of them
}
