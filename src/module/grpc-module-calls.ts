/** What the supervisor asks of a ready module, as gRPC calls. The one place of this room where status codes get a meaning. */
import type { Clock } from "../base/clock.js";
import { isPinionError, messageOf, PinionError } from "../base/errors.js";
import { formatGoDuration } from "../base/go-duration.js";
import { type Millis, millis } from "../base/millis.js";
import type { ResourceConfig } from "../config/machine-config.js";
import {
  AddResourceRequest,
  ReconfigureResourceRequest,
  RemoveResourceRequest,
  ValidateConfigRequest,
  ValidateConfigResponse,
} from "../proto/gen/viam/module/v1/module.js";
import { isRpcError, RpcError, Status, statusName } from "../proto/status-code.js";
import { type ResourceName, simpleNameOf } from "../resource/resource-name.js";
import { toComponentConfig } from "./component-config.js";
import { pwmOffCall, setGpioCall } from "./drive-pin.js";
import { AnsweredError, type GrpcChannel } from "./grpc-channel.js";
import { toHardwareNeeds } from "./hardware-needs.js";
import type { ModuleCalls, ValidatedDependencies } from "./module-host.js";
import { CLEANUP_LIMIT, VALIDATE_LIMIT } from "./module-limits.js";

export interface CallsInput {
  readonly module: string;
  readonly incarnation: number;
  readonly channel: GrpcChannel;
  readonly clock: Clock;
  /** Why the process is no longer there to be called, once that is so. */
  readonly goneBecause: () => string | undefined;
}

type Method = "ValidateConfig" | "AddResource" | "ReconfigureResource" | "RemoveResource";

// A process that died closes its socket a moment before its end is known; the end says more.
const EXIT_NOTICE: Millis = millis(50);

// Modules name the frame system as a dependency, but nobody provides it as a resource.
const PSEUDO_DEPENDENCIES = ["framesystem", "$framesystem", "rdk-internal:service:frame_system/$framesystem"];

export class GrpcModuleCalls implements ModuleCalls {
  readonly module: string;
  readonly incarnation: number;
  readonly #channel: GrpcChannel;
  readonly #clock: Clock;
  readonly #goneBecause: () => string | undefined;

  constructor({ module, incarnation, channel, clock, goneBecause }: CallsInput) {
    this.module = module;
    this.incarnation = incarnation;
    this.#channel = channel;
    this.#clock = clock;
    this.#goneBecause = goneBecause;
  }

  async validate(config: ResourceConfig): Promise<ValidatedDependencies> {
    const request = ValidateConfigRequest.encode({ config: toComponentConfig(config) }).finish();
    try {
      const response = ValidateConfigResponse.decode(await this.#send("ValidateConfig", request, VALIDATE_LIMIT));
      const { dependencies, optionalDependencies, hardware } = response;
      const needs = toHardwareNeeds(hardware, `module "${this.module}" on ${config.name}`);
      const names = { required: withoutPseudo(dependencies), optional: withoutPseudo(optionalDependencies) };
      return needs === undefined ? names : { ...names, hardware: needs };
    } catch (error) {
      if (isPinionError(error)) throw error;
      if (isRpcError(error, Status.UNIMPLEMENTED)) return { required: [], optional: [] };
      throw await this.#explain(error, "ValidateConfig", config.name, VALIDATE_LIMIT);
    }
  }

  async add(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void> {
    const request = AddResourceRequest.encode({ config: toComponentConfig(config), dependencies: [...dependencies] }).finish();
    try {
      await this.#send("AddResource", request, limit);
    } catch (error) {
      if (isRpcError(error, Status.DEADLINE_EXCEEDED)) await this.#removeLate(config.name);
      throw await this.#explain(error, "AddResource", config.name, limit);
    }
  }

  async reconfigure(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void> {
    const request = ReconfigureResourceRequest.encode({ config: toComponentConfig(config), dependencies: [...dependencies] }).finish();
    try {
      await this.#send("ReconfigureResource", request, limit);
    } catch (error) {
      if (isRpcError(error, Status.UNIMPLEMENTED)) {
        throw new PinionError("METHOD_UNIMPLEMENTED", `module "${this.module}" has no ReconfigureResource: ${error.message}`, {
          cause: error,
        });
      }
      throw await this.#explain(error, "ReconfigureResource", config.name, limit);
    }
  }

  async remove(name: ResourceName, limit: Millis): Promise<void> {
    try {
      await this.#send("RemoveResource", RemoveResourceRequest.encode({ name }).finish(), limit);
    } catch (error) {
      // Not there, or nothing there to have it.
      if (isRpcError(error, Status.NOT_FOUND) || isUnreachable(error)) return;
      throw await this.#explain(error, "RemoveResource", name, limit);
    }
  }

  async drivePin(board: ResourceName, pin: string, isHigh: boolean, limit: Millis): Promise<void> {
    const name = simpleNameOf(board);
    const { path, request } = setGpioCall(name, pin, isHigh);
    try {
      await this.#channel.unary(path, request, limit);
    } catch (error) {
      if (isHigh) throw pinError(this.module, board, pin, error);
      // A pin that only knows pulses.
      const off = pwmOffCall(name, pin);
      await this.#channel.unary(off.path, off.request, limit).catch(() => {
        throw pinError(this.module, board, pin, error);
      });
    }
  }

  #send(method: Method, request: Uint8Array, limit: Millis): Promise<Uint8Array> {
    return this.#channel.unary(`/viam.module.v1.ModuleService/${method}`, request, limit);
  }

