/** Which methods a viewer may call: those that change nothing. */
import { knownServiceNamed } from "../../proto/known-services.js";
import { AUTH_SERVICE, REFLECTION_V1, REFLECTION_V1ALPHA, ROBOT_SERVICE } from "../own-services.js";
import type { Role } from "./access-port.js";

/** Of the machine itself. A session of a viewer holds nothing, as a viewer moves nothing. */
const ROBOT_READS: ReadonlySet<string> = new Set([
  "ResourceNames",
  "ResourceRPCSubtypes",
  "GetOperations",
  "BlockForOperation",
  "GetSessions",
  "StartSession",
  "SendSessionHeartbeat",
  "DiscoverComponents",
  "FrameSystemConfig",
  "TransformPose",
  "TransformPCD",
  "GetPose",
  "GetStatus",
  "StreamStatus",
  "GetCloudMetadata",
  "GetVersion",
  "GetMachineStatus",
  "GetModelsFromModules",
]);

const READ_PREFIX = /^(Get|Is|List)/;
/** Reads whose names do not say so. */
const MORE_READS: ReadonlySet<string> = new Set([
  "ReadAnalogReader",
  "PWM",
  "PWMFrequency",
  "StreamTicks",
  "StreamEvents",
  "StreamTransformChanges",
  "Metadata",
]);

/** `path` is `/package.Service/Method`. */
export function isAllowed(role: Role, path: string): boolean {
  return role === "operator" || isRead(path);
}

function isRead(path: string): boolean {
  const slash = path.indexOf("/", 1);
  const service = path.slice(1, slash);
  const method = path.slice(slash + 1);
  switch (service) {
    case AUTH_SERVICE:
    case REFLECTION_V1:
    case REFLECTION_V1ALPHA:
      return true;
    case ROBOT_SERVICE:
      return ROBOT_READS.has(method);
    default:
      // Of a custom API nobody knows what a method does.
      return knownServiceNamed(service)?.methods.has(method) === true && (READ_PREFIX.test(method) || MORE_READS.has(method));
  }
}
