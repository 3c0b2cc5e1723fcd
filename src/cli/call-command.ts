/** `pinion call`: one call of any method of any resource, custom APIs too, with JSON in and out. */

import { messageOf } from "../base/errors.js";
import { parseGoDuration } from "../base/go-duration.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { isRpcError, statusName } from "../proto/status-code.js";
import { CliError, type CliPorts, type Command, type CommandLine, ExitCode } from "./command.js";
import { type DaemonClient, withDaemon } from "./daemon-client.js";
import type { DynamicMethod } from "./dynamic-service.js";
import { HOME_OPTION } from "./home.js";
import { untilInterrupted } from "./interrupt.js";
import { nearest } from "./nearest.js";
import { usageError } from "./parse-command-line.js";

const UNARY_TIMEOUT_MS = 60_000;

export const callCommand: Command = {
  name: "call",
  summary: "call a method of a resource",
  usage: "RESOURCE METHOD [JSON]",
  positionals: { min: 2, max: 3 },
  options: [
    { name: "timeout", value: "DURATION", summary: "give up after this time; default 1m, none for streams of answers" },
    HOME_OPTION,
  ],
  details: `
RESOURCE is a name, or a full name where several share it. METHOD is the gRPC name, in any case. JSON is the request, "-" reads it
from standard input; the resource's name is filled in. Methods that take a stream of requests take an array.
Prints each answer as JSON, one on a line where many may come; Ctrl-C ends a stream.

  pinion call sensor GetReadings
  pinion call motor SetPower '{"powerPct": 0.5}'
  pinion call arm DoCommand '{"command": {"home": true}}'`,
  async run(line, ports) {
    const [resourceName = "", methodName = "", text = "{}"] = line.positionals;
    const requests = parseRequests(text === "-" ? await ports.readInput() : text);
    const timeout = timeoutOf(line);
    return withDaemon(line, ports, async (daemon) => {
      const { findResource } = await import("./resource-lookup.js");
      const resource = await findResource(daemon, resourceName);
      const method = await findMethod(daemon, resource.service, methodName);
      const messages = encodeAll(method, requests, resource.name);
      await perform({ daemon, ports, method, messages, timeout });
      return ExitCode.OK;
    });
  },
};

interface Call {
  readonly daemon: DaemonClient;
  readonly ports: CliPorts;
  readonly method: DynamicMethod;
  readonly messages: readonly Uint8Array[];
  readonly timeout: number | undefined;
}

async function perform({ daemon, ports, method, messages, timeout }: Call): Promise<void> {
  const limit = timeout ?? (method.isServerStreaming ? undefined : UNARY_TIMEOUT_MS);
  const indent = ports.isTty && !method.isServerStreaming ? 2 : undefined;
  async function* requests(): AsyncGenerator<Uint8Array> {
    yield* messages;
  }
  await untilInterrupted(ports, async (signal) => {
    try {
      const options = limit === undefined ? { signal } : { signal, timeout: limit };
      for await (const bytes of daemon.stream(method.path, requests(), options)) {
        ports.out.write(`${JSON.stringify(method.decode(bytes), null, indent)}\n`);
      }
    } catch (error) {
      if (!isRpcError(error)) throw error;
      throw new CliError(ExitCode.FAILURE, `${method.name}: ${statusName(error.code)}: ${error.message}`, { cause: error });
    }
  });
}

async function findMethod(daemon: DaemonClient, service: string, wanted: string): Promise<DynamicMethod> {
  const [{ fetchServiceDescriptors }, { dynamicMethods }] = await Promise.all([
    import("./service-descriptors.js"),
    import("./dynamic-service.js"),
  ]);
  const methods = dynamicMethods(service, await fetchServiceDescriptors(daemon, service));
  const found = methods.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  const names = methods.map(({ name }) => name);
  const meant = nearest(wanted, names);
  const hint = meant === undefined ? `it has ${names.join(", ")}` : `did you mean "${meant}"?`;
  throw new CliError(ExitCode.FAILURE, `${service} has no method "${wanted}"; ${hint}`);
}

function encodeAll(method: DynamicMethod, requests: readonly JsonObject[], resource: string): readonly Uint8Array[] {
  if (!method.isClientStreaming && requests.length !== 1) {
    throw usageError(callCommand, `${method.name} takes one request: expected a JSON object, got an array`);
  }
  return requests.map((request, index) => {
    try {
      return method.encode(request, resource, index === 0);
    } catch (error) {
      const fields = method.requestFields.length === 0 ? "it has no fields" : `its fields are ${method.requestFields.join(", ")}`;
      throw new CliError(ExitCode.USAGE, `call: the request does not fit ${method.name} (${fields}): ${messageOf(error)}`, {
        cause: error,
      });
    }
  });
}

function parseRequests(text: string): readonly JsonObject[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(callCommand, `the request is no JSON: ${messageOf(error)}`, error);
  }
  const requests: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!requests.every(isJsonObject)) throw usageError(callCommand, "expected the request to be a JSON object, or an array of them");
  return requests;
}

function timeoutOf(line: CommandLine): number | undefined {
  const text = line.text("timeout");
  if (text === undefined) return undefined;
  const timeout = parseGoDuration(text);
  if (timeout === undefined || timeout <= 0) throw usageError(callCommand, `--timeout: expected a duration such as 10s, got "${text}"`);
  return timeout;
}
