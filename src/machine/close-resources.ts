/** The end of a machine: every resource is removed, dependents first, within a limit. */
import type { Clock } from "../base/clock.js";
import { type Millis, millis, seconds } from "../base/millis.js";
import type { ModuleTable } from "./module-table.js";
import type { Reconciler } from "./reconciler.js";

const CLOSE_LIMIT: Millis = seconds(20);
/** A constructor that still runs is not waited for any longer: its process is about to end. */
const BUILD_GRACE: Millis = seconds(1);

export function closeResources(clock: Clock, reconciler: Reconciler, modules: ModuleTable): Promise<void> {
  const removeBy = millis(clock.now() + CLOSE_LIMIT);
  return new Promise((resolve) => {
    const grace = clock.after(BUILD_GRACE, () => {
      for (const { run } of modules.all()) if (run !== undefined) reconciler.abandonBuilds(run);
    });
    const limit = clock.after(CLOSE_LIMIT, () => end());
    const end = (): void => {
      grace.cancel();
      limit.cancel();
      resolve();
    };
    for (const { run } of modules.all()) if (run !== undefined) run.removeBy = removeBy;
    reconciler.close(end);
  });
}
