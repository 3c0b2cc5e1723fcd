/** What a model gets when one of its resources is created or reconfigured. */
import type { Frame } from "../proto/gen/viam/app/v1/robot.js";
import type { Dependencies } from "./dependencies.js";
import type { Values } from "./resource.js";
import type { ResourceLogger } from "./resource-logger.js";

export interface ResourceContext<Attributes> {
  /** The name in the config, for example `left-motor`. */
  readonly name: string;
  /** `namespace:type:subtype/name` */
  readonly fullName: string;
  /** Checked by the model's schema; as they came where it has none. */
  readonly attributes: Attributes;
  readonly dependencies: Dependencies;
  /** Lines go to the supervisor's log under this resource's name, filtered by its `log_configuration`. */
  readonly logger: ResourceLogger;
  /** The rest of the config. */
  readonly config: ResourceConfig;
  /** A folder of the module's own that outlives it; shared by its resources. Undefined when nobody gave it one. */
  readonly dataFolder: string | undefined;
  /** Aborted when the supervisor gives up waiting or the module is told to stop. */
  readonly signal: AbortSignal;
}

export interface ResourceConfig {
  readonly name: string;
  /** API triplet. */
  readonly api: string;
  /** Model triplet. */
  readonly model: string;
  /** As they came. */
  readonly attributes: Values;
  readonly dependsOn: readonly string[];
  /** Millimetres and degrees; absent when not configured. */
  readonly frame: Frame | undefined;
  /** Settings other services keep here, for example data capture. */
  readonly associated: readonly { readonly api: string; readonly attributes: Values }[];
}
