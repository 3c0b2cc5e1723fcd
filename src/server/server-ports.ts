/** What the server needs of the rest of Pinion besides the machine; the daemon hands it over. */
import type { JsonObject } from "../base/json.js";
import type { LogLevel } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { AccessServiceDefinition } from "../proto/gen/pinion/control/v1/access.js";
import type { ControlServiceDefinition } from "../proto/gen/pinion/control/v1/control.js";
import type { ServiceHandlers } from "../proto/service.js";
import type { AccessPort } from "./auth/access-port.js";
import type { Caller } from "./caller.js";
import type { FramedResource } from "./frame/configured-frame.js";

/** One line that a module sent through RobotService.Log. */
export interface RemoteLogEntry {
  readonly level: LogLevel;
  /** As sent: names of Python modules have slashes where others have dots. */
  readonly loggerName: string;
  readonly message: string;
  /** When the module says it happened. */
  readonly time: Date | undefined;
  readonly stack: string;
  /** `file:line`, when the module says so. */
  readonly source: string | undefined;
  readonly fields: JsonObject;
}

export interface TunnelAllowance {
  readonly port: number;
  readonly connectionTimeout: Millis;
}

export interface ServerPorts {
  log(entry: RemoteLogEntry, caller: Caller): void;
  /** Asks the daemon to end; returns at once. */
  shutdown(): void;
  /** Resources of the config in force, in its order; those without a frame may be among them. */
  frames(): readonly FramedResource[];
  tunnels(): readonly TunnelAllowance[];
  /** How long a session lives without a sign of life. */
  heartbeatWindow(): Millis;
  /** A call to a resource ended: `NAME.SERVICE`, how long it took, whether with OK. */
  onCallEnd?(resource: string, elapsed: Millis, isOk: boolean): void;
  readonly control: ServiceHandlers<typeof ControlServiceDefinition>;
  /** Who may connect; absent: everybody. */
  readonly access?: AccessPort;
  /** Manages keys, on the control socket. */
  readonly accessService?: ServiceHandlers<typeof AccessServiceDefinition>;
}
