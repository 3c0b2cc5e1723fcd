/** Lines that modules send through RobotService.Log, as lines of our log. */
import { parseResourceName } from "../resource/resource-name.js";
import type { Caller } from "../server/caller.js";
import type { RemoteLogEntry } from "../server/server-ports.js";
import type { ForeignEntry } from "./logging.js";

export function toForeignEntry(entry: RemoteLogEntry, caller: Caller): ForeignEntry {
  const module = caller.kind === "module" ? caller.module : undefined;
  const resource = resourceOf(entry.loggerName);
  const own = entry.loggerName === module || entry.loggerName === "" ? "" : `.${entry.loggerName}`;
  return {
    level: entry.level,
    logger: module === undefined ? `rdk.remote${own}` : `rdk.modmanager.${module}${own}`,
    message: entry.message,
    fields: {
      ...entry.fields,
      ...(entry.source === undefined ? {} : { source: entry.source }),
      ...(entry.stack === "" ? {} : { stack: entry.stack }),
    },
    ...(module === undefined ? {} : { module }),
    ...(resource === undefined ? {} : { resource }),
    ...(entry.time === undefined ? {} : { time: entry.time }),
  };
}

/** Official SDKs name a resource's logger by its full name, some with the module's name and a dot before it. */
function resourceOf(loggerName: string): string | undefined {
  const start = loggerName.search(/[\w-]+:[\w-]+:[\w-]+\//);
  return start < 0 ? undefined : parseResourceName(loggerName.slice(start));
}
