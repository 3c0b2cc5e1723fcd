/** What the rest of Pinion sees of hosted modules: the interface between the module room and the machine. */
import type { Millis } from "../base/millis.js";
import type { ModuleConfig, ResourceConfig } from "../config/machine-config.js";
import type { HardwareNeeds } from "../resource/hardware-needs.js";
import type { ResourceName } from "../resource/resource-name.js";

export type ModuleState = "pending" | "first-run" | "starting" | "ready" | "stopping" | "stopped" | "backoff" | "quarantined";

/** One (API, models) pair a module offers, from its handler map. */
export interface Handler {
  /** API triplet, e.g. rdk:component:sensor. */
  readonly api: string;
  /** Full gRPC service name that serves the API. */
  readonly service: string;
  /** Model triplets. */
  readonly models: readonly string[];
}

export interface FailureCause {
  /** "device-gone": the module ended with exit code 69 (EX_UNAVAILABLE), by which it says that its device is not there. */
  readonly kind:
    | "exit"
    | "signal"
    | "out-of-memory"
    | "device-gone"
    | "start-timeout"
    | "hung"
    | "first-run"
    | "handshake"
    | "config"
    | "spawn";
  /** A full sentence for people. */
  readonly message: string;
  /** What the module printed last before it. */
  readonly output?: readonly string[];
}

export interface ModuleStatus {
  readonly name: string;
  readonly state: ModuleState;
  readonly since: Date;
  readonly pid?: number;
  readonly config: ModuleConfig;
  /** Increases with every process started; a resource built in an older incarnation no longer exists. */
  readonly incarnation: number;
  /** gRPC address while ready: a socket path, or host:port. */
  readonly address?: string;
  readonly handlers: readonly Handler[];
  /** Kept until the module is ready again. */
  readonly lastFailure?: FailureCause;
  readonly consecutiveFailures: number;
  /** Processes started after the first. */
  readonly restarts: number;
  /** Why its configured limits are not enforced, when that is so. */
  readonly limitsProblem?: string;
  /** What modules that ship with Pinion do in its place, when that is so. */
  readonly standIn?: string;
  /** The last lines that the module printed, oldest first. */
  readonly lastOutput: readonly string[];
}

export interface ValidatedDependencies {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Absent: none, or a module that does not know how to say it. */
  readonly hardware?: HardwareNeeds | undefined;
}

/** Calls to one ready process of a module. Every call rejects with a PinionError; MODULE_NOT_READY when the process is gone. */
export interface ModuleCalls {
  readonly module: string;
  readonly incarnation: number;
  /** ValidateConfig with its 5 s limit; UNIMPLEMENTED counts as valid without dependencies. RESOURCE_INVALID when refused. */
  validate(config: ResourceConfig): Promise<ValidatedDependencies>;
  /** RESOURCE_BUILD_FAILED when the module refuses, DEADLINE_EXCEEDED (and a RemoveResource sent after) when it is too slow. */
  add(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void>;
  /** METHOD_UNIMPLEMENTED when the module has no ReconfigureResource: the caller then removes and adds. */
  reconfigure(config: ResourceConfig, dependencies: readonly ResourceName[], limit: Millis): Promise<void>;
  /** A resource unknown to the module, and a module that is gone, count as removed. */
  remove(name: ResourceName, limit: Millis): Promise<void>;
  /** Drives a pin of a board that this process holds; low ends its PWM. MODULE_CALL_FAILED when the board does not. */
  drivePin(board: ResourceName, pin: string, isHigh: boolean, limit: Millis): Promise<void>;
}

export interface ModuleManagerEvents {
  /** Anything in the module's status changed. Called synchronously, in order. */
  onStatus(status: ModuleStatus): void;
  /**
   * The module is about to be stopped because its config changed or it left the config (not after a crash). The process is told
   * to end when the promise settles or `limit` has passed. The resource manager removes the module's resources here, dependents first.
   */
  beforeStop(module: string, incarnation: number, limit: Millis): Promise<void>;
  /**
   * This process takes no more calls: it ended by itself, or is told to end right after this returns. Called once a process, before the
   * status changes; connections to it are to be closed now, and calls in flight end with the reason, a sentence that names the module.
   */
  onGone?(module: string, incarnation: number, reason: string): void;
  /**
   * The process has ended, in whatever way, at this instant. Called at once, before anything slow is done about it and before the status
   * changes; not for one that never ran.
   */
  onExit?(module: string, incarnation: number, at: Millis): void;
}

export interface ModuleManager extends AsyncDisposable {
  /**
   * Makes `wanted` the set of modules: starts added ones, replaces changed ones, stops removed ones. Returns at once; what happens is told
   * through onStatus. Equal configs are left alone.
   */
  apply(wanted: ReadonlyMap<string, ModuleConfig>): void;
  statuses(): readonly ModuleStatus[];
  status(module: string): ModuleStatus | undefined;
  /** Undefined unless the module is ready. */
  calls(module: string): ModuleCalls | undefined;
  /** Stops and starts the process. MODULE_UNKNOWN when no such module is configured. Resolves when the new process was asked for. */
  restart(module: string): Promise<void>;
  /** Ends every module at once without waiting: the second SIGTERM. */
  killAll(): void;
}
