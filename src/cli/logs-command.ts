/** `pinion logs`: the daemon's log, old lines and new ones. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import { formatLogLine } from "../base/log-line.js";
import type { LogRecord } from "../base/log-record.js";
import { LOG_LEVELS, parseLogLevel } from "../base/logger.js";
import { ControlServiceDefinition, type LogRecord as LogMessage, type StreamLogsRequest } from "../proto/gen/pinion/control/v1/control.js";
import { type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { untilInterrupted } from "./interrupt.js";
import { limitOf, SINCE_OPTION, sinceOf } from "./since.js";
import { styleOf } from "./style.js";
import { toDate } from "./timestamp.js";

const READ_TIMEOUT_MS = 30_000;

export const logsCommand: Command = {
  name: "logs",
  summary: "show the log",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [
    { name: "follow", short: "f", summary: "go on with new lines until Ctrl-C" },
    { name: "module", short: "m", value: "NAME", summary: "only lines of this module" },
    { name: "resource", short: "r", value: "NAME", summary: "only lines of this resource, by its full name or the part after the slash" },
    { name: "level", short: "l", value: "LEVEL", summary: "only lines of this level and above", choices: [...LOG_LEVELS, "warning"] },
    SINCE_OPTION,
    { name: "limit", short: "n", value: "COUNT", summary: "at most so many old lines" },
    { name: "json", summary: "one JSON object for each line" },
    HOME_OPTION,
  ],
  run(line, ports) {
    const request = toRequest(line, ports);
    const format = line.flag("json") ? toJsonLine : prettyLine(ports);
    return withDaemon(line, ports, async (daemon) => {
      const logs = daemon.client(ControlServiceDefinition);
      await untilInterrupted(ports, async (signal) => {
        const options = request.follow ? { signal } : { signal, timeout: READ_TIMEOUT_MS };
        for await (const message of logs.streamLogs(request, options)) ports.out.write(`${format(message)}\n`);
      });
      return ExitCode.OK;
    });
  },
};

function toRequest(line: CommandLine, ports: CliPorts): StreamLogsRequest {
  return {
    follow: line.flag("follow"),
    module: line.text("module") ?? "",
    resource: line.text("resource") ?? "",
    minLevel: parseLogLevel(line.text("level") ?? "") ?? "",
    sinceUnixMs: sinceOf(logsCommand, line, ports).sinceUnixMs,
    limit: limitOf(logsCommand, line),
  };
}

function prettyLine(ports: CliPorts): (message: LogMessage) => string {
  const color = styleOf(ports).isColored;
  return (message) => formatLogLine(toRecord(message), { color, date: true });
}

function toRecord(message: LogMessage): LogRecord {
  return {
    time: toDate(message.time) ?? new Date(0),
    level: parseLogLevel(message.level) ?? "info",
    logger: message.logger,
    message: message.message,
    fields: fieldsOf(message),
    ...(message.module === "" ? {} : { module: message.module }),
    ...(message.resource === "" ? {} : { resource: message.resource }),
  };
}

function toJsonLine(message: LogMessage): string {
  const { time, level, logger, module, resource, fields, message: text } = toRecord(message);
  return JSON.stringify({ seq: Number(message.seq), time, level, logger, module, resource, message: text, fields });
}

function fieldsOf({ fieldsJson }: LogMessage): JsonObject {
  if (fieldsJson === "") return {};
  try {
    const fields: unknown = JSON.parse(fieldsJson);
    return isJsonObject(fields) ? fields : {};
  } catch {
    return { fields: fieldsJson }; // shown as it came
  }
}
