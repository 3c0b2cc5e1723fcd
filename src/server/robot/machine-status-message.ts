/** The machine's state as the messages of RobotService. */
import type { MachineStatus, ResourceState } from "../../machine/machine-status.js";
import type { ResourceName as ResourceNameMessage } from "../../proto/gen/viam/common/v1/common.js";
import {
  type GetMachineStatusResponse,
  GetMachineStatusResponse_State,
  type GetModelsFromModulesResponse,
  ModuleStatus_State,
  type ResourceRPCSubtypesResponse,
  ResourceStatus_State,
} from "../../proto/gen/viam/robot/v1/robot.js";
import { parseApi } from "../../resource/api.js";
import { apiOf, type ResourceName, simpleNameOf } from "../../resource/resource-name.js";

type ModuleStatus = MachineStatus["modules"][number];

export function toNameMessage(name: ResourceName): ResourceNameMessage {
  return { ...apiOf(name), name: simpleNameOf(name), remotePath: [], localName: "" };
}

export function toMachineStatusMessage(status: MachineStatus): GetMachineStatusResponse {
  return {
    resources: status.resources.map((resource) => ({
      name: toNameMessage(resource.name),
      state: RESOURCE_STATES[resource.state],
      lastUpdated: resource.since,
      revision: resource.revision,
      error: resource.state === "unhealthy" ? (resource.error ?? "") : "",
    })),
    config: { revision: status.revision, lastUpdated: status.appliedAt },
    state: status.state === "running" ? GetMachineStatusResponse_State.RUNNING : GetMachineStatusResponse_State.INITIALIZING,
    jobStatuses: [],
    modules: status.modules.map((module) => ({
      moduleName: module.name,
      state: MODULE_STATES[module.state],
      lastUpdated: module.since,
      error: module.state === "ready" ? "" : (module.lastFailure?.message ?? ""),
      consecutiveFailures: module.consecutiveFailures,
    })),
    packages: [],
  };
}

export function toModelsMessage(status: MachineStatus): GetModelsFromModulesResponse {
  const models = status.modules
    .filter(({ state }) => state === "ready")
    .flatMap((module) =>
      module.handlers.flatMap((handler) =>
        handler.models.map((model) => ({
          moduleName: module.name,
          model,
          api: handler.api,
          fromLocalModule: module.config.type !== "registry",
        })),
      ),
    );
  return { models };
}

/** One entry for each API that a resource has now, in the order of the resources. */
export function toSubtypesMessage(resources: readonly ResourceName[], services: ReadonlyMap<string, string>): ResourceRPCSubtypesResponse {
  const apis = new Set(resources.map((name) => name.slice(0, name.indexOf("/"))));
  const resourceRpcSubtypes = [...apis].flatMap((text) => {
    const api = parseApi(text);
    const protoService = services.get(text);
    if (api === undefined || protoService === undefined) return [];
    return [{ subtype: { ...api, name: "", remotePath: [], localName: "" }, protoService }];
  });
  return { resourceRpcSubtypes };
}

const RESOURCE_STATES: Readonly<Record<ResourceState, ResourceStatus_State>> = {
  unconfigured: ResourceStatus_State.UNCONFIGURED,
  configuring: ResourceStatus_State.CONFIGURING,
  ready: ResourceStatus_State.READY,
  removing: ResourceStatus_State.REMOVING,
  unhealthy: ResourceStatus_State.UNHEALTHY,
};

const MODULE_STATES: Readonly<Record<ModuleStatus["state"], ModuleStatus_State>> = {
  pending: ModuleStatus_State.PENDING,
  "first-run": ModuleStatus_State.STARTING,
  starting: ModuleStatus_State.STARTING,
  ready: ModuleStatus_State.READY,
  stopping: ModuleStatus_State.CLOSING,
  stopped: ModuleStatus_State.CLOSING,
  backoff: ModuleStatus_State.UNHEALTHY,
  quarantined: ModuleStatus_State.UNHEALTHY,
};
