/** RobotService: what clients and modules ask of the machine itself. Everything that needs a cloud says so. */
import type { Clock } from "../../base/clock.js";
import { PinionError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { MachineView } from "../../machine/machine-status.js";
import { Struct } from "../../proto/gen/google/protobuf/struct.js";
import { PeerConnectionType, type RobotServiceDefinition, type StopAllRequest } from "../../proto/gen/viam/robot/v1/robot.js";
import type { ServiceHandlers } from "../../proto/service.js";
import { RpcError, Status } from "../../proto/status-code.js";
import { resourceName } from "../../resource/resource-name.js";
import type { Actuators } from "../actuators.js";
import { identify } from "../call-identity.js";
import { type Caller, formatCaller } from "../caller.js";
import type { Operations } from "../operations.js";
import type { ServerPorts } from "../server-ports.js";
import { SESSION_EXPIRED, type Sessions } from "../sessions.js";
import { frameSystemConfig, getPose, transformPcd, transformPose } from "./frame-methods.js";
import { toRemoteLogEntry } from "./log-entry.js";
import { toMachineStatusMessage, toModelsMessage, toNameMessage, toSubtypesMessage } from "./machine-status-message.js";
import { tunnel } from "./tunnel.js";

/** Release of the public API definitions that the messages follow. */
const API_VERSION = "v0.1.577";

export interface RobotServiceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly view: MachineView;
  readonly version: string;
  readonly ports: ServerPorts;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly actuators: Actuators;
}

type RobotHandlers = ServiceHandlers<typeof RobotServiceDefinition>;

export function robotHandlers(options: RobotServiceOptions): RobotHandlers {
  return { ...machineHandlers(options), ...operationHandlers(options), ...sessionHandlers(options), ...frameHandlers(options) };
}

function machineHandlers({ clock, logger, view, version, ports }: RobotServiceOptions): RobotHandlers {
  return {
    resourceNames: () => ({ resources: view.readyResources().map(toNameMessage) }),
    resourceRPCSubtypes: () => toSubtypesMessage(view.readyResources(), view.services()),
    getMachineStatus: () => toMachineStatusMessage(view.status()),
    getVersion: () => ({ platform: "rdk", version, apiVersion: API_VERSION }),
    getModelsFromModules: () => toModelsMessage(view.status()),
    getCloudMetadata: () => {
      throw new RpcError(Status.UNKNOWN, "cloud metadata not available");
    },
    restartModule: async ({ idOrName }) => {
      const wanted = idOrName?.value ?? "";
      if (wanted === "") throw new RpcError(Status.INVALID_ARGUMENT, "expected module_id or module_name, got neither");
      try {
        await view.restartModule(wanted);
      } catch (error) {
        if (!(error instanceof PinionError) || error.code !== "MODULE_UNKNOWN") throw error;
        const known = view.status().modules.map(({ name }) => name);
        const list = known.length === 0 ? "no modules" : known.join(", ");
        throw new RpcError(Status.NOT_FOUND, `no module "${wanted}" in the config; there are ${list}`, { cause: error });
      }
      return {};
    },
    shutdown: (_request, context) => {
      const { caller } = identify(context);
      logger.info({ caller: formatCaller(caller) }, "shutdown was asked for");
      // After the answer is on its way.
      setImmediate(() => ports.shutdown());
      return {};
    },
    log: (request, context) => {
      ports.log(toRemoteLogEntry(request), identify(context).caller);
      return {};
    },
    sendTraces: () => ({}),
    listTunnels: () => ({
      tunnels: ports.tunnels().map(({ port, connectionTimeout }) => ({ port, connectionTimeout: toDuration(connectionTimeout) })),
    }),
    tunnel: (requests) => tunnel(requests, ports.tunnels(), clock),
  };
}

function operationHandlers(options: RobotServiceOptions): RobotHandlers {
  const { operations, logger } = options;
  return {
    getOperations: (_request, context) => {
      const { operationId } = identify(context);
      return {
        operations: operations.list(operationId).map(({ id, method, started, sessionId }) => ({
          id,
          method,
          arguments: {},
          started,
          ...(sessionId === undefined ? {} : { sessionId }),
        })),
      };
    },
    cancelOperation: ({ id }) => {
      operations.cancel(id, "the operation was cancelled with CancelOperation");
      return {};
    },
    blockForOperation: async ({ id }, context) => {
      await operations.whenOver(id, context.signal);
      return {};
    },
    stopAll: async (request, context) => {
      const { caller, operationId } = identify(context);
      if (isStopping(options.view, caller)) {
        // Some modules send it whenever they shut down; restarting one must not stop the whole robot.
        logger.info({ caller: formatCaller(caller) }, "StopAll of a module that is being stopped was ignored");
        return {};
      }
      logger.info({ caller: formatCaller(caller) }, "stopping all actuators");
      operations.cancelOthers(operationId, "the operation was cancelled by StopAll");
      const failures = await options.actuators.stopAll(extraParameters(request));
      if (failures.length === 0) return {};
      const list = failures.map(({ name, message }) => `${name}: ${message}`).join("; ");
      throw new RpcError(Status.UNKNOWN, `failed to stop ${failures.length} of the actuators: ${list}`);
    },
  };
}

function sessionHandlers({ sessions }: RobotServiceOptions): RobotHandlers {
  return {
    getSessions: () => ({
      sessions: sessions.list().map(({ id, remoteAddress, localAddress }) => ({
        id,
        peerConnectionInfo: { type: PeerConnectionType.GRPC, remoteAddress, localAddress },
      })),
    }),
    startSession: ({ resume }, context) => {
      const { caller, remoteAddress, localAddress } = identify(context);
      const id = sessions.start(resume, { owner: formatCaller(caller), remoteAddress, localAddress });
      return { id, heartbeatWindow: toDuration(sessions.heartbeatWindow) };
    },
    sendSessionHeartbeat: ({ id }, context) => {
      if (!sessions.beat(id, formatCaller(identify(context).caller))) throw new RpcError(Status.INVALID_ARGUMENT, SESSION_EXPIRED);
      return {};
    },
  };
}

function frameHandlers({ ports }: RobotServiceOptions): RobotHandlers {
  return {
    frameSystemConfig: (request) => frameSystemConfig(ports.frames(), request),
    getPose: (request) => getPose(ports.frames(), request),
    transformPose: (request) => transformPose(ports.frames(), request),
    transformPCD: (request) => transformPcd(ports.frames(), request),
  };
}

function isStopping(view: MachineView, caller: Caller): boolean {
  if (caller.kind !== "module") return false;
  const module = view.status().modules.find(({ name }) => name === caller.module);
  return module === undefined || module.state === "stopping" || module.state === "stopped";
}

/** The Struct to send along with each resource's Stop, as bytes. */
function extraParameters({ extra }: StopAllRequest): (name: string) => Uint8Array | undefined {
  const byName = new Map<string, Uint8Array>();
  for (const { name, params } of extra) {
    if (name === undefined || params === undefined) continue;
    byName.set(resourceName(name, name.name), Struct.encode(Struct.wrap(params)).finish());
  }
  return (name) => byName.get(name);
}

function toDuration(duration: number): { seconds: bigint; nanos: number } {
  const whole = Math.floor(duration / 1000);
  return { seconds: BigInt(whole), nanos: Math.round((duration - whole * 1000) * 1e6) };
}
