/** What the machine remembers of one resource: wanted, actual, and what is being done about the difference. */
import type { Timer } from "../base/clock.js";
import type { ResourceConfig } from "../config/machine-config.js";
import type { HardwareNeeds } from "../resource/hardware-needs.js";
import { type NodeState, UNCONFIGURED } from "../resource/node-state.js";
import type { Dependency, UnresolvedName } from "../resource/resolve-dependencies.js";
import { apiTextOf, type ResourceName } from "../resource/resource-name.js";
import type { ResourceStatus, Route } from "./machine-status.js";
import type { CallLane, ModuleRun } from "./module-run.js";

/** The build of a dependency that was passed on. Every build has a number of its own. */
export type UsedBuilds = ReadonlyMap<ResourceName, number>;

/** A resource that runs in a module's process. */
export interface Instance {
  readonly run: ModuleRun;
  readonly config: ResourceConfig;
  readonly version: number;
  readonly build: number;
  readonly required: UsedBuilds;
  readonly optional: UsedBuilds;
  readonly validation: Validation;
  readonly route: Route;
}

/** What a module answered to ValidateConfig. */
export interface Validation {
  readonly version: number;
  readonly run: ModuleRun;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** The same object for as long as the module says the same. */
  readonly hardware: HardwareNeeds | undefined;
}

/** The last attempt failed; another is made when the retry is due or something changed that may help. */
export interface Failure {
  readonly kind: "build" | "remove";
  readonly version: number;
  readonly run: ModuleRun;
  /** The latest build of any resource when it failed. */
  readonly build: number;
}

/** A call in flight for the resource. */
export interface NodeCall {
  readonly kind: "validate" | "build" | "remove";
  readonly run: ModuleRun;
  /** What the instance being built uses. */
  readonly required: UsedBuilds;
  /** What it takes of the hardware. */
  readonly hardware: HardwareNeeds | undefined;
}

export class ResourceNode {
  readonly name: ResourceName;
  readonly api: string;
  /** Place in the config. */
  order = 0;

  // Wanted
  config: ResourceConfig | undefined;
  /** Changes with every config that needs a rebuild. */
  version = 0;
  wantedRevision = "";
  /** The config has the entry, but it is bad. */
  invalid: string | undefined;
  /** API and model: what a module must offer. */
  pair = "";

  // Known of what is wanted
  validation: Validation | undefined;
  /** The validation was followed by an attempt to build: the next attempt validates again. */
  isValidationSpent = false;
  required: readonly Dependency[] = [];
  optional: readonly Dependency[] = [];
  unresolved: readonly UnresolvedName[] = [];
  cycle: readonly ResourceName[] | undefined;
  /** The config itself makes it impossible to build it, whatever the modules do. */
  isImpossible = false;

  // Actual
  state: NodeState = UNCONFIGURED;
  since: Date;
  revision = "";
  instance: Instance | undefined;
  /** A process that may still hold something of this name after a failed call. */
  remainder: ModuleRun | undefined;
  call: NodeCall | undefined;
  /** Where it waits for its turn to make a call. */
  queuedIn: CallLane | undefined;
  /** What the instance and the call in flight require. */
  uses: ReadonlySet<ResourceName> = new Set();
  failure: Failure | undefined;
  retry: Timer | undefined;
  isRetryDue = false;
  /** Armed while it waits for optional dependencies that are being built. */
  deferral: Timer | undefined;
  isDeferralOver = false;

  statusCache: ResourceStatus | undefined;

  constructor(name: ResourceName, since: Date) {
    this.name = name;
    this.api = apiTextOf(name);
    this.since = since;
  }
}
