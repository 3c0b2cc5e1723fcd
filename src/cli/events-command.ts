/** `pinion events`: what happened to the machine, across restarts of supervisor and system. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import { ControlServiceDefinition, type Event } from "../proto/gen/pinion/control/v1/control.js";
import { type CliPorts, type Command, ExitCode } from "./command.js";
import { formatTime } from "./config-report.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { untilInterrupted } from "./interrupt.js";
import { limitOf, SINCE_OPTION, sinceOf } from "./since.js";
import { type Style, styleOf } from "./style.js";
import { toDate } from "./timestamp.js";

const READ_TIMEOUT_MS = 30_000;

export const eventsCommand: Command = {
  name: "events",
  summary: "show what happened",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [
    { name: "follow", short: "f", summary: "go on with new events until Ctrl-C" },
    { name: "module", short: "m", value: "NAME", summary: "only events of this module" },
    { name: "resource", short: "r", value: "NAME", summary: "only events of this resource, by its full name or the part after the slash" },
    SINCE_OPTION,
    { name: "limit", short: "n", value: "COUNT", summary: "at most so many old events; default 200" },
    { name: "json", summary: "one JSON object for each event" },
    HOME_OPTION,
  ],
  details: `
Starts and ends of the supervisor (also unclean ones), changes of the config, failures of modules with their cause and last lines,
set-up scripts, and resources that became ready or not. A line between events says that the system was started anew: the times
before and after it come from a clock that may have been set meanwhile; the order is right in any case.
With --since 10m events of the running system are judged by the time since its boot.`,
  run(line, ports) {
    const isFollowed = line.flag("follow");
    const request = {
      follow: isFollowed,
      module: line.text("module") ?? "",
      resource: line.text("resource") ?? "",
      ...sinceOf(eventsCommand, line, ports),
      limit: limitOf(eventsCommand, line),
    };
    const format = line.flag("json") ? toJsonLine : prettyLines(ports);
    return withDaemon(line, ports, async (daemon) => {
      const control = daemon.client(ControlServiceDefinition);
      await untilInterrupted(ports, async (signal) => {
        const options = isFollowed ? { signal } : { signal, timeout: READ_TIMEOUT_MS };
        for await (const event of control.streamEvents(request, options)) ports.out.write(`${format(event)}\n`);
      });
      return ExitCode.OK;
    });
  },
};

function prettyLines(ports: CliPorts): (event: Event) => string {
  const style = styleOf(ports);
  let bootId: string | undefined;
  return (event) => {
    const isNewBoot = bootId !== undefined && bootId !== event.bootId;
    bootId = event.bootId;
    const line = formatEvent(event, style);
    return isNewBoot ? `${style.dim("-- the system was started anew --")}\n${line}` : line;
  };
}

function formatEvent(event: Event, style: Style): string {
  const about = [event.module === "" ? "" : `module ${event.module}`, event.resource].filter((part) => part !== "").join("  ");
  const { last_output: output, ...detail } = detailOf(event);
  const fields = Object.entries(detail).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const tail = fields.length === 0 ? "" : `  ${style.dim(fields.join(" "))}`;
  const lines = Array.isArray(output) ? output.map((text) => `\n    ${style.dim(`| ${String(text)}`)}`).join("") : "";
  const time = style.dim(formatTime(toDate(event.time)));
  return `${time} ${paintKind(event.kind, style)}${about === "" ? "" : `  ${about}`}  ${event.message}${tail}${lines}`;
}

function paintKind(kind: string, style: Style): string {
  if (/(failed|crashed|unclean-end|unhealthy|quarantined|fallback|went-back)$/.test(kind)) return style.red(kind);
  return /(ready|restarted|settled|confirmed|done)$/.test(kind) ? style.green(kind) : style.yellow(kind);
}

function toJsonLine(event: Event): string {
  const { seq, time, bootId, uptime, kind, module, resource, message } = event;
  const subject = { ...(module === "" ? {} : { module }), ...(resource === "" ? {} : { resource }) };
  return JSON.stringify({
    seq: Number(seq),
    time: toDate(time),
    bootId,
    uptime: Number(uptime),
    kind,
    ...subject,
    message,
    detail: detailOf(event),
  });
}

function detailOf({ detailJson }: Event): JsonObject {
  if (detailJson === "") return {};
  try {
    const detail: unknown = JSON.parse(detailJson);
    return isJsonObject(detail) ? detail : {};
  } catch {
    return { detail: detailJson }; // shown as it came
  }
}
