/** What the supervisor answers itself, as data: which services, for whom, and what is special about their methods. */
import type { Caller } from "./caller.js";

export const ROBOT_SERVICE = "viam.robot.v1.RobotService";
export const AUTH_SERVICE = "proto.rpc.v1.AuthService";
export const REFLECTION_V1 = "grpc.reflection.v1.ServerReflection";
export const REFLECTION_V1ALPHA = "grpc.reflection.v1alpha.ServerReflection";
const CONTROL_SERVICE = "pinion.control.v1.ControlService";
const ACCESS_SERVICE = "pinion.control.v1.AccessService";

interface OwnService {
  readonly isControlOnly: boolean;
  /** Listed and cancelled as operations, and given a deadline. */
  readonly isTracked: boolean;
  /** Held open by clients without being waited for. */
  readonly isBackground: boolean;
}

const PLAIN: OwnService = { isControlOnly: false, isTracked: true, isBackground: false };
const REFLECTION: OwnService = { isControlOnly: false, isTracked: false, isBackground: true };

const SERVICES: ReadonlyMap<string, OwnService> = new Map([
  [ROBOT_SERVICE, PLAIN],
  [AUTH_SERVICE, PLAIN],
  [REFLECTION_V1, REFLECTION],
  [REFLECTION_V1ALPHA, REFLECTION],
  // Not tracked: StopAll must not cut the log that somebody follows.
  [CONTROL_SERVICE, { isControlOnly: true, isTracked: false, isBackground: true }],
  [ACCESS_SERVICE, { isControlOnly: true, isTracked: false, isBackground: true }],
]);

export function isOwnService(service: string): boolean {
  return SERVICES.has(service);
}

/** The service as this caller sees it; undefined when it is not ours or not for them. */
export function ownServiceFor(service: string, caller: Caller): OwnService | undefined {
  const own = SERVICES.get(service);
  return own?.isControlOnly === true && caller.kind !== "control" ? undefined : own;
}

/** Names of the services a caller may list. */
export function ownServiceNames(caller: Caller): readonly string[] {
  return [...SERVICES.keys()].filter((name) => ownServiceFor(name, caller) !== undefined);
}

/** Methods of RobotService that stream: no default deadline, no limit on how many run. */
const STREAMING: ReadonlySet<string> = new Set(["Tunnel", "StreamStatus"]);

/** Never limited: a module that logs a lot must not lose its other calls, nor the log. */
const UNLIMITED: ReadonlySet<string> = new Set(["Log", "SendTraces"]);

export function isOwnStream(method: string): boolean {
  return STREAMING.has(method);
}

export function isOwnUnlimited(method: string): boolean {
  return UNLIMITED.has(method) || STREAMING.has(method);
}
