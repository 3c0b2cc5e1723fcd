/** What a config made worse, judged by the resources before and after it. */
import type { MachineStatus, ResourceStatus } from "../machine/machine-status.js";
import type { ResourceName } from "../resource/resource-name.js";

export interface ResourceBaseline {
  readonly ready: ReadonlySet<ResourceName>;
  readonly unready: ReadonlySet<ResourceName>;
}

export function baselineOf({ resources }: MachineStatus): ResourceBaseline {
  const named = (isReady: boolean): ReadonlySet<ResourceName> =>
    new Set(resources.filter(({ state }) => (state === "ready") === isReady).map(({ name }) => name));
  return { ready: named(true), unready: named(false) };
}

/** Resources that were ready, are still configured and are not ready now. */
export function lostResources({ ready }: ResourceBaseline, { resources }: MachineStatus): readonly ResourceStatus[] {
  return resources.filter(({ name, state }) => state !== "ready" && ready.has(name));
}

/** Those, and new ones that are not ready, each with its reason. */
export function describeRegressions({ unready }: ResourceBaseline, { resources }: MachineStatus): readonly string[] {
  return resources.filter(({ name, state }) => state !== "ready" && !unready.has(name)).map(describe);
}

function describe({ name, state, error, waitsFor }: ResourceStatus): string {
  const reason = error ?? (waitsFor.length > 0 ? `waits for ${waitsFor.join(", ")}` : "");
  return `${name} is ${state}${reason === "" ? "" : `: ${reason}`}`;
}
