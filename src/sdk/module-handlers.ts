/** The module protocol: what the supervisor asks of a module. */
import type { LogLevel } from "../base/logger.js";
import { parseLogLevel } from "../base/logger.js";
import type { ComponentConfig } from "../proto/gen/viam/app/v1/robot.js";
import type { ModuleServiceDefinition } from "../proto/gen/viam/module/v1/module.js";
import type { CallContext, ServiceHandlers } from "../proto/service.js";
import { RpcError, Status } from "../proto/status-code.js";
import { checkAttributes, checkConfig, parseConfig } from "./config-check.js";
import { createDependencies } from "./dependencies.js";
import { toHardwareMessage } from "./hardware-message.js";
import type { Build, LiveResources } from "./live-resources.js";
import type { ModelTable } from "./model-table.js";
import type { Parent } from "./parent.js";
import type { ApiAdapter } from "./resource-api.js";
import { createLogger, type LogSink } from "./resource-logger.js";

export interface ModuleParts {
  readonly table: ModelTable;
  readonly resources: LiveResources;
  readonly parent: Parent;
  readonly logs: LogSink;
  readonly logLevel: LogLevel;
  readonly dataFolder: string | undefined;
  /** Aborted when the module is told to stop. */
  readonly stopping: AbortSignal;
  /** Puts an API's service on the server, unless it is there. */
  readonly serve: (triplet: string, adapter: ApiAdapter<object>) => void;
  readonly onReady: (call: CallContext) => void;
}

export function createModuleHandlers(parts: ModuleParts): ServiceHandlers<ModuleServiceDefinition> {
  const { table, resources, parent } = parts;
  return {
    // Asked again until it says yes, and by some supervisors at any time: nothing here may depend on being first.
    ready: ({ parentAddress, rawParentAddress }, call) => {
      parent.setAddress(rawParentAddress || parentAddress);
      parts.onReady(call);
      return { ready: true, handlermap: table.handlerMap(), webrtcAnswer: "" };
    },
    validateConfig: async ({ config }) => {
      const parsed = parseConfig(config);
      const { required = [], optional = [], hardware } = await checkConfig(table.model(parsed), parsed);
      return {
        dependencies: [...required],
        optionalDependencies: [...optional],
        hardware: hardware === undefined ? undefined : toHardwareMessage(hardware),
      };
    },
    addResource: async ({ config, dependencies }, context) => {
      await resources.add(await prepare(parts, config, dependencies, context));
      return {};
    },
    reconfigureResource: async ({ config, dependencies }, context) => {
      await resources.reconfigure(await prepare(parts, config, dependencies, context));
      return {};
    },
    removeResource: async ({ name }) => {
      await resources.remove(name);
      return {};
    },
  };
}

async function prepare(
  parts: ModuleParts,
  config: ComponentConfig | undefined,
  dependencyNames: readonly string[],
  call: CallContext,
): Promise<Build> {
  const parsed = parseConfig(config);
  const model = parts.table.model(parsed);
  const attributes = await checkAttributes(model, parsed);
  const adapter = await parts.table.adapter(parsed.api);
  if (adapter === undefined) throw new RpcError(Status.NOT_FOUND, `this module does not serve ${parsed.api}`);
  parts.serve(parsed.api, adapter);
  const fullName = `${parsed.api}/${parsed.name}`;
  const dependencies = createDependencies(fullName, dependencyNames, await parts.table.adaptersOf(dependencyNames), {
    local: (name) => parts.resources.find(name),
    remote: (of, name) => of.client(parts.parent.channel(), name),
  });
  const level = parseLogLevel(config?.logConfiguration?.level ?? "") ?? parts.logLevel;
  const logger = createLogger(fullName, level, parts.logs);
  const signal = AbortSignal.any([call.signal, parts.stopping]);
  const { dataFolder } = parts;
  return { model, adapter, context: { name: parsed.name, fullName, attributes, dependencies, logger, config: parsed, dataFolder, signal } };
}
