/** The generic APIs, for what fits no other: commands only. */

import type { CallOptions, Resource, Values } from "../resource.js";
import { createApi, type ResourceApi } from "../resource-api.js";

/** A component that only takes commands. */
export interface GenericComponent extends Resource {
  doCommand(command: Values, options?: CallOptions): Promise<Values>;
}

/** A service that only takes commands. */
export interface GenericService extends Resource {
  doCommand(command: Values, options?: CallOptions): Promise<Values>;
}

/** `rdk:component:generic` */
export const genericComponent: ResourceApi<GenericComponent> = createApi(
  "rdk:component:generic",
  "viam.component.generic.v1.GenericService",
  async () => (await import("../adapters/generic-adapters.js")).genericComponentAdapter,
);

/** `rdk:service:generic` */
export const genericService: ResourceApi<GenericService> = createApi(
  "rdk:service:generic",
  "viam.service.generic.v1.GenericService",
  async () => (await import("../adapters/generic-adapters.js")).genericServiceAdapter,
);
