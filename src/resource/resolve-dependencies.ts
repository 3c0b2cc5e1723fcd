/** From the names that a config and a module's validation give to the resources they mean. Pure. */
import type { NameIndex } from "./name-index.js";
import { parseResourceName, type ResourceName } from "./resource-name.js";

export interface Dependency {
  /** As the config or the module wrote it. */
  readonly written: string;
  readonly name: ResourceName;
}

/** A required name that cannot be resolved in this config, whatever the modules do. */
export interface UnresolvedName {
  readonly written: string;
  readonly message: string;
}

export interface ResolvedDependencies {
  readonly required: readonly Dependency[];
  readonly optional: readonly Dependency[];
  readonly unresolved: readonly UnresolvedName[];
  /** The simple names looked up: a resource of such a name coming or going may change the result. */
  readonly simpleNames: readonly string[];
}

// Modules may name the frame system; their SDK gives it to them without it being a resource.
const FRAME_SYSTEM: ReadonlySet<string> = new Set(["framesystem", "$framesystem", "rdk-internal:service:frame_system/$framesystem"]);

/** A full name that does not exist is unresolved as well, but stays a dependency, so that the graph knows who asked for it. */
export function resolveDependencies(
  self: ResourceName,
  required: readonly string[],
  optional: readonly string[],
  names: NameIndex,
): ResolvedDependencies {
  const found = new Map<ResourceName, Dependency>();
  const wished = new Map<ResourceName, Dependency>();
  const unresolved: UnresolvedName[] = [];
  const simpleNames = new Set<string>();

  for (const written of new Set(required)) {
    if (FRAME_SYSTEM.has(written)) continue;
    const { name, problem } = lookUp(self, written, names, simpleNames);
    if (name !== undefined && !found.has(name)) found.set(name, { written, name });
    if (problem !== undefined) unresolved.push({ written, message: problem });
  }
  for (const written of new Set(optional)) {
    if (FRAME_SYSTEM.has(written)) continue;
    const { name } = lookUp(self, written, names, simpleNames);
    if (name !== undefined && !found.has(name) && !wished.has(name)) wished.set(name, { written, name });
  }
  return { required: [...found.values()], optional: [...wished.values()], unresolved, simpleNames: [...simpleNames] };
}

interface Found {
  readonly name?: ResourceName;
  readonly problem?: string;
}

function lookUp(self: ResourceName, written: string, names: NameIndex, simpleNames: Set<string>): Found {
  const full = parseResourceName(written);
  if (full === self) return { problem: "a resource cannot depend on itself" };
  if (full !== undefined) return names.has(full) ? { name: full } : { name: full, problem: "no such resource is in the config" };
  simpleNames.add(written);
  const candidates = [...names.find(written)];
  const [only, ...more] = candidates;
  if (more.length > 0) return { problem: `the name is ambiguous, write one of ${candidates.join(", ")} in full` };
  if (only === self) return { problem: "a resource cannot depend on itself" };
  return only === undefined ? { problem: "no such resource is in the config" } : { name: only };
}
