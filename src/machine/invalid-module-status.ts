/** A module whose entry in the config is bad and that never ran, as status shows it. */
import { minutes } from "../base/millis.js";
import type { ModuleStatus } from "../module/module-host.js";

export function invalidModuleStatus(name: string, message: string, since: Date): ModuleStatus {
  return {
    name,
    state: "quarantined",
    since,
    config: { name, executablePath: "", type: "", env: {}, isTcp: false, firstRunTimeout: minutes(60), isBuiltin: false },
    incarnation: 0,
    handlers: [],
    lastFailure: { kind: "config", message },
    consecutiveFailures: 1,
    restarts: 0,
    lastOutput: [],
  };
}
