/** A machine config as typed values: everything checked, defaults filled in, legacy spellings resolved. No parsing here. */
import type { JsonObject } from "../base/json.js";
import type { LogLevel } from "../base/logger.js";
import type { Millis } from "../base/millis.js";
import type { Model } from "../resource/model.js";
import type { ResourceName } from "../resource/resource-name.js";

/** Something wrong with a config. An error costs the entry it names; a warning costs nothing. */
export interface ConfigProblem {
  /** Where, e.g. `components[2].attributes.pin`; empty for the text as a whole. */
  readonly path: string;
  readonly message: string;
  readonly severity: "error" | "warning";
}

export interface AssociatedConfig {
  /** API triplet of the service it is for. */
  readonly api: string;
  readonly attributes: JsonObject;
}

export interface ResourceConfig {
  readonly name: ResourceName;
  readonly model: Model;
  readonly attributes: JsonObject;
  readonly dependsOn: readonly string[];
  readonly frame?: JsonObject;
  readonly associatedConfigs: readonly AssociatedConfig[];
  readonly logLevel?: LogLevel;
}

export type ModuleType = "local" | "registry" | "";

/** What a module may use; what is left out is not limited. */
export interface ModuleResourceLimits {
  /** In bytes, for the module and all that it starts together. */
  readonly memory?: number;
  /** In processors: 0.5 is half of one. */
  readonly cpu?: number;
  /** Processes and threads. */
  readonly processes?: number;
}

export interface ModuleConfig {
  readonly name: string;
  /** Absolute after `~` and placeholders were replaced; of the executable or, for tarball modules, of the archive. */
  readonly executablePath: string;
  readonly type: ModuleType;
  readonly moduleId?: string;
  readonly logLevel?: LogLevel;
  readonly env: Readonly<Record<string, string>>;
  readonly isTcp: boolean;
  readonly firstRunTimeout: Millis;
  readonly limits?: ModuleResourceLimits;
  /** Ships with Pinion: started from the catalogue because the config uses one of its models, not named by the user. */
  readonly isBuiltin: boolean;
}

export interface TunnelEndpoint {
  readonly port: number;
  readonly connectionTimeout: Millis;
}

export interface NetworkConfig {
  /** Empty: every network interface. */
  readonly bindHost: string;
  readonly bindPort: number;
  readonly fqdn?: string;
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly isTlsOff: boolean;
  /** Other hosts may connect without a key. Absent: they may not. */
  readonly isUnauthenticatedAllowed?: boolean;
  readonly heartbeatWindow: Millis;
  readonly tunnelEndpoints: readonly TunnelEndpoint[];
}

export interface ApiKey {
  readonly id: string;
  readonly key: string;
}

export interface LogPattern {
  readonly pattern: string;
  readonly level: LogLevel;
}

export interface MachineConfig {
  readonly revision: string;
  readonly resources: ReadonlyMap<ResourceName, ResourceConfig>;
  readonly modules: ReadonlyMap<string, ModuleConfig>;
  readonly network: NetworkConfig;
  readonly apiKeys: readonly ApiKey[];
  /** The config asks for authentication: without a usable key nobody may enter, rather than everybody. */
  readonly isAuthRequired?: boolean;
  readonly logPatterns: readonly LogPattern[];
  readonly isDebug: boolean;
  readonly isLogDeduplicated: boolean;
  /** Parsed and checked, kept, but not acted on yet: remotes, packages, jobs, cloud, maintenance, tracing, … by top-level key. */
  readonly dormant: Readonly<Record<string, JsonObject | readonly JsonObject[]>>;
  /**
   * Entries that are in the text but bad. What runs under that name goes on with its last good config;
   * what does not run yet shows as unhealthy with the message.
   */
  readonly invalidResources: ReadonlyMap<ResourceName, string>;
  readonly invalidModules: ReadonlyMap<string, string>;
  /** "namespace:name" of those of them that have one, by name. */
  readonly invalidModuleIds?: ReadonlyMap<string, string>;
}

/** A part of the config outside of resources and modules that is in the text but bad, so that its default stands in its place. */
export type DefaultedField = `network.${keyof NetworkConfig}` | "auth" | "isDebug" | "isLogDeduplicated" | "resources" | "modules";

export interface ParsedConfig {
  readonly config: MachineConfig;
  readonly problems: readonly ConfigProblem[];
  /** What carryOver takes from the config before. */
  readonly defaulted: ReadonlySet<DefaultedField>;
  /** Files that a config entry waits for: when one appears, parsing the same text again gives more. */
  readonly missingFiles: readonly string[];
}
