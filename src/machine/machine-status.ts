/** What a machine can tell about itself at any moment; the server and the console turn it into answers. */
import type { ModuleStatus } from "../module/module-host.js";
import type { ResourceName } from "../resource/resource-name.js";

/** As on the wire (robot.v1.ResourceStatus.State). */
export type ResourceState = "unconfigured" | "configuring" | "ready" | "removing" | "unhealthy";

export interface ResourceStatus {
  readonly name: ResourceName;
  readonly state: ResourceState;
  readonly since: Date;
  /** Config revision that last built it. */
  readonly revision: string;
  /** Only when unhealthy. */
  readonly error?: string;
  /** A config problem that did not stop it: it runs with its last good config. */
  readonly notice?: string;
  readonly model?: string;
  /** Module that serves it, when one is known. */
  readonly module?: string;
  readonly dependencies: readonly ResourceName[];
  readonly optionalDependencies: readonly ResourceName[];
  /** What it waits for: resource names as written, or `module NAME`. Empty when it waits for nothing. */
  readonly waitsFor: readonly string[];
}

export interface MachineStatus {
  /** "initializing" until the first full pass over the first config ended. */
  readonly state: "initializing" | "running";
  readonly revision: string;
  readonly appliedAt: Date;
  readonly resources: readonly ResourceStatus[];
  readonly modules: readonly ModuleStatus[];
}

/** Where a call to a resource goes. */
export type Route =
  | { readonly kind: "module"; readonly module: string; readonly incarnation: number; readonly address: string }
  /** No module offers the service: UNIMPLEMENTED. */
  | { readonly kind: "unknown-service" }
  /** The service is known, the resource is not: UNKNOWN with this text. */
  | { readonly kind: "unknown-resource"; readonly message: string }
  /** The resource is known but cannot answer now: `isModuleDown` tells UNAVAILABLE from UNKNOWN. */
  | { readonly kind: "unavailable"; readonly message: string; readonly isModuleDown: boolean };

/** What the server needs of the machine. */
export interface MachineView {
  status(): MachineStatus;
  /** Ready resources in the order of the config, internal ones left out. */
  readyResources(): readonly ResourceName[];
  /** Whether an API of a configured resource or a ready module is offered by this gRPC service. */
  hasService(service: string): boolean;
  /** `name` is what the request says: a simple name. */
  route(service: string, name: string): Route;
  /** API triplet to gRPC service for every API of a configured resource or a ready module. */
  services(): ReadonlyMap<string, string>;
  restartModule(nameOrId: string): Promise<void>;
}