  /** A module may finish an AddResource long after its deadline; the object must not stay. */
  async #removeLate(name: ResourceName): Promise<void> {
    try {
      await this.#send("RemoveResource", RemoveResourceRequest.encode({ name }).finish(), CLEANUP_LIMIT);
    } catch {
      // Mostly the module does not know it, which is what is wanted; and a module that hangs gets the same before the next try.
    }
  }

  async #explain(error: unknown, method: Method, resource: ResourceName, limit: Millis): Promise<PinionError> {
    if (isRpcError(error, Status.UNAVAILABLE) && this.#goneBecause() === undefined) await this.#clock.sleep(EXIT_NOTICE);
    const gone = this.#goneBecause();
    if (gone !== undefined) return new PinionError("MODULE_NOT_READY", gone, { cause: error });
    const rpc = error instanceof RpcError ? error : new RpcError(Status.UNKNOWN, messageOf(error), { cause: error });
    const text = readable(rpc.message);
    const options = { cause: error };
    if (isUnreachable(rpc)) {
      const reason = `module "${this.module}" cannot be reached for ${method} of ${resource}: ${text}`;
      return new PinionError("MODULE_NOT_READY", reason, options);
    }
    switch (rpc.code) {
      case Status.DEADLINE_EXCEEDED:
        return new PinionError(
          "DEADLINE_EXCEEDED",
          `module "${this.module}" did not finish ${method} of ${resource} within ${formatGoDuration(limit)}`,
          options,
        );
      default:
        return new PinionError(CODES[method], `${this.#refusal(method, resource)}: ${text === "" ? statusName(rpc.code) : text}`, options);
    }
  }

  #refusal(method: Method, resource: ResourceName): string {
    switch (method) {
      case "ValidateConfig":
        return `module "${this.module}" finds the config of ${resource} invalid`;
      case "AddResource":
        return `module "${this.module}" could not build ${resource}`;
      case "ReconfigureResource":
        return `module "${this.module}" could not reconfigure ${resource}`;
      case "RemoveResource":
        return `module "${this.module}" failed to remove ${resource}`;
    }
  }
}

const CODES = {
  ValidateConfig: "RESOURCE_INVALID",
  AddResource: "RESOURCE_BUILD_FAILED",
  ReconfigureResource: "RESOURCE_BUILD_FAILED",
  RemoveResource: "MODULE_CALL_FAILED",
} as const;

function pinError(module: string, board: ResourceName, pin: string, error: unknown): PinionError {
  return new PinionError("MODULE_CALL_FAILED", `module "${module}" could not drive pin "${pin}" of ${board}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** Not so for a module that answers UNAVAILABLE: it is there, what it drives is not. */
function isUnreachable(error: unknown): boolean {
  return isRpcError(error, Status.UNAVAILABLE) && !(error instanceof AnsweredError);
}

function withoutPseudo(names: readonly string[]): readonly string[] {
  return names.filter((name) => !PSEUDO_DEPENDENCIES.includes(name));
}

/** Python modules put a printed class in front of every refusal. */
function readable(message: string): string {
  return message.replace(/^<class '[^']*'>: /, "").trim();
}
