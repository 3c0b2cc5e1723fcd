/** From the name that somebody types to the service that answers for the resource. */
import { ControlServiceDefinition } from "../proto/gen/pinion/control/v1/control.js";
import type { ResourceName } from "../proto/gen/viam/common/v1/common.js";
import { RobotServiceDefinition } from "../proto/gen/viam/robot/v1/robot.js";
import { knownServiceOfApi } from "../proto/known-services.js";
import { CliError, ExitCode } from "./command.js";
import { CALL_TIMEOUT_MS, type DaemonClient } from "./daemon-client.js";
import { nearest } from "./nearest.js";
import { simpleNameOf } from "./status-report.js";

export interface FoundResource {
  /** What requests carry. */
  readonly name: string;
  readonly api: string;
  /** Full gRPC name. */
  readonly service: string;
}

const OPTIONS = { timeout: CALL_TIMEOUT_MS } as const;

/** `wanted` is a simple or a full name. */
export async function findResource(daemon: DaemonClient, wanted: string): Promise<FoundResource> {
  const { resources } = await daemon.client(RobotServiceDefinition).resourceNames({}, OPTIONS);
  const found = resources.filter((resource) => resource.name === wanted || fullNameOf(resource) === wanted);
  const [resource] = found;
  if (resource === undefined) throw await notFound(daemon, wanted, resources);
  if (found.length > 1) {
    throw new CliError(
      ExitCode.FAILURE,
      `"${wanted}" stands for ${found.length} resources; say one of ${found.map(fullNameOf).join(", ")}`,
    );
  }
  const api = apiOf(resource);
  return { name: resource.name, api, service: knownServiceOfApi(api)?.service ?? (await customService(daemon, api)) };
}

async function customService(daemon: DaemonClient, api: string): Promise<string> {
  const { resourceRpcSubtypes } = await daemon.client(RobotServiceDefinition).resourceRPCSubtypes({}, OPTIONS);
  const found = resourceRpcSubtypes.find(({ subtype }) => subtype !== undefined && apiOf(subtype) === api);
  if (found === undefined) throw new CliError(ExitCode.FAILURE, `the daemon names no gRPC service for the API ${api}`);
  return found.protoService;
}

/** Resources that are configured but not ready are missing among the names; their status says why. */
async function notFound(daemon: DaemonClient, wanted: string, ready: readonly ResourceName[]): Promise<CliError> {
  const { resources } = await daemon.client(ControlServiceDefinition).getStatus({}, OPTIONS);
  const configured = resources.find(({ name }) => name === wanted || simpleNameOf(name) === wanted);
  if (configured !== undefined) {
    const reason = configured.error === "" ? "" : `: ${configured.error}`;
    return new CliError(ExitCode.FAILURE, `${wanted} is ${configured.state}${reason}; \`pinion status --why ${wanted}\` tells more`);
  }
  const names = ready.map(({ name }) => name);
  const meant = nearest(wanted, names);
  const hint = meant === undefined ? (names.length === 0 ? "there are none" : `there are ${names.join(", ")}`) : `did you mean "${meant}"?`;
  return new CliError(ExitCode.FAILURE, `there is no resource "${wanted}"; ${hint}`);
}

function apiOf({ namespace, type, subtype }: ResourceName): string {
  return `${namespace}:${type}:${subtype}`;
}

function fullNameOf(resource: ResourceName): string {
  return `${apiOf(resource)}/${resource.name}`;
}
