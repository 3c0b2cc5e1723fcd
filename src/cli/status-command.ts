/** `pinion status`: what runs, what does not, and with --why the reason. */
import { ControlServiceDefinition, type GetStatusResponse } from "../proto/gen/pinion/control/v1/control.js";
import { type Command, ExitCode } from "./command.js";
import { CALL_TIMEOUT_MS, withDaemon } from "./daemon-client.js";
import { explainStatus } from "./explain-status.js";
import { HOME_OPTION } from "./home.js";
import { formatStatus } from "./status-report.js";
import { styleOf } from "./style.js";
import { toDate, type WireTime } from "./timestamp.js";

export const statusCommand: Command = {
  name: "status",
  summary: "show modules and resources",
  usage: "[RESOURCE]",
  positionals: { min: 0, max: 1 },
  options: [
    { name: "why", summary: "for everything that is not ready, or for RESOURCE: the first thing that fails and what to do" },
    { name: "json", summary: "print everything as one JSON object" },
    HOME_OPTION,
  ],
  details: "RESOURCE is the name of a resource or a module, a resource also by its full name; it goes with --why.",
  run(line, ports) {
    return withDaemon(line, ports, async (daemon) => {
      const status = await daemon.client(ControlServiceDefinition).getStatus({}, { timeout: CALL_TIMEOUT_MS });
      const [target] = line.positionals;
      const style = styleOf(ports);
      if (line.flag("json")) ports.out.write(`${toStatusJson(status)}\n`);
      else if (line.flag("why") || target !== undefined)
        ports.out.write(`${explainStatus({ status, target, style, now: ports.wall() })}\n`);
      else ports.out.write(`${formatStatus(status, style, ports.wall())}\n`);
      return ExitCode.OK;
    });
  },
};

/** Times as ISO text, counters as numbers. */
export function toStatusJson(status: GetStatusResponse): string {
  const isTime = (value: unknown): value is WireTime =>
    typeof value === "object" && value !== null && "seconds" in value && "nanos" in value;
  return JSON.stringify(
    status,
    (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : isTime(value) ? toDate(value) : value),
    2,
  );
}
